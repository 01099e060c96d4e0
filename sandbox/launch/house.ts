import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { writeDurably } from '../files/durable.ts'
import { projectFolder } from '../files/project.ts'
import { City } from '../oa/city.ts'
import { isCalled, readCity, type CityFiles } from '../oa/city-files.ts'
import { ensureSecrets, type Secrets } from '../secrets.ts'
import { SYSTEM_SECRETS, type SystemName } from '../systems/names.ts'
import { whereTheyAre } from '../systems/overrides.ts'
import { CitySystems } from '../systems/systems.ts'
import { OwnConfig } from './config.ts'
import { freePort } from '../net/ports.ts'
import { narrowRights, STATION_NAMES } from '../../core/util/private-files.ts'
import { StationProcess, type Ready } from './station-process.ts'

export interface HouseOptions {
  /** everything that is kept: ledger, secrets, logs, inboxes */
  readonly data: string
  /** where the sandbox systems write what they received; `<data>/inboxes` if absent */
  readonly inboxes?: string | undefined
  /** `embedded` or an AMQP URL */
  readonly bus: string
  /** URL of a PostgreSQL that keeps the ledger; its password is in YIZHAN_SECRET_LEDGER_PASSWORD */
  readonly ledger?: string | undefined
  /** folder of the flows, to which the editor saves; the station's own copy in the data folder if absent */
  readonly flows?: string | undefined
  /** times of the flows that are to be others, in seconds, by name */
  readonly environment?: Readonly<Record<string, number>> | undefined
  /**
   * somebody watches: the house is open before its station is ready, and the station waits until a wrong configuration
   * is mended
   */
  readonly patient?: boolean | undefined
  /** ports that are wanted; others are taken where they are in use */
  readonly ports: { readonly http: number; readonly editor: number }
}

/**
 * Station and sandbox together: the systems on loopback ports of their own, the station as a supervised child process.
 */
export interface House {
  readonly city: City
  /** portal, SMS centre, mail, archive bureau, directory */
  readonly systems: CitySystems
  readonly station: StationProcess
  readonly secrets: Secrets
  /** the station's configuration: a copy, kept with what was changed in it, which it watches */
  readonly config: string
  /** files of the configuration that were changed here, so that a newer version of them is not taken */
  readonly kept: readonly string[]
  /** where the editor saves */
  readonly flows: string
  readonly inboxes: string
  /** where the station was reached last; it keeps its port when it is started again */
  ready(): Ready
  /** asks the station as its operator: `/admin/health`, `/metrics` */
  readonly ask: (path: string) => Promise<Response>
  close(): Promise<void>
}

/**
 * A day in a minute: a system that is back after a few seconds is not to wait for the backoff of hours. In
 * milliseconds.
 */
const PACE = { backoffMs: 300, maxBackoffMs: 2_000, breakerMs: 1_000 }

/** An answer of the station to its operator takes no longer, milliseconds. */
const ASK_MS = 2_000

export async function openHouse(options: HouseOptions): Promise<House> {
  const inboxes = options.inboxes ?? join(options.data, 'inboxes')
  const [secretsFile, overrides] = [join(options.data, 'secrets.json'), join(options.data, 'overrides.json')]
  mkdirSync(options.data, { recursive: true, mode: 0o700 })
  mkdirSync(inboxes, { recursive: true })
  await narrowRights(options.data, [
    ...STATION_NAMES,
    ...['inboxes', 'sandbox', 'config', 'overrides.json', 'secrets.json', 'ledger-second.end'],
  ])
  const own = await OwnConfig.make(
    join(projectFolder(), 'config', 'sandbox'),
    join(options.data, 'config'),
    join(options.data, 'sandbox'),
  )
  const config = own.folder
  const files = soundCity(config)
  const secrets = await ensureSecrets(secretsFile, {
    accounts: files.accounts.map((account) => account.id),
    systems: files.systems.filter(isCalled).map((system) => system.id),
    others: SYSTEM_SECRETS,
  })
  const [http, editor] = [await freePort(options.ports.http), await freePort(options.ports.editor)]
  const base = `http://127.0.0.1:${http}`
  const station = new StationProcess({
    config,
    data: options.data,
    secrets: secretsFile,
    overrides,
    flows: options.flows,
    log: join(options.data, 'logs', 'station-output.log'),
    patient: options.patient,
  })
  const parts = { files, secrets, inboxes, memory: join(options.data, 'sandbox'), station: () => base }
  const [city, systems] = await Promise.all([
    City.open({ ...parts, upMs: () => station.upMs }),
    CitySystems.open({ ...parts, merged: (merge) => own.merge(merge) }),
  ])
  systems.on(
    'switched',
    (name, mode) =>
      void city.desk.clerk.note({ t: 'switch', at: new Date().toISOString(), oa: name, on: mode === 'on' }),
  )
  const places = whereTheyAre(systems)
  await writeDurably(
    overrides,
    `${JSON.stringify(
      {
        station: {
          http: { host: '127.0.0.1', port: http },
          editor: { host: '127.0.0.1', port: editor },
          bus: { url: options.bus },
          // inside: whoever deletes the folder begins anew, and no witness beside it misses what was in it
          ledger: {
            witness: join(options.data, 'ledger-second.end'),
            ...(options.ledger === undefined ? {} : { url: options.ledger }),
          },
          ...(options.environment === undefined ? {} : { flows: { environment: options.environment } }),
        },
        systems: {
          ...Object.fromEntries(Object.entries(city.urls).map(([id, url]) => [id, { url, pace: PACE }])),
          ...Object.fromEntries(Object.entries(city.settings).map(([id, settings]) => [id, { settings, pace: PACE }])),
          ...Object.fromEntries(files.partners.map(({ id }) => [id, { ...places[id as SystemName], pace: PACE }])),
        },
      },
      undefined,
      1,
    )}\n`,
    0o600,
  )
  let last: Ready | undefined
  station.on('ready', (ready) => {
    last = ready
  })
  try {
    const starting = station.start()
    if (options.patient === true) starting.catch(() => undefined)
    else await starting
  } catch (error) {
    await Promise.all([city.close(), systems.close()])
    throw error
  }
  return {
    city,
    systems,
    station,
    secrets,
    config,
    kept: own.kept,
    flows: options.flows ?? join(options.data, 'flows'),
    inboxes,
    ready: () => {
      if (last === undefined) throw new Error('the station has not been ready yet')
      return last
    },
    ask: (path) =>
      fetch(`${base}${path}`, {
        headers: { authorization: `Bearer ${secrets['admin.token'] ?? ''}` },
        signal: AbortSignal.timeout(ASK_MS),
      }),
    close: async () => {
      await city.quiesce()
      await station.stop()
      await Promise.all([city.close(), systems.close()])
    },
  }
}

/** The sandbox itself cannot be built from this configuration. */
export class BrokenConfig extends Error {}

function soundCity(config: string): CityFiles {
  try {
    return readCity(config)
  } catch (error) {
    throw new BrokenConfig(error instanceof Error ? error.message : String(error), { cause: error })
  }
}
