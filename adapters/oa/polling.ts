import type { SystemConfig } from '../../core/config/schema.ts'
import { YizhanError } from '../../core/errors/error.ts'

/** Runs one call of a system with its time limit: the signal aborts with SYSTEM_TIMEOUT, in doubt, or with the outer signal's reason. */
export async function withDeadline<T>(
  system: SystemConfig,
  outer: AbortSignal,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController()
  const rule = `${system.pace.timeoutMs} ms`
  const timer = setTimeout(
    () => controller.abort(new YizhanError('SYSTEM_TIMEOUT', { field: system.id, rule }, { inDoubt: true })),
    system.pace.timeoutMs,
  )
  try {
    return await call(AbortSignal.any([outer, controller.signal]))
  } finally {
    clearTimeout(timer)
  }
}
