import { TryAgain, type Plant, type UnitOa } from './port.ts'

/**
 * Lets every OA that calls the station look for new items, each in its own rhythm. A station that does not answer is
 * asked again at the next turn; anything else that goes wrong is reported once a turn.
 */
export class Poller {
  readonly #plants: readonly Plant[]
  readonly #report: (oa: UnitOa, error: Error) => void
  readonly #turns = new Map<string, Promise<void>>()
  #timers = new Map<string, NodeJS.Timeout>()
  #interval = 0

  constructor(plants: readonly Plant[], report: (oa: UnitOa, error: Error) => void) {
    this.#plants = plants
    this.#report = report
  }

  /** Starts, or changes the rhythm: milliseconds between the end of one look and the next. */
  start(interval: number): void {
    const running = this.#interval > 0
    this.#interval = interval
    if (running) return
    const pollers = this.#plants.flatMap((plant) => plant.units.map((oa) => [plant, oa] as const))
    for (const [index, [plant, oa]] of pollers.entries()) this.#later(plant, oa, (interval * index) / pollers.length)
  }

  async stop(): Promise<void> {
    this.#interval = 0
    for (const timer of this.#timers.values()) clearTimeout(timer)
    this.#timers.clear()
    await Promise.all(this.#turns.values())
  }

  #later(plant: Plant, oa: UnitOa, wait: number): void {
    this.#timers.set(
      oa.unit,
      setTimeout(() => {
        this.#turns.set(oa.unit, this.#turn(plant, oa))
      }, wait),
    )
  }

  async #turn(plant: Plant, oa: UnitOa): Promise<void> {
    try {
      // What was found may be a part of a long list: look again at once.
      let found = 1
      while (found > 0 && this.#interval > 0 && plant.on) found = await oa.poll()
    } catch (error) {
      if (!(error instanceof TryAgain)) this.#report(oa, error instanceof Error ? error : new Error(String(error)))
    }
    if (this.#interval > 0) this.#later(plant, oa, this.#interval)
  }
}
