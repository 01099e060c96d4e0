import { alertsSchema } from '../../../core/alarm/config.ts'
import type { BoundedType } from '../../../core/config/flow-bounds.ts'
import {
  groupsSchema,
  stationSchema,
  systemSchema,
  unitSchema,
  type CityConfig,
  type SystemConfig,
} from '../../../core/config/schema.ts'

/** Units that fetch from one OA, so that what reaches them can be read from the ledger. */
const UNITS: readonly (readonly [id: string, name: string, alias: string, group: string])[] = [
  ['office', '市政府办公室', '市府办', 'department'],
  ['finance', '市财政局', '财政局', 'department'],
  ['education', '市教育局', '教育局', 'department'],
  ['chuanhui', '川汇区人民政府', '川汇区', 'county'],
  ['huaiyang', '淮阳区人民政府', '淮阳区', 'county'],
]

export interface CityOptions {
  readonly leaseMs: number
  readonly maxAttempts: number
  readonly silentMs: number
  readonly maxRssBytes: number
  readonly drainMs: number
  readonly editorPort: number
  /** what flows may use as ${NAME} */
  readonly environment?: Readonly<Record<string, string>>
  /** `flows.allow` and `flows.openPaths` */
  readonly allow?: readonly BoundedType[]
  readonly openPaths?: readonly string[]
  /** beside the OA; nothing is delivered to them */
  readonly systems?: readonly SystemConfig[]
  /** beside the usual ones, id and name */
  readonly units?: readonly (readonly [id: string, name: string])[]
}

export function smallCity(options: CityOptions): CityConfig {
  const {
    leaseMs,
    maxAttempts,
    silentMs,
    maxRssBytes,
    drainMs,
    editorPort,
    environment = {},
    allow = [],
    openPaths = [],
    systems = [],
    units = [],
  } = options
  return {
    station: stationSchema.parse({
      name: 'st',
      hop: { leaseMs, maxAttempts, backoffMs: 1, maxBackoffMs: 2 },
      flows: { silentMs, maxRssBytes, drainMs, environment, allow, openPaths },
      editor: { port: editorPort },
    }),
    systems: [
      systemSchema.parse({ id: 'oa', name: '各单位 OA', adapter: 'oa', profile: 'yizhan', roles: ['calls-us'] }),
      ...systems,
    ],
    accounts: [],
    units: [...UNITS, ...units.map(([id, name]) => [id, name, `${name}办公室`, 'department'] as const)].map(
      ([id, name, alias, group]) =>
        unitSchema.parse({ id, name, aliases: [alias], groups: [group], codes: [], system: 'oa' }),
    ),
    groups: groupsSchema.parse({
      groups: [
        { id: 'department', name: '市政府各部门' },
        { id: 'county', name: '各县区' },
      ],
      phrases: [{ phrase: '各县(市、区)人民政府', groups: ['county'] }],
    }),
    alerts: alertsSchema.parse({}),
    revision: '1',
  }
}
