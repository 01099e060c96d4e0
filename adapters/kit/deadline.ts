/**
 * Runs a call with a deadline of its own, ms, beside the caller's signal: its signal aborts with `late`, or with the
 * caller's reason.
 */
export async function beforeDeadline<T>(
  ms: number,
  late: Error,
  outer: AbortSignal,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(late), ms)
  try {
    return await call(AbortSignal.any([outer, controller.signal]))
  } finally {
    clearTimeout(timer)
  }
}
