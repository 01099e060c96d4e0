/** A promise that the test settles. */
export interface Gate {
  readonly opened: Promise<void>
  open(): void
  fail(error: Error): void
}

export function gate(): Gate {
  let open: () => void = () => undefined
  let fail: (error: Error) => void = () => undefined
  const opened = new Promise<void>((resolve, reject) => {
    open = resolve
    fail = reject
  })
  // a gate that nobody waits at may fail too
  opened.catch(() => undefined)
  return { opened, open, fail }
}
