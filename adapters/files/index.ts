import { Polling } from '../../core/adapter/polling.ts'
import type { Adapter, House } from '../../core/adapter/port.ts'
import type { SystemConfig } from '../../core/config/schema.ts'
import { FilesSettings, isPolled } from './config.ts'
import { Endpoint } from './endpoint.ts'
import { Judge } from './out/judge.ts'
import { PolledPlace } from './polled/place.ts'
import { OutRounds } from './polled/round.ts'
import { FilesSender } from './polled/sender.ts'

/** How often a place of theirs is looked at where the system does not say. */
const POLL_MS = 30_000

/**
 * Systems that know only files: an SFTP endpoint of our own for each that comes to us, and for each that does not its
 * own server or folder, to which we go. Off unless the configuration has one. See docs/systems/files.md.
 */
export function createFilesAdapter(house: House): Adapter {
  const endpoints = new Map<string, Endpoint>()
  const places = placesOf(house)
  let isOpen = false
  const ours = (): readonly SystemConfig[] => house.city().systems.filter(({ adapter }) => adapter === 'files')
  const polled = (): readonly SystemConfig[] =>
    ours().flatMap((system) => (isPolled(system) ? [{ ...system, pollMs: system.pollMs ?? POLL_MS }] : []))
  const polling = new Polling(house, polled, (system, signal) => {
    const { place, rounds } = places.of(system.id)
    return place.connection.use(signal, (files) => rounds.round(files, signal))
  })
  const configured = async (): Promise<void> => {
    for (const { id } of polled()) new FilesSettings(house, id).check()
    await places.keep(polled())
    const ids = ours().flatMap((system) => (isPolled(system) ? [] : [system.id]))
    for (const id of ids) (endpoints.get(id) ?? new Endpoint(house, id)).check()
    for (const [id, endpoint] of endpoints) {
      if (ids.includes(id)) continue
      endpoints.delete(id)
      await endpoint.close()
    }
    for (const id of ids) {
      const known = endpoints.get(id)
      const endpoint = known ?? new Endpoint(house, id)
      endpoints.set(id, endpoint)
      if (!isOpen) continue
      if (known === undefined) await endpoint.start()
      else await endpoint.follow()
    }
  }
  return {
    name: 'files',
    mounts: [],
    sender: (system) => (isPolled(system) ? new FilesSender(house, places.of(system.id).place) : undefined),
    configured,
    async start() {
      isOpen = true
      for (const endpoint of endpoints.values()) await endpoint.start()
      polling.start()
    },
    async close() {
      await Promise.all([polling.close(), ...[...endpoints.values()].map((endpoint) => endpoint.close())])
      await places.keep([])
    },
  }
}

interface Known {
  readonly place: PolledPlace
  readonly rounds: OutRounds
  readonly reached: string
}

interface Places {
  of(id: string): Known
  /** leaves those of all others, and the connections of those that are elsewhere now */
  keep(systems: readonly SystemConfig[]): Promise<void>
}

/** What is kept of each place as long as it is configured. */
function placesOf(house: House): Places {
  const known = new Map<string, Known>()
  return {
    of(id) {
      const found = known.get(id)
      if (found !== undefined) return found
      const place = new PolledPlace(house, id)
      const rounds = new OutRounds({ house, place, judge: new Judge(house, place.settings) })
      const made = { place, rounds, reached: reachedBy(place) }
      known.set(id, made)
      return made
    },
    async keep(systems) {
      const ids = new Set(systems.map(({ id }) => id))
      const left = [...known].filter(([id, { place, reached }]) => !ids.has(id) || reachedBy(place) !== reached)
      for (const [id] of left) known.delete(id)
      await Promise.all(left.map(([, { place }]) => place.connection.close()))
    },
  }
}

/** Where it is and how we get there. */
function reachedBy({ settings }: PolledPlace): string {
  const { server, folder, names } = settings.config
  return JSON.stringify([server, folder, names])
}
