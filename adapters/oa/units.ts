import type { House } from '../../core/adapter/port.ts'
import type { CityConfig, UnitConfig } from '../../core/config/schema.ts'
import type { WriteContext } from '../../core/mapping/port.ts'

/** What profiles ask of units, looked up once for each configuration. */
export class UnitCodes {
  readonly #house: Pick<House, 'city'>
  #city: CityConfig | undefined
  #units: ReadonlyMap<string, UnitConfig> = new Map()

  constructor(house: Pick<House, 'city'>) {
    this.#house = house
  }

  /** The organisation code by which dialects know a unit, its id where it has none. */
  codeOf = (unit: string): string => this.#unit(unit)?.codes[0] ?? unit

  /** The unit that a copy is for; undefined for a unit that the configuration no longer has. */
  context(unit: string): WriteContext['unit'] {
    const found = this.#unit(unit)
    return found === undefined ? undefined : { id: found.id, name: found.name, codes: found.codes }
  }

  #unit(id: string): UnitConfig | undefined {
    const city = this.#house.city()
    if (city !== this.#city) {
      // A unit that changed its system has several rows; its codes are the same in all.
      this.#units = new Map(city.units.map((unit) => [unit.id, unit]))
      this.#city = city
    }
    return this.#units.get(id)
  }
}
