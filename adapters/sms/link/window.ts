import { orAborted } from './abort.ts'

/** At most so many at a time; who comes first goes first. */
export class Window {
  #free: number
  readonly #waiting: (() => void)[] = []

  constructor(size: number) {
    this.#free = size
  }

  /** Resolves with the function that gives the place back. Rejects with `reason()` when the signal aborts before. */
  async take(signal: AbortSignal, reason: () => unknown): Promise<() => void> {
    if (this.#free > 0) this.#free--
    else {
      const turn = Promise.withResolvers<undefined>()
      const go = (): void => turn.resolve(undefined)
      this.#waiting.push(go)
      try {
        await orAborted(turn.promise, signal, reason)
      } catch (error) {
        const at = this.#waiting.indexOf(go)
        if (at >= 0) this.#waiting.splice(at, 1)
        // The place was ours already when the signal came.
        else this.#give()
        throw error
      }
    }
    let isGiven = false
    return () => {
      if (isGiven) return
      isGiven = true
      this.#give()
    }
  }

  #give(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#free++
    else next()
  }
}
