import type { Adapter, House } from '../../core/adapter/port.ts'
import type { SystemConfig } from '../../core/config/schema.ts'
import type { DirectoryLogin, Person, Role } from '../../core/directory/people.ts'
import { asYizhanError, type YizhanError } from '../../core/errors/error.ts'
import { naming, type Named } from '../../core/errors/naming.ts'
import { directoryConfigOf } from './config.ts'
import type { DirectoryPerson } from './model.ts'
import { openDirectorySystem, type DirectorySystem } from './system.ts'

/** The city's LDAP directory: further names of units, people, logins of the editor, and a message for every change. */
export function createDirectoryAdapter(house: House): Adapter {
  return new DirectoryAdapter(house)
}

interface Running {
  /** its configuration, as text */
  readonly made: string
  readonly called: Named
  readonly system: DirectorySystem
}

class DirectoryAdapter implements Adapter {
  readonly name = 'directory'
  readonly mounts = []
  readonly #house: House
  readonly #systems = new Map<string, Running>()
  readonly #listeners = new Set<() => void>()
  #started = false

  readonly people = { of: (units: readonly string[], role?: Role): readonly Person[] => this.#peopleOf(units, role) }
  readonly login = {
    check: (name: string, password: string): Promise<DirectoryLogin | undefined> => this.#check(name, password),
  }
  readonly names = {
    names: (): ReadonlyMap<string, readonly string[]> => this.#names(),
    onChange: (listener: () => void): void => void this.#listeners.add(listener),
  }

  constructor(house: House) {
    this.#house = house
  }

  /** It is asked; nothing is delivered to it. */
  sender(): undefined {
    return undefined
  }

  async configured(): Promise<void> {
    const configs = new Map(
      this.#house
        .city()
        .systems.filter(({ adapter }) => adapter === 'directory')
        .map((system) => [system.id, system]),
    )
    for (const [id, { made, system }] of this.#systems) {
      const config = configs.get(id)
      if (config !== undefined && settingsText(config) === made) continue
      this.#systems.delete(id)
      await system.close()
    }
    for (const [id, config] of configs) {
      if (this.#systems.has(id)) continue
      const system = await openDirectorySystem(this.#house, directoryConfigOf(config), config.name, () =>
        this.#changed(),
      )
      this.#systems.set(id, { made: settingsText(config), called: { id, name: config.name }, system })
      if (this.#started) system.start()
    }
  }

  start(): void {
    this.#started = true
    for (const { system } of this.#systems.values()) system.start()
  }

  async close(): Promise<void> {
    await Promise.all([...this.#systems.values()].map(({ system }) => system.close()))
  }

  #changed(): void {
    for (const listener of this.#listeners) listener()
  }

  #names(): ReadonlyMap<string, readonly string[]> {
    const all = new Map<string, readonly string[]>()
    for (const { system } of this.#systems.values())
      for (const [unit, names] of system.names()) all.set(unit, [...(all.get(unit) ?? []), ...names])
    return all
  }

  /** A unit that has merged is asked for in the unit that took over: its people sit there. */
  #peopleOf(units: readonly string[], role?: Role): readonly Person[] {
    const now = this.#house.clock.now()
    const receivers = [...new Set(units.map((unit) => this.#house.directory().receiverOf(unit, now).id))]
    const found = receivers.flatMap((unit) =>
      [...this.#systems.values()].flatMap(({ system }) => {
        const view = system.view()
        const theirs = view?.units.get(unit)
        return view === undefined || theirs === undefined
          ? []
          : view.people.ofUnit(theirs.id, role, { below: true }).map((person) => personOf(person, unit))
      }),
    )
    return found
  }

  async #check(name: string, password: string): Promise<DirectoryLogin | undefined> {
    let failure: YizhanError | undefined
    for (const { system, called } of this.#systems.values()) {
      try {
        const login = await system.login?.(name, password)
        if (login !== undefined) return { name: login.name, roles: login.roles }
      } catch (thrown) {
        const error = asYizhanError(thrown)
        if (error.code !== 'DIRECTORY_LOGIN_REFUSED') failure ??= naming(error, called, called.name)
      }
    }
    if (failure !== undefined) throw failure
    return undefined
  }
}

function settingsText(system: SystemConfig): string {
  return JSON.stringify([system.name, system.settings])
}

function personOf({ id, name, roles, mobile, mail }: DirectoryPerson, unit: string): Person {
  return {
    person: id,
    name,
    unit,
    roles,
    ...(mobile === undefined ? {} : { phone: mobile }),
    ...(mail === undefined ? {} : { mail }),
  }
}
