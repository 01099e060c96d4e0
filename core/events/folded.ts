import type { Clock } from '../util/clock.ts'
import type { YizhanEvent } from './event.ts'

/** A line is told again, with how often it was kept back, after so long. */
const WINDOW_MS = 60_000
/** Kinds of lines that are told apart at once; what is beyond is one kind. */
const MOST_KINDS = 1_000

interface Kept {
  last: YizhanEvent
  more: number
}

/**
 * Lines that strangers can cause as often as they like: of each kind the first is told at once, and then, as long as there
 * are more, one a minute that says how many.
 */
export class Folded {
  readonly #emit: (event: YizhanEvent) => void
  readonly #clock: Clock
  readonly #windowMs: number
  readonly #kept = new Map<string, Kept>()

  /** @param emit gets what is told: into the log, and where it belongs into the ledger */
  constructor(emit: (event: YizhanEvent) => void, clock: Clock, windowMs = WINDOW_MS) {
    this.#emit = emit
    this.#clock = clock
    this.#windowMs = windowMs
  }

  /** @param kind such as the source; what is of the same kind is folded */
  emit(kind: string, event: YizhanEvent): void {
    const key = this.#kept.has(kind) || this.#kept.size < MOST_KINDS ? kind : ''
    const kept = this.#kept.get(key)
    if (kept !== undefined) {
      kept.last = event
      kept.more++
      return
    }
    this.#emit(event)
    this.#open(key, event)
  }

  #open(key: string, event: YizhanEvent): void {
    const kept = { last: event, more: 0 }
    this.#kept.set(key, kept)
    setTimeout(() => {
      this.#kept.delete(key)
      if (kept.more === 0) return
      const more = `另有 ${kept.more} 次 / ${kept.more} more`
      this.#emit({
        ...kept.last,
        at: this.#clock.now(),
        detail: kept.last.detail === undefined ? more : `${kept.last.detail}；${more}`,
      })
      this.#open(key, kept.last)
    }, this.#windowMs).unref()
  }
}
