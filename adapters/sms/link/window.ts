import { orAborted } from './abort.ts'

/** Gives a place of the window back; a second call does nothing. */
export type WindowPlace = () => void

interface Waiting {
  readonly count: number
  readonly go: () => void
}

/** At most so many at a time; who comes first goes first. */
export class Window {
  readonly #size: number
  #free: number
  readonly #waiting: Waiting[] = []

  constructor(size: number) {
    this.#size = size
    this.#free = size
  }

  /**
   * Resolves with so many places, at most the whole window, when all of them are free together: two texts that each
   * held a half would wait for each other for ever. Rejects with `reason()` when the signal aborts before.
   */
  async take(count: number, signal: AbortSignal, reason: () => unknown): Promise<WindowPlace[]> {
    const wanted = Math.min(count, this.#size)
    if (this.#waiting.length === 0 && this.#free >= wanted) this.#free -= wanted
    else {
      const turn = Promise.withResolvers<undefined>()
      const waiting = { count: wanted, go: (): void => turn.resolve(undefined) }
      this.#waiting.push(waiting)
      try {
        await orAborted(turn.promise, signal, reason)
      } catch (error) {
        const at = this.#waiting.indexOf(waiting)
        if (at >= 0) this.#waiting.splice(at, 1)
        // The places were ours already when the signal came.
        else this.#free += wanted
        this.#serve()
        throw error
      }
    }
    return Array.from({ length: wanted }, () => this.#place())
  }

  #place(): WindowPlace {
    let isGiven = false
    return () => {
      if (isGiven) return
      isGiven = true
      this.#free++
      this.#serve()
    }
  }

  #serve(): void {
    for (let next = this.#waiting[0]; next !== undefined && next.count <= this.#free; next = this.#waiting[0]) {
      this.#waiting.shift()
      this.#free -= next.count
      next.go()
    }
  }
}
