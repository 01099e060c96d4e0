import { YizhanError, asYizhanError } from '../errors/error.ts'
import { naming, type Named } from '../errors/naming.ts'
import { CATALOGUE, type ErrorCode } from '../errors/catalogue.ts'
import type { DeliveryError } from '../ledger/port.ts'

/** What a call that failed says of the delivery and of the system. */
export interface Failure {
  readonly kind: 'refused' | 'retry' | 'in-doubt'
  /** ill counts against the breaker, alive for it, the rest neither: the fault is ours */
  readonly system: 'ill' | 'alive' | 'unknown'
  /** tried again until it is mended, however often: no count of tries makes it the system's refusal */
  readonly ours: boolean
  readonly error: DeliveryError
  /** the system asked to be left alone for so long, milliseconds */
  readonly retryAfterMs: number | undefined
}

/** Faults of ours: they say nothing of the system, and are never told as its refusal. */
const OURS: ReadonlySet<ErrorCode> = new Set(['CONTENT_MISSING', 'LEDGER_CORRUPT', 'CONFIG_INVALID', 'SECRET_MISSING'])
/**
 * Sorts what `send` has thrown. What is no YizhanError came out of the blue after the request may have gone out, so it
 * is in doubt. What is said of it reaches the sender: the system's name stands there, never its id.
 */
export function failureOf(thrown: unknown, to: Named): Failure {
  const error = asYizhanError(thrown)
  const ours = OURS.has(error.code)
  const facts = { ours, error: toldOf(error, to), retryAfterMs: error.retryAfterMs }
  if (ours) return { ...facts, kind: 'retry', system: 'unknown' }
  const system = CATALOGUE[error.code].answer === true ? 'alive' : 'ill'
  if (error.inDoubt || !(thrown instanceof YizhanError)) return { ...facts, kind: 'in-doubt', system }
  if (error.retryable) return { ...facts, kind: 'retry', system }
  return { ...facts, kind: 'refused', system: system === 'alive' ? 'alive' : 'unknown' }
}

/** As the sender of the message reads it. */
export function toldOf(error: YizhanError, to: Named): DeliveryError {
  const { code, zh, en } = naming(error, to, to.name)
  return { code, zh, en }
}

/** What a question that failed says: whether it counts, and of the system. */
export interface Unanswered extends Omit<Failure, 'kind'> {
  /** nobody was there to be asked, or the fault is ours: asking later may well help */
  readonly unheard: boolean
}

export function unansweredOf(thrown: unknown, to: Named): Unanswered {
  const error = asYizhanError(thrown)
  const { system, ...facts } = failureOf(thrown, to)
  const unheard = facts.ours || ((error.code === 'SYSTEM_UNREACHABLE' || error.code === 'SYSTEM_TLS') && !error.inDoubt)
  // A system that answers a question badly may still take deliveries: only these will show.
  return { ...facts, unheard, system: error.code === 'SYSTEM_FAULT' && system === 'ill' ? 'unknown' : system }
}
