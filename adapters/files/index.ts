import type { Adapter, House } from '../../core/adapter/port.ts'
import { Endpoint } from './endpoint.ts'

/**
 * Systems that know only files: an SFTP endpoint of our own for each, off unless the configuration has one. See
 * docs/systems/files.md.
 */
export function createFilesAdapter(house: House): Adapter {
  const endpoints = new Map<string, Endpoint>()
  let isOpen = false
  const configured = async (): Promise<void> => {
    const ids = house.city().systems.flatMap(({ id, adapter }) => (adapter === 'files' ? [id] : []))
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
    sender: () => undefined,
    configured,
    async start() {
      isOpen = true
      for (const endpoint of endpoints.values()) await endpoint.start()
    },
    async close() {
      await Promise.all([...endpoints.values()].map((endpoint) => endpoint.close()))
    },
  }
}
