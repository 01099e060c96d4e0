import { YizhanError } from '../../../core/errors/error.ts'

/** Settles as the promise does, unless the signal aborts before: then it rejects with `reason()`. */
export async function orAborted<T>(promise: Promise<T>, signal: AbortSignal, reason: () => unknown): Promise<T> {
  const aborted = Promise.withResolvers<never>()
  const abort = (): void => aborted.reject(reason())
  if (signal.aborted) abort()
  else signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([promise, aborted.promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

/** The signal's reason, where a request had gone out that may yet be carried out. */
export function inDoubt(system: string, reason: unknown): Error {
  if (reason instanceof YizhanError)
    return reason.inDoubt
      ? reason
      : new YizhanError(reason.code, reason.facts, { cause: reason, retryable: reason.retryable, inDoubt: true })
  return new YizhanError('SYSTEM_TIMEOUT', { field: system, rule: 'abort' }, { cause: reason, inDoubt: true })
}

/** Resolves after so many milliseconds, or at once when the signal aborts; says which it was. */
export function pause(ms: number, signal: AbortSignal): Promise<'over' | 'aborted'> {
  if (signal.aborted) return Promise.resolve('aborted')
  return new Promise((resolve) => {
    const abort = (): void => {
      clearTimeout(timer)
      resolve('aborted')
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', abort)
      resolve('over')
    }, ms)
    signal.addEventListener('abort', abort, { once: true })
  })
}
