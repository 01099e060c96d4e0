import type { SystemConfig } from '../config/schema.ts'
import { asYizhanError, YizhanError } from '../errors/error.ts'
import { nameAndId, naming } from '../errors/naming.ts'
import type { House } from './port.ts'
import { pause } from '../util/pause.ts'
import { doubling } from '../util/backoff.ts'

/**
 * One look at a system; `waiting` where something that failed before was left for later, so that nothing went wrong now
 * and all is not well either. Rejects when the system could not be asked; must stop when the signal aborts.
 */
export type Round = (system: SystemConfig, signal: AbortSignal) => Promise<'good' | 'waiting'>

/** How often the configuration is looked at for systems that came or went. */
const LOOK_MS = 1_000

/**
 * Polls systems, each in a loop of its own, one round after the other: `pollMs` after a good round, up to the pace's
 * `maxBackoffMs` after failed ones. Says once that a system cannot be polled and once that it can again,
 * with nothing left.
 */
export class Polling {
  readonly #house: Pick<House, 'clock' | 'emit'>
  readonly #systems: () => readonly SystemConfig[]
  readonly #round: Round
  readonly #closing = new AbortController()
  readonly #loops = new Map<string, Promise<void>>()
  #timer: NodeJS.Timeout | undefined

  constructor(house: Pick<House, 'clock' | 'emit'>, systems: () => readonly SystemConfig[], round: Round) {
    this.#house = house
    this.#systems = systems
    this.#round = round
  }

  start(): void {
    this.#look()
    this.#timer = setInterval(() => this.#look(), LOOK_MS)
    this.#timer.unref()
  }

  /** Stops the rounds under way and waits for them. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    this.#closing.abort(new YizhanError('SYSTEM_TIMEOUT', { rule: '站点停止 / the station stops' }, { inDoubt: true }))
    await Promise.all(this.#loops.values())
  }

  #look(): void {
    for (const { id } of this.#systems()) {
      if (!this.#loops.has(id))
        this.#loops.set(
          id,
          this.#loop(id).finally(() => this.#loops.delete(id)),
        )
    }
  }

  async #loop(id: string): Promise<void> {
    let failures = 0
    let isDown = false
    let retryAfterMs = 0
    for (;;) {
      const system = this.#systems().find((candidate) => candidate.id === id)
      if (system === undefined || this.#isClosing()) return
      try {
        const outcome = await this.#round(system, this.#closing.signal)
        if (isDown && outcome === 'good') {
          isDown = false
          this.#house.emit.emit({ code: 'poll.recovered', at: this.#house.clock.now(), system: id })
        }
        failures = 0
        retryAfterMs = 0
      } catch (thrown) {
        if (this.#isClosing()) return
        const error = asYizhanError(thrown)
        retryAfterMs = Math.min(error.retryAfterMs ?? 0, system.pace.maxRetryAfterMs)
        failures++
        if (!isDown)
          this.#house.emit.emit({
            code: 'poll.failed',
            at: this.#house.clock.now(),
            system: id,
            error: error.code,
            detail: naming(error, system, nameAndId(system)).message,
          })
        isDown = true
      }
      const most = Math.max(system.pace.maxBackoffMs, system.pollMs ?? 0)
      const wait = doubling(failures + 1, { first: system.pollMs ?? LOOK_MS, most })
      await pause(Math.max(wait, retryAfterMs), this.#closing.signal)
    }
  }

  #isClosing(): boolean {
    return this.#closing.signal.aborted
  }
}
