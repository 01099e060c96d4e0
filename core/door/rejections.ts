import type { YizhanEvent, EventSink } from '../events/event.ts'
import { Folding } from '../events/folding.ts'
import { internalError } from '../events/internal.ts'
import type { Acceptance } from '../ledger/port.ts'
import { clientOf } from '../http/address.ts'
import { monotonic, type Clock } from '../util/clock.ts'

/** Wrong passwords and tokens of one source within `WITHIN_MS` that alarm. */
const ALARM_AT = 20
const WITHIN_MS = 10 * 60_000
/** Whoever goes on is alarmed of again after so long. */
const AGAIN_MS = 60 * 60_000
/** Sources that are counted; those of the longest ago go first. */
const MOST_SOURCES = 1_000

interface Guesses {
  count: number
  /** of the first that counts */
  since: number
  alarmedAt: number
}

/** An event that whoever reaches a port can cause, with the address that it came from. */
export type Rejection = YizhanEvent & { readonly source: string }

/**
 * Turned away before anybody knew who it was: wrong passwords, tokens and signed links, bodies that nobody can read.
 * Each is told (the log folds, the metrics count); of the same source the ledger gets the first and then how many there
 * were, so that no stranger fills it; and many guesses of one source are one alarm (`account.guessing`).
 */
export class Rejections {
  readonly #sink: EventSink
  readonly #clock: Clock
  readonly #booked: Folding
  readonly #guesses = new Map<string, Guesses>()
  readonly #writing = new Set<Promise<void>>()

  constructor(sink: EventSink, ledger: Pick<Acceptance, 'book'>, clock: Clock) {
    this.#sink = sink
    this.#clock = clock
    this.#booked = new Folding((event) => {
      const writing = ledger
        .book([event])
        .catch((failure: unknown) => sink.emit(internalError(failure, clock.now(), { doing: `audit ${event.code}` })))
        .finally(() => this.#writing.delete(writing))
      this.#writing.add(writing)
    }, clock)
  }

  /** @param isGuess a secret was offered, and was wrong: counts toward the alarm */
  note(event: Rejection, isGuess: boolean): void {
    this.#sink.emit(event)
    this.#booked.emit(event)
    if (isGuess) this.#guessed(event)
  }

  /** Resolves when what was kept back is booked. */
  async close(): Promise<void> {
    this.#booked.close()
    await Promise.all(this.#writing)
  }

  #guessed({ source, at, actor }: Rejection): void {
    const now = monotonic(this.#clock)
    // Of IPv6 a household has a whole /64: its guesses count together.
    const client = clientOf(source)
    let guesses = this.#guesses.get(client)
    if (guesses === undefined || now - guesses.since > WITHIN_MS)
      guesses = { count: 0, since: now, alarmedAt: guesses?.alarmedAt ?? -Infinity }
    guesses.count++
    this.#guesses.delete(client)
    this.#guesses.set(client, guesses)
    const [oldest] = this.#guesses.keys()
    if (this.#guesses.size > MOST_SOURCES && oldest !== undefined) this.#guesses.delete(oldest)
    if (guesses.count < ALARM_AT || now - guesses.alarmedAt < AGAIN_MS) return
    guesses.alarmedAt = now
    const alarm: Rejection = {
      code: 'account.guessing',
      at,
      source,
      actor: actor ?? 'unknown',
      detail: `${WITHIN_MS / 60_000} 分钟内 ${ALARM_AT} 次以上 / ${ALARM_AT} times or more within ${WITHIN_MS / 60_000} minutes`,
    }
    this.#sink.emit(alarm)
    this.#booked.emit(alarm)
  }
}
