import type { ClaimedHop } from '../../core/ledger/port.ts'

/**
 * A hop that works for so long without harm does not hold up the other suspects any longer: the next starts beside it.
 */
const PATIENCE_MS = 5_000
/** Suspects come back one after the other: how often the next is looked for. */
const LOOK_MS = 250
/** A process apart without work is ended after this. */
const IDLE_MS = 15_000

export interface SuspectsParts {
  /** claims one suspect for the process apart and hands it over; undefined: none is due */
  readonly take: () => Promise<ClaimedHop | undefined>
  /** the process apart may go */
  readonly idle: () => void
  /** none could be claimed: it is tried again */
  readonly trouble: (error: unknown) => void
}

/** Feeds one process apart: one suspect at a time, until there is none. */
export class Suspects {
  readonly #parts: SuspectsParts
  /** those that are worked on and have not yet used up the patience */
  readonly #alone = new Map<string, NodeJS.Timeout>()
  /** all that are worked on */
  #open = 0
  #taking = false
  #idleSince = performance.now()
  #next: NodeJS.Timeout | undefined
  #closed = false

  constructor(parts: SuspectsParts) {
    this.#parts = parts
  }

  /** Takes the next one, if nobody is in the way. */
  async look(): Promise<void> {
    if (this.#taking || this.#alone.size > 0 || this.#closed) return
    clearTimeout(this.#next)
    this.#taking = true
    try {
      const hop = await this.#parts.take()
      if (hop === undefined) this.#wait()
      else this.#took(hop)
    } catch (error) {
      this.#parts.trouble(error)
      this.#wait()
    } finally {
      this.#taking = false
    }
  }

  /** This one is settled. */
  settled(hop: string): void {
    clearTimeout(this.#alone.get(hop))
    this.#alone.delete(hop)
    this.#open--
    this.#idleSince = performance.now()
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#next)
    for (const timer of this.#alone.values()) clearTimeout(timer)
  }

  #took({ id }: ClaimedHop): void {
    this.#open++
    const timer = setTimeout(() => {
      this.#alone.delete(id)
      this.#wait(0)
    }, PATIENCE_MS)
    this.#alone.set(id, timer.unref())
  }

  #wait(ms = LOOK_MS): void {
    if (this.#closed) return
    if (this.#open === 0 && performance.now() - this.#idleSince > IDLE_MS) {
      this.#closed = true
      this.#parts.idle()
      return
    }
    this.#next = setTimeout(() => void this.look(), ms).unref()
  }
}
