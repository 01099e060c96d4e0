/**
 * Work that stops after each of its steps, so that whoever waits meanwhile may be served. A step takes a few
 * milliseconds at most.
 */
export type Steps<T> = Generator<void, T, void>

/** One piece of work keeps the event loop so long; while others wait for their turn, one that begins is to be brief. */
const TURN_MS = 10
const BRIEF_MS = 2

/** Does all of it without a stop: for what is small, or nobody waits for. */
export function atOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}

/**
 * Does it in turns with everything else: what is small is done at once, what takes longer goes on in later rounds of
 * the event loop. However much work is under way, a round has one turn.
 *
 * @param signal ends it between two steps, with its reason
 */
export async function inTurns<T>(steps: Steps<T>, signal?: AbortSignal): Promise<T> {
  let until = performance.now() + (waiting.length === 0 ? TURN_MS : BRIEF_MS)
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
    if (performance.now() < until) continue
    await turn()
    signal?.throwIfAborted()
    until = performance.now() + TURN_MS
  }
}

const waiting: (() => void)[] = []

function turn(): Promise<void> {
  return new Promise((resolve) => {
    if (waiting.push(resolve) === 1) setImmediate(next)
  })
}

function next(): void {
  const resume = waiting.shift()
  if (waiting.length > 0) setImmediate(next)
  resume?.()
}
