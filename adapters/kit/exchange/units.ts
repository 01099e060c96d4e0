import type { House } from '../../../core/adapter/port.ts'
import type { CityConfig, UnitConfig } from '../../../core/config/schema.ts'
import { YizhanError } from '../../../core/errors/error.ts'
import type { WriteContext } from '../../../core/mapping/port.ts'
import type { Caller } from './caller.ts'
import { bookRefusal } from './refusal.ts'

/** The unit that a caller asks or acts for, as `Door.unitOf`; that it may not is booked. */
export async function unitOf(
  house: House,
  caller: Caller,
  named: string | undefined,
): Promise<{ readonly id: string; readonly name: string }> {
  try {
    return house.door.unitOf(caller.account, named)
  } catch (thrown) {
    if (thrown instanceof YizhanError && thrown.status < 500) await bookRefusal(house, thrown, caller)
    throw thrown
  }
}

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
