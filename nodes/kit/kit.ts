import { MESSAGE_KINDS, OUTCOME_STATES } from '../../core/message/schema.ts'
import { URGENCIES } from '../../core/message/urgency.ts'
import { paletteRuntime } from '../link/runtime.ts'
import type { Red } from '../lib/red.ts'

interface AdminResponse {
  json(body: unknown): void
  status(code: number): AdminResponse
}

interface PluginRed extends Red {
  readonly plugins: { registerPlugin(id: string, definition: object): void }
  readonly httpAdmin: { get(path: string, ...handlers: unknown[]): void }
  readonly auth: { needsPermission(permission: string): unknown }
}

/**
 * The editor's half of the palette (`kit.html` builds the dialogs) and the lists that the dialogs choose from:
 * systems (all, and those of one adapter), units, kinds, states, urgencies, mappings.
 */
export default function (red: PluginRed): void {
  red.plugins.registerPlugin('yizhan-kit', { type: 'yizhan' })
  red.httpAdmin.get(
    '/yizhan/lists',
    red.auth.needsPermission('flows.read'),
    (_request: unknown, response: AdminResponse) => {
      lists(red).then(
        (body) => response.json(body),
        (error: unknown) => response.status(500).json({ error: String(error) }),
      )
    },
  )
}

async function lists(red: Red): Promise<object> {
  const { city, mappings } = paletteRuntime(red).hops
  await mappings.ready()
  const systems = (adapter?: string): object[] =>
    (city?.systems ?? [])
      .filter((system) => adapter === undefined || system.adapter === adapter)
      .map(({ id, name }) => ({ value: id, label: `${name} (${id})` }))
  return {
    systems: systems(),
    smsSystems: systems('sms'),
    portalSystems: systems('portal'),
    archiveSystems: systems('archive'),
    mailSystems: systems('mail'),
    directorySystems: systems('directory'),
    units: (city?.units ?? []).map(({ id, name }) => ({ value: id, label: name })),
    unitNames: (city?.units ?? []).flatMap(({ id, name, aliases, codes }) => [name, ...aliases, id, ...codes]),
    phrases: [...(city?.phrases ?? []).map(({ phrase }) => phrase), ...(city?.groups ?? []).map(({ name }) => name)],
    kinds: MESSAGE_KINDS,
    states: OUTCOME_STATES,
    urgencies: URGENCIES,
    mappings: mappings.list().map(({ id, name }) => ({ value: id, label: `${name.zh} / ${name.en}` })),
  }
}
