import { setTimeout as delay } from 'node:timers/promises'
import type { City } from '../oa/city.ts'
import type { Progress } from '../opening-day/progress.ts'
import type { Random } from '../opening-day/random.ts'
import type { House } from './house.ts'
import type { StationProcess } from './station-process.ts'

/**
 * Instants are drawn from so much of the day, counted only while the station is up; how often the clock is looked at.
 * In milliseconds.
 */
const SPREAD = { day: 20_000, tick: 50 }

/**
 * Kills the station or its flow process with SIGKILL at random instants, `times` times. Time in which the station is
 * down does not count, so that the kills spread over the whole day; what is left when the day is over is done at once.
 */
export class Killer {
  readonly #station: StationProcess
  readonly #city: City
  readonly #random: Random
  readonly #times: number
  readonly #progress: Progress
  readonly #ask: House['ask']
  readonly #over = new AbortController()
  #running: Promise<void> | undefined

  constructor(parts: {
    readonly station: StationProcess
    readonly city: City
    readonly random: Random
    readonly times: number
    readonly progress: Progress
    readonly ask: House['ask']
  }) {
    this.#station = parts.station
    this.#city = parts.city
    this.#random = parts.random
    this.#times = parts.times
    this.#progress = parts.progress
    this.#ask = parts.ask
  }

  start(): void {
    this.#running = this.#run()
    // A station that does not come back is `finish`'s to tell; unheard until then, it would end the process uncounted.
    this.#running.catch(() => undefined)
  }

  /** Does what is left, and waits until the station is ready again. */
  async finish(): Promise<void> {
    this.#over.abort()
    await this.#running
    if (this.#times > 0) await this.#station.whenReady()
  }

  async #run(): Promise<void> {
    const instants = Array.from({ length: this.#times }, () => this.#random.integer(0, SPREAD.day)).sort(
      (a, b) => a - b,
    )
    let up = 0
    for (const [n, instant] of instants.entries()) {
      for (let last = Date.now(); up < instant && !this.#over.signal.aborted; last = Date.now()) {
        await delay(SPREAD.tick)
        if (this.#station.current !== undefined) up += Date.now() - last
      }
      await this.#kill(n + 1)
    }
  }

  async #kill(n: number): Promise<void> {
    for (;;) {
      const ready = await this.#station.whenReady()
      const wanted = this.#random.next() < 0.5 ? 'flows' : 'station'
      const flows = wanted === 'flows' ? await flowsPid(this.#ask) : undefined
      // A flow process that is just being replaced has no pid: the station is at hand.
      const [victim, pid] = flows === undefined ? (['station', ready.pid] as const) : (['flows', flows] as const)
      if (!kill(pid)) continue
      await this.#city.desk.clerk.note({ t: 'kill', at: new Date().toISOString(), process: victim, pid })
      this.#progress.say(
        `☠ SIGKILL ${victim === 'flows' ? '流程进程 flow process' : '站点 station'} ${pid} (${n}/${this.#times})`,
      )
      return
    }
  }
}

/** The flow process, as the station names it to its operators. */
async function flowsPid(ask: House['ask']): Promise<number | undefined> {
  try {
    const health = (await (await ask('/admin/health')).json()) as {
      flows?: { pid?: number | null }
    }
    return health.flows?.pid ?? undefined
  } catch (error) {
    // Not answering just now: it may be on its way down or up.
    if (error instanceof Error) return undefined
    throw error
  }
}

function kill(pid: number): boolean {
  try {
    process.kill(pid, 'SIGKILL')
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
    throw error
  }
}
