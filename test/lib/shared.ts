import { afterAll, beforeEach } from 'vitest'

export interface SharedOptions {
  /** Whether a test that is tried again gets it anew; unless told, it does. Not where tests build upon each other. */
  readonly renewed?: boolean
  /** Milliseconds for each opening and each closing; 240,000 unless told. */
  readonly timeoutMs?: number
}

/** What is open, by how it is closed, in the order of its opening: what came later may use what came before. */
const opened: (() => Promise<unknown>)[] = []

/**
 * What the tests of a file or suite share, opened before the first of them. It is opened anew before a test that is
 * tried again: what the first try left behind (a hop, a dialog, a server that stands still) would fail it each time.
 * And it is opened by beforeEach, since vitest tries nothing again that failed in beforeAll.
 *
 * @param open leaves nothing open when it fails
 */
export function shared(open: () => Promise<unknown>, close: () => Promise<unknown>, options: SharedOptions = {}): void {
  const { renewed = true, timeoutMs = 240_000 } = options
  // An identity of its own: two may be closed by the same function.
  const end = (): Promise<unknown> => close()
  beforeEach(async ({ task }) => {
    if (renewed && (task.result?.retryCount ?? 0) > 0) await closeDownTo(end)
    if (opened.includes(end)) return
    await open()
    opened.push(end)
  }, timeoutMs)
  afterAll(() => closeDownTo(end), timeoutMs)
}

/** Closes it and what was opened after it, the last one first. */
async function closeDownTo(end: () => Promise<unknown>): Promise<void> {
  while (opened.includes(end)) await opened.pop()?.()
}
