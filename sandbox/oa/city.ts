import { EventEmitter } from 'node:events'
import { Desk, type SentPaper } from '../clerk/desk.ts'
import type { CountedUnit } from '../counting/units.ts'
import { loginOf, type CityFiles, type CityOptions } from './city-files.ts'
import { buildPlants } from './build.ts'
import { Inboxes } from './inboxes.ts'
import { Poller } from './poller.ts'
import type { HostedPlant, Plant, UnitOa } from './port.ts'

/**
 * The 65 units and their OAs: inboxes, clerks and everything that can be switched off. `problem` tells of an OA that
 * met something that it could not make sense of.
 */
export class City extends EventEmitter<{ problem: [UnitOa, Error]; switched: [Plant]; sent: [SentPaper] }> {
  readonly files: CityFiles
  readonly inboxes: Inboxes
  readonly desk: Desk
  readonly plants: readonly Plant[]
  /** where the station finds the systems that it calls: system id → URL */
  readonly urls: Readonly<Record<string, string>>
  /** and what else of their settings only this program knows */
  readonly settings: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly #oas: ReadonlyMap<string, { readonly oa: UnitOa; readonly plant: Plant }>
  readonly #poller: Poller
  readonly #login: (unit: string) => { readonly name: string; readonly password: string }

  private constructor(
    options: CityOptions,
    inboxes: Inboxes,
    { plants, urls, settings }: Awaited<ReturnType<typeof buildPlants>>,
  ) {
    super()
    const { files, secrets } = options
    this.files = files
    this.#login = (unit) => loginOf(files, secrets, this.unit(unit))
    this.inboxes = inboxes
    this.desk = new Desk(inboxes, options.upMs)
    this.desk.onSent((paper) => this.emit('sent', paper))
    this.plants = plants
    this.urls = urls
    this.settings = settings
    this.#oas = new Map(plants.flatMap((plant) => plant.units.map((oa) => [oa.unit, { oa, plant }])))
    this.#poller = new Poller(plants, (oa, error) => this.emit('problem', oa, error))
  }

  static async open(options: CityOptions): Promise<City> {
    const inboxes = new Inboxes(options.inboxes)
    return new City(options, inboxes, await buildPlants(options, inboxes))
  }

  unit(id: string): CountedUnit {
    const unit = this.files.units.find((one) => one.id === id)
    if (unit === undefined) throw new Error(`没有这个单位 / no such unit: ${id}`)
    return unit
  }

  login(unit: string): { readonly name: string; readonly password: string } {
    return this.#login(unit)
  }

  oa(unit: string): UnitOa {
    return this.#of(unit).oa
  }

  plantOf(unit: string): Plant {
    return this.#of(unit).plant
  }

  /** The OA of a unit to which the station pushes; undefined for all others. */
  hosted(unit: string): HostedPlant | undefined {
    const { plant } = this.#of(unit)
    return 'slowDown' in plant ? (plant as HostedPlant) : undefined
  }

  /** Those units, in the order of the configuration. */
  get hostedUnits(): readonly string[] {
    return this.files.systems.flatMap((system) =>
      this.files.units
        .filter((unit) => unit.system === system.id && this.hosted(unit.id) !== undefined)
        .map((unit) => unit.id),
    )
  }

  plant(id: string): Plant {
    const plant = this.plants.find((one) => one.id === id)
    if (plant === undefined) throw new Error(`没有这个系统 / no such OA: ${id}`)
    return plant
  }

  /** Lets the OAs look for new items. */
  poll(interval: number): void {
    this.#poller.start(interval)
  }

  /** Switches an OA off or on, and writes it into the journal. */
  async switch(id: string, on: boolean): Promise<void> {
    const plant = this.plant(id)
    const at = new Date().toISOString()
    await plant.switch(on)
    await this.desk.clerk.note({ t: 'switch', at, oa: id, on })
    this.emit('switched', plant)
  }

  /** The OAs stop looking for new items; those to which the station pushes go on. */
  quiesce(): Promise<void> {
    return this.#poller.stop()
  }

  async close(): Promise<void> {
    await this.#poller.stop()
    await Promise.all(this.plants.map((plant) => plant.close()))
    await this.desk.close()
    await this.inboxes.close()
  }

  #of(unit: string): { readonly oa: UnitOa; readonly plant: Plant } {
    const found = this.#oas.get(unit)
    if (found === undefined) throw new Error(`没有这个单位的 OA / no OA of ${unit}`)
    return found
  }
}
