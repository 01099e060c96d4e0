import { alertsSchema } from '../../../core/alarm/config.ts'
import { guardOf } from '../../lib/guard.ts'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { createDirectoryAdapter } from '../../../adapters/directory/adapter.ts'
import type { Adapter, House } from '../../../core/adapter/port.ts'
import { groupsSchema, stationSchema, systemSchema, unitSchema, type CityConfig } from '../../../core/config/schema.ts'
import { createTake } from '../../../core/door/take.ts'
import type { YizhanEvent } from '../../../core/events/event.ts'
import { openLedger, type OpenedLedger } from '../../../core/ledger/open.ts'
import type { DirectoryChangesMessage } from '../../../core/message/directory.ts'
import { namesOf } from '../../../station/adapters.ts'
import { cityOf, type City } from '../../../station/city.ts'
import { cityUnits, SERVICE_PASSWORD } from './directory-rigs.ts'

/** A station's configuration with one LDAP directory; its units are the sandbox's. */
export function directoryCity(settings: object, revision = '1'): CityConfig {
  return {
    station: stationSchema.parse({ name: 'st' }),
    systems: [
      systemSchema.parse({ id: 'oa', name: 'OA', adapter: 'oa', profile: 'yizhan', roles: ['calls-us'] }),
      systemSchema.parse({ id: 'ldap', name: '市目录', adapter: 'directory', settings }),
    ],
    accounts: [],
    units: cityUnits.map(({ id, name, codes }) =>
      unitSchema.parse({ id, name, aliases: [], groups: ['all'], codes, system: 'oa' }),
    ),
    groups: groupsSchema.parse({ groups: [{ id: 'all', name: '各单位' }], phrases: [] }),
    alerts: alertsSchema.parse({}),
    revision,
  }
}

/** The directory's adapter on a real ledger, with a city that follows it as the station's does; lives in one folder. */
export class DirectoryHouse {
  readonly events: YizhanEvent[] = []
  readonly adapter: Adapter
  readonly #opened: OpenedLedger
  #city: City
  #closing: Promise<void> | undefined
  /** what `take` rejects with */
  refuses: Error | undefined
  skew = 0

  static async open(folder: string, settings: object): Promise<DirectoryHouse> {
    const opened = await openLedger({
      folder,
      station: 'st',
      clock: { now: Date.now },
      hop: directoryCity(settings).station.hop,
    })
    await opened.ledger.hops.subscribe([{ name: 'directory', filter: { source: 'directory' } }], Date.now())
    const house = new DirectoryHouse(folder, settings, opened)
    await house.configure()
    return house
  }

  constructor(folder: string, settings: object, opened: OpenedLedger) {
    this.#opened = opened
    this.#city = cityOf(directoryCity(settings), new Map())
    const sink = { emit: (event: YizhanEvent) => void this.events.push(event) }
    const take = createTake({
      guard: guardOf(),
      clock: { now: Date.now },
      ledger: opened.ledger,
      directory: () => this.#city.directory,
      flows: { preclaim: () => undefined, taken: () => undefined },
      profileRevision: () => '',
      sink,
      station: () => this.#city.config.station,
      admit: () => {
        if (this.refuses !== undefined) throw this.refuses
      },
    })
    this.adapter = createDirectoryAdapter({
      city: () => this.#city.config,
      directory: () => this.#city.directory,
      secret: () => SERVICE_PASSWORD,
      door: { take },
      clock: { now: () => Date.now() + this.skew },
      emit: sink,
      folder: (system: string) => {
        mkdirSync(join(folder, 'systems', system), { recursive: true })
        return join(folder, 'systems', system)
      },
    } as unknown as House)
    this.adapter.names?.onChange(() => this.#follow())
  }

  get city(): City {
    return this.#city
  }

  /** as after a change of the configuration */
  async configure(config: CityConfig = this.#city.config): Promise<void> {
    this.#city = cityOf(config, new Map(), namesOf([this.adapter]))
    await this.adapter.configured?.()
    this.#follow()
  }

  /** What flows have been told since the last time, oldest first. */
  async told(): Promise<DirectoryChangesMessage['directory'][]> {
    const now = Date.now()
    const hops = await this.#opened.ledger.hops.claim({
      subscription: 'directory',
      max: 100,
      owner: 'flows',
      now,
      leaseUntil: now + 600_000,
    })
    return hops.map(({ message }) => (message as DirectoryChangesMessage).directory)
  }

  /** Closing twice is closing. */
  close(): Promise<void> {
    return (this.#closing ??= this.adapter.close().then(() => this.#opened.ledger.close()))
  }

  #follow(): void {
    this.#city = cityOf(this.#city.config, new Map(), namesOf([this.adapter]))
  }
}
