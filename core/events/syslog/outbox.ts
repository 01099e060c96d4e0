import { asError } from '../../errors/error.ts'
import { doubling } from '../../util/backoff.ts'
import { pause } from '../../util/pause.ts'
import { within } from '../../util/within.ts'
import type { Link } from './link.ts'

/** What the outbox tells of itself; both once for each time that the collector is away. */
export interface OutboxEvents {
  /** records wait from now on, or are dropped */
  lost(reason: string): void
  /** they go out again; so many were dropped meanwhile */
  back(dropped: number): void
}

/** From one try to connect to the next, milliseconds: twice as long each time. */
export interface Waits {
  readonly first: number
  readonly most: number
}

const WAITS_MS: Waits = { first: 1_000, most: 60_000 }
/** A link that held for so long was none that only seemed to be: the waits begin anew. */
const HELD_MS = 60_000

/**
 * Records wait here for the collector, the oldest first, bounded in bytes: what no longer fits is dropped and counted,
 * so that what arrives has one gap and not many. Whoever adds never waits. A record leaves when its link has taken it;
 * those of a write that failed are sent again, so that a collector may have some twice.
 */
export class Outbox {
  readonly #open: () => Promise<Link>
  readonly #mostBytes: number
  readonly #tell: OutboxEvents
  readonly #waits: Waits
  readonly #closing = new AbortController()
  readonly #running: Promise<void>
  #records: Buffer[] = []
  #bytes = 0
  #dropped = 0
  #isAway = false
  #link: Link | undefined
  #isOver = false
  #wake: () => void = () => undefined

  constructor(open: () => Promise<Link>, mostBytes: number, tell: OutboxEvents, waits: Waits = WAITS_MS) {
    this.#open = open
    this.#mostBytes = mostBytes
    this.#tell = tell
    this.#waits = waits
    this.#running = this.#run()
  }

  add(record: Buffer): void {
    if (this.#bytes + record.length > this.#mostBytes) {
      this.#dropped++
      this.#away('缓冲已满 / the buffer is full')
      return
    }
    this.#records.push(record)
    this.#bytes += record.length
    this.#wake()
  }

  /**
   * Sends what waits, for so long at most, milliseconds; resolves with how many were not sent, dropped ones included.
   */
  async close(ms: number): Promise<number> {
    this.#closing.abort()
    this.#wake()
    await within(ms, this.#running)
    this.#isOver = true
    this.#link?.destroy()
    return this.#records.length + this.#dropped
  }

  /** Links, one after the other. When closing, what waits is tried once. */
  async #run(): Promise<void> {
    for (let failures = 0; ;) {
      const since = performance.now()
      const isLast = this.#closing.signal.aborted
      const error = await this.#once()
      if (error === undefined) return
      this.#away(error.message)
      if (isLast || this.#isOver) return
      failures = performance.now() - since > HELD_MS ? 1 : failures + 1
      await pause(doubling(failures, this.#waits), this.#closing.signal, false)
    }
  }

  /** Sends over one link until that is lost: with what; undefined when all is sent and it closes. */
  async #once(): Promise<Error | undefined> {
    try {
      const link = (this.#link = await this.#open())
      link.lost.addEventListener('abort', () => this.#wake())
      while (!link.lost.aborted && !this.#isOver) {
        this.#back()
        const batch = this.#next(link.batchBytes)
        if (batch.length > 0) {
          await link.write(batch)
          this.#records.splice(0, batch.length)
          this.#bytes -= batch.reduce((sum, { length }) => sum + length, 0)
        } else if (this.#closing.signal.aborted) {
          await link.end()
          return undefined
        } else await this.#idle(link.lost)
      }
      return asError(link.lost.reason)
    } catch (thrown) {
      return asError(thrown)
    } finally {
      this.#link?.destroy()
    }
  }

  #next(bytes: number): readonly Buffer[] {
    let [count, sum] = [0, 0]
    for (const { length } of this.#records) {
      sum += length
      if (count > 0 && sum > bytes) break
      count++
    }
    return this.#records.slice(0, count)
  }

  /** Until there is something to do. */
  #idle(lost: AbortSignal): Promise<void> {
    if (lost.aborted || this.#closing.signal.aborted || this.#records.length > 0) return Promise.resolve()
    return new Promise((resolve) => (this.#wake = resolve))
  }

  #away(reason: string): void {
    if (this.#isAway) return
    this.#isAway = true
    this.#tell.lost(reason)
  }

  /** Only with room again: otherwise the count would not be the last word, and the record of it be dropped itself. */
  #back(): void {
    if (!this.#isAway || this.#bytes > this.#mostBytes / 2) return
    const dropped = this.#dropped
    this.#isAway = false
    this.#dropped = 0
    this.#tell.back(dropped)
  }
}
