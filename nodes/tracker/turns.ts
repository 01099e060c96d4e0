/**
 * Numbers the turns of the event loop: all that runs until the microtasks queued meanwhile have been worked off is
 * one turn. A node's `send` and the `done` that belongs to it mostly fall into one.
 */
export class Turns {
  #number = 0
  #running = false
  readonly #atEnd: () => void

  /** @param atEnd is called once at the end of every turn in which `now` was asked for */
  constructor(atEnd: () => void) {
    this.#atEnd = atEnd
  }

  /** This turn's number: above 0, and never used again. */
  now(): number {
    if (!this.#running) {
      this.#running = true
      this.#number += 1
      queueMicrotask(this.#end)
    }
    return this.#number
  }

  isNow(turn: number): boolean {
    return this.#running && this.#number === turn
  }

  readonly #end = (): void => {
    this.#running = false
    this.#atEnd()
  }
}
