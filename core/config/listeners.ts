import { z } from 'zod'
import { tlsSchema } from './tls.ts'

/** What can have a listener of its own; all else, and these unless told, is served by `http`. */
export const EXPOSED = ['oa', 'portal', 'operators', 'metrics'] as const
export type Exposed = (typeof EXPOSED)[number]

const port = z.number().int().min(0).max(65535).describe('端口；0 任取一个 / port; 0: any free one')

const shape = {
  host: z.string().default('127.0.0.1').describe('地址 / address'),
  publicUrl: z
    .url()
    .optional()
    .describe(
      '别人怎样到达，用于 WSDL 与附件的网址；没有则有 tls 为 https，否则 http / how others reach it, for WSDL addresses and file URLs; by default https with tls, else http',
    ),
  tls: tlsSchema.optional().meta({
    description: 'TLS；没有则不加密，如在本机的代理之后 / absent: without TLS, as behind a proxy on this machine',
    since: '0.2.0',
  }),
  proxies: z
    .array(z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()]))
    .default([])
    .meta({
      description:
        '我方之前的代理的地址与网段：只信它们用 PROXY 协议、Forwarded、X-Forwarded-For 所说的来源 / addresses and networks (10.1.0.0/16) of the proxies before us: from these, and nobody else, the PROXY protocol (1 and 2), Forwarded and X-Forwarded-For say where a request comes from',
      since: '0.2.0',
    }),
}

export const listenerSchema = z.strictObject({ ...shape, port })
export const defaultListenerSchema = z.strictObject({ ...shape, port: port.default(8630) }).prefault({})
export type ListenerConfig = z.infer<typeof listenerSchema>

/** OAs (and the public feed), portal, operators and metrics, each at an address of its own. */
export const listenersSchema = z
  .strictObject({
    oa: listenerSchema.optional().meta({ description: '办公系统与公开事件 / OAs and the public feed', since: '0.2.0' }),
    portal: listenerSchema.optional().meta({ description: '门户 / the portal', since: '0.2.0' }),
    operators: listenerSchema.optional().meta({ description: '运维人员 / operators', since: '0.2.0' }),
    metrics: listenerSchema.optional().meta({ description: '指标 / metrics', since: '0.2.0' }),
  } satisfies Record<Exposed, unknown>)
  .prefault({})

interface Listening {
  readonly http: ListenerConfig
  readonly listeners: Readonly<Partial<Record<Exposed, ListenerConfig | undefined>>>
}

/** One listener as configured. */
export interface PlannedListener {
  /** where it stands in station.yaml: `http`, `listeners.oa` */
  readonly name: string
  readonly config: ListenerConfig
  readonly serves: readonly Exposed[]
}

/** All of them: `http` first, with what has none of its own. */
export function plannedListeners({ http, listeners }: Listening): readonly [PlannedListener, ...PlannedListener[]] {
  const own = EXPOSED.flatMap((served) => {
    const config = listeners[served]
    return config === undefined ? [] : [{ name: `listeners.${served}`, config, serves: [served] }]
  })
  return [{ name: 'http', config: http, serves: EXPOSED.filter((served) => listeners[served] === undefined) }, ...own]
}

/** The one that serves it. */
export function listenerOf(station: Listening, served: Exposed): PlannedListener {
  const [http, ...own] = plannedListeners(station)
  return own.find(({ serves }) => serves.includes(served)) ?? http
}
