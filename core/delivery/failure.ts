import { YizhanError, asYizhanError } from '../errors/error.ts'
import type { DeliveryError } from '../ledger/port.ts'

/** What a call that failed says of the delivery and of the system. */
export interface Failure {
  readonly kind: 'refused' | 'retry' | 'in-doubt'
  /** ill counts against the breaker, alive for it, the rest neither: the fault is ours */
  readonly system: 'ill' | 'alive' | 'unknown'
  readonly error: DeliveryError
}

/**
 * Sorts what `send` has thrown. What is no YizhanError came out of the blue after the request may have gone out, so it is
 * in doubt.
 */
export function failureOf(thrown: unknown): Failure {
  const error = asYizhanError(thrown)
  const facts = { code: error.code, zh: error.zh, en: error.en }
  // a channel that nobody takes from says nothing of the bus that they all share
  const system = error.code === 'BUS_UNROUTABLE' ? 'alive' : 'ill'
  if (error.inDoubt || !(thrown instanceof YizhanError)) return { kind: 'in-doubt', system, error: facts }
  if (error.retryable) return { kind: 'retry', system, error: facts }
  return { kind: 'refused', system: error.code === 'SYSTEM_REFUSED' ? 'alive' : 'unknown', error: facts }
}
