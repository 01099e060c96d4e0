import { Semaphore } from '../../../core/util/semaphore.ts'
import { withoutDoubt } from '../../kit/doubt.ts'

/** Gives a place of the window back; a second call does nothing. */
export type WindowPlace = () => void

/** How many submissions a centre allows to be unanswered. */
export class Window {
  readonly #size: number
  readonly #places: Semaphore

  constructor(size: number) {
    this.#size = size
    this.#places = new Semaphore(size)
  }

  /** As many places as are asked for, at most the whole window, together. Rejects, without doubt, with the signal. */
  async take(count: number, signal: AbortSignal): Promise<WindowPlace[]> {
    const wanted = Math.min(count, this.#size)
    await this.#places.take({ count: wanted, signal }).catch((reason: unknown) => {
      throw withoutDoubt(reason)
    })
    return Array.from({ length: wanted }, () => this.#place())
  }

  #place(): WindowPlace {
    let isGiven = false
    return () => {
      if (isGiven) return
      isGiven = true
      this.#places.leave()
    }
  }
}
