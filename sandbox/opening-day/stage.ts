import { until } from '../clerk/until.ts'
import type { Outcome } from '../clerk/clerk.ts'
import type { City } from '../oa/city.ts'
import type { Kept } from '../oa/item.ts'
import { mainDigest, type Paper } from '../oa/paper.ts'
import type { CitySystems } from '../systems/systems.ts'
import type { Dialect } from '../oa/port.ts'
import { PaperMill, type NumberBook } from './papers.ts'
import type { Progress } from './progress.ts'
import type { Random } from './random.ts'

/**
 * How long a step may take before it counts as failed, in milliseconds in which the station is up: a busy machine
 * needs long to start one that was killed.
 */
const BOUND = 120_000

/** What an episode plays on: the city, its own random numbers and papers, and ways to wait for what should happen. */
export class Stage {
  readonly city: City
  readonly systems: CitySystems
  readonly episode: string
  readonly random: Random
  readonly mill: PaperMill
  readonly progress: Progress
  /** the station's base URL, as it is now */
  readonly station: () => string
  /** asks the station as its operator */
  readonly ask: (path: string) => Promise<Response>
  /** how long the station has been up by now, milliseconds */
  readonly upMs: () => number

  constructor(parts: {
    readonly city: City
    readonly systems: CitySystems
    readonly episode: string
    readonly random: Random
    readonly numbers: NumberBook
    readonly progress: Progress
    readonly station: () => string
    readonly ask: (path: string) => Promise<Response>
    readonly upMs: () => number
  }) {
    this.city = parts.city
    this.systems = parts.systems
    this.episode = parts.episode
    this.random = parts.random
    this.mill = new PaperMill(parts.random, parts.numbers, `${parts.city.desk.run}${parts.episode.slice(0, 2)}`)
    this.progress = parts.progress
    this.station = parts.station
    this.ask = parts.ask
    this.upMs = parts.upMs
  }

  /** 市政府办公室 */
  get office(): string {
    return this.inGroup('office')[0] ?? fail('units.tsv 里没有 office 组 / has no group office')
  }

  inGroup(group: string): string[] {
    return this.city.files.units.filter((unit) => unit.groups.includes(group)).map((unit) => unit.id)
  }

  /**
   * Units of one dialect, without the office and without those whose own OA the county episode switches off or slows
   * down.
   */
  speaking(dialect: Dialect): string[] {
    return this.city.files.units
      .map((unit) => unit.id)
      .filter((id) => id !== this.office && this.city.oa(id).dialect === dialect && this.city.hosted(id) === undefined)
  }

  name(unit: string): string {
    return this.city.unit(unit).name
  }

  /** As a joint paper names one that issues it. */
  issuer(unit: string): { readonly name: string; readonly code: string } {
    const { name, codes } = this.city.unit(unit)
    return { name, code: codes[0] ?? unit }
  }

  items(unit: string): readonly Kept[] {
    return this.city.inboxes.items(this.city.unit(unit).system, unit)
  }

  /** Sends a paper that must be accepted. */
  async issue(
    from: string,
    paper: Paper,
    note: Omit<Parameters<City['desk']['send']>[2], 'episode' | 'kind'> & {
      readonly kind?: 'issue' | 'urgent' | 'report'
    },
  ): Promise<Outcome> {
    return this.city.desk.send(this.city.oa(from), paper, { episode: this.episode, kind: 'issue', ...note })
  }

  /** The document as it lies in a unit's inbox, once it is there. */
  async arrival(unit: string, paper: Paper): Promise<Kept> {
    const digest = mainDigest(paper)
    return this.item(
      unit,
      (item) => item.kind === 'document' && item.digest === digest,
      `${paper.number} → ${this.name(unit)}`,
    )
  }

  /** The first item that fits, once it is there. */
  async item(unit: string, fits: (item: Kept) => boolean, what: string): Promise<Kept> {
    await this.until(() => this.items(unit).some(fits), what)
    return this.items(unit).find(fits) ?? fail(what)
  }

  /** Waits for something that shows in the inboxes. */
  until(condition: () => boolean, what: string | (() => string)): Promise<void> {
    return until(condition, this.city.inboxes, 'kept', BOUND, what, this.upMs)
  }

  /** Waits for something that no inbox shows: asked now and then. */
  eventually(condition: () => boolean, what: string | (() => string)): Promise<void> {
    return until(condition, this.systems, 'changed', BOUND, what, this.upMs)
  }

  /** How a unit's office director is reached, as the directory has it. */
  director(unit: string): { readonly phone: string; readonly mail: string } {
    const { units, people } = this.systems.directory.tree
    const uuid = units.find(({ id }) => id === unit)?.uuid
    const { mobile: phone, mail } =
      people.find((person) => person.unit === uuid && person.title === '办公室主任') ??
      fail(`目录中没有办公室主任 / no office director: ${unit}`)
    return { phone, mail }
  }

  sign(unit: string, item: Kept): Promise<Outcome> {
    return this.city.desk.sign(this.city.oa(unit), item, this.clerk(unit), this.episode)
  }

  /** The account that a unit's OA logs in with. */
  login(unit: string): { readonly name: string; readonly password: string } {
    return this.city.login(unit)
  }

  /** The person at the desk. */
  clerk(unit: string): string {
    return `${this.name(unit)}收发员`
  }

  say(text: string): void {
    this.progress.say(text)
  }
}

/** Runs at most `width` at once; all are run even if one fails, then the first failure is thrown. */
export async function inParallel<T>(
  items: readonly T[],
  width: number,
  action: (item: T, index: number) => Promise<unknown>,
): Promise<void> {
  const queue = items.map((item, index) => [item, index] as const)
  const failures: unknown[] = []
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      try {
        await action(...next)
      } catch (error) {
        failures.push(error)
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker))
  if (failures.length > 0) throw failures[0]
}

function fail(what: string): never {
  throw new Error(what)
}
