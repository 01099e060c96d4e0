import { z } from 'zod'
import { tlsSchema } from './tls.ts'

/** What can have a listener of its own; all else, and these unless told, is served by `http`. */
export const EXPOSED = ['oa', 'portal', 'operators', 'metrics'] as const
export type Exposed = (typeof EXPOSED)[number]

const port = z.number().int().min(0).max(65535)

const shape = {
  host: z.string().default('127.0.0.1'),
  /** how others reach it, for WSDL addresses and file URLs; by default https with `tls`, else http */
  publicUrl: z.url().optional(),
  /** absent: without TLS, as behind a proxy on this machine */
  tls: tlsSchema.optional(),
  /**
   * addresses and networks (`10.1.0.0/16`) of the proxies before us: from these, and nobody else, the PROXY protocol (1
   * and 2), `Forwarded` and `X-Forwarded-For` say where a request comes from
   */
  proxies: z.array(z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()])).default([]),
}

export const listenerSchema = z.strictObject({ ...shape, port })
export const defaultListenerSchema = z.strictObject({ ...shape, port: port.default(8630) }).prefault({})
export type ListenerConfig = z.infer<typeof listenerSchema>

/** OAs (and the public feed), portal, operators and metrics, each at an address of its own. */
export const listenersSchema = z
  .strictObject({
    oa: listenerSchema.optional(),
    portal: listenerSchema.optional(),
    operators: listenerSchema.optional(),
    metrics: listenerSchema.optional(),
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
