/**
 * Resolves after so many milliseconds, or when the signal aborts: whoever waits looks at the signal itself.
 *
 * @param keepsProcess whether a process that has nothing else to do waits for it
 */
export function pause(ms: number, signal: AbortSignal, keepsProcess = true): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    if (!keepsProcess) timer.unref()
    signal.addEventListener('abort', end)
  })
}
