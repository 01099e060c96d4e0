import type { SystemConfig } from '../../core/config/schema.ts'
import { YizhanError } from '../../core/errors/error.ts'
import { beforeDeadline } from '../kit/deadline.ts'

/**
 * Runs one call of a system with its time limit: the signal aborts with SYSTEM_TIMEOUT, in doubt, or with the outer
 * signal's reason.
 */
export function withDeadline<T>(
  system: SystemConfig,
  outer: AbortSignal,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { timeoutMs } = system.pace
  const late = new YizhanError('SYSTEM_TIMEOUT', { field: system.id, rule: `${timeoutMs} ms` }, { inDoubt: true })
  return beforeDeadline(timeoutMs, late, outer, call)
}
