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
