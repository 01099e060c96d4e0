/** What is alarmed once is alarmed again, with a count, when it still goes on after so long. */
const ALARM_MS = 3600_000

/** Says what may happen a thousand times once an hour at most. */
export class Seldom {
  #saidAt = -Infinity
  #unsaid = 0

  /** @param say told how often it happened since it was said last */
  happened(say: (count: number) => void): void {
    const now = performance.now()
    this.#unsaid++
    if (now - this.#saidAt < ALARM_MS) return
    const count = this.#unsaid
    this.#saidAt = now
    this.#unsaid = 0
    say(count)
  }
}
