import type { EventLevel } from './entry.ts'
import type { YizhanEvent } from './event.ts'

/** A record holds no more events. */
const MOST_EVENTS = 500

/**
 * Gathers what is logged in one turn of the event loop: each record costs every target a write, and under load a turn
 * has dozens of events. Order stays; events of one record have one level. An error is not kept back: the process may be
 * about to end.
 */
export class Records {
  readonly #write: (level: EventLevel, events: readonly YizhanEvent[]) => void
  #level: EventLevel = 'info'
  #events: YizhanEvent[] = []
  #scheduled = false

  constructor(write: (level: EventLevel, events: readonly YizhanEvent[]) => void) {
    this.#write = write
  }

  add(level: EventLevel, event: YizhanEvent): void {
    if (level !== this.#level) this.flush()
    this.#level = level
    this.#events.push(event)
    if (level === 'error' || this.#events.length === MOST_EVENTS) return this.flush()
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      this.flush()
    })
  }

  flush(): void {
    if (this.#events.length === 0) return
    const events = this.#events
    this.#events = []
    this.#write(this.#level, events)
  }
}
