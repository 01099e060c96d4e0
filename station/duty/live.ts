import type { LiveEvent } from '../api/contract/live.ts'

/** Events kept for whoever comes back with the number of the last that it saw. */
const KEPT = 500
/** Listeners at once; one more is told to come later. */
const MOST_LISTENERS = 100

export interface NumberedEvent {
  readonly id: string
  readonly event: LiveEvent['event']
  /** JSON */
  readonly data: string
}

type Listener = (event: NumberedEvent) => void

/** Tells everybody who looks on what has changed. Nobody who is slow holds up anybody else: that is the stream's. */
export class Live {
  readonly #run: string
  readonly #kept: NumberedEvent[] = []
  readonly #listeners = new Set<Listener>()
  #last = 0

  /** @param run of this start of the station: numbers of another are none of ours */
  constructor(run: string) {
    this.#run = run
  }

  get listeners(): number {
    return this.#listeners.size
  }

  tell({ event, data }: LiveEvent): void {
    const numbered = { id: `${this.#run}-${++this.#last}`, event, data: JSON.stringify(data) }
    this.#kept.push(numbered)
    if (this.#kept.length > KEPT) this.#kept.shift()
    for (const listener of this.#listeners) listener(numbered)
  }

  /**
   * @param after number of the last event that was seen
   * @returns what came since; undefined where that is not known any more, and everything is to be asked for anew
   */
  since(after: string): readonly NumberedEvent[] | undefined {
    const [run, count] = [after.slice(0, after.lastIndexOf('-')), Number(after.slice(after.lastIndexOf('-') + 1))]
    const missed = this.#last - count
    if (run !== this.#run || !Number.isInteger(count) || missed < 0 || missed > this.#kept.length) return undefined
    return missed === 0 ? [] : this.#kept.slice(-missed)
  }

  /** @returns what ends it; undefined: there are too many already */
  listen(listener: Listener): (() => void) | undefined {
    if (this.#listeners.size >= MOST_LISTENERS) return undefined
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
