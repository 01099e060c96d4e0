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

/** For what people open in browsers. */
export const hostsSchema = z
  .array(z.string().regex(/^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252})$/))
  .default([])
  .meta({
    description:
      '运维接口与编辑器还可用的主机名，别的名称答 421（防 DNS 重绑定）；地址、localhost、host 与 publicUrl 中的名称不必写 / further names by which operators and the editor may be asked for, others are answered 421 (DNS rebinding); addresses, localhost, host and the names of publicUrl need not be listed',
    since: '0.2.0',
  })

const listenerSchema = z.strictObject({ ...shape, port })
const operatorsSchema = z.strictObject({ ...shape, port, hosts: hostsSchema })
export const defaultListenerSchema = z
  .strictObject({ ...shape, port: port.default(8630), hosts: hostsSchema })
  .prefault({})
export type ListenerConfig = z.infer<typeof listenerSchema> & { readonly hosts?: readonly string[] }

/** OAs (and the public feed), portal, operators and metrics, each at an address of its own. */
export const listenersSchema = z
  .strictObject({
    oa: listenerSchema.optional().meta({ description: '办公系统与公开事件 / OAs and the public feed', since: '0.2.0' }),
    portal: listenerSchema.optional().meta({ description: '门户 / the portal', since: '0.2.0' }),
    operators: operatorsSchema.optional().meta({ description: '运维人员 / operators', since: '0.2.0' }),
    metrics: listenerSchema.optional().meta({ description: '指标 / metrics', since: '0.2.0' }),
  } satisfies Record<Exposed, unknown>)
  .prefault({})

/** Of station.yaml, what decides over its listeners. */
interface Listening {
  readonly http: ListenerConfig
  readonly listeners: Readonly<Partial<Record<Exposed, ListenerConfig | undefined>>>
  readonly editor: Pick<ListenerConfig, 'host' | 'port' | 'tls' | 'hosts'> & { readonly enabled: boolean }
}

/** One listener as configured. */
export interface PlannedListener {
  /** where it stands in station.yaml: `http`, `listeners.oa` */
  readonly name: string
  readonly config: ListenerConfig
  readonly serves: readonly Exposed[]
  /** names by which operators may ask for it, beside addresses; undefined: it does not serve them */
  readonly hosts: readonly string[] | undefined
  /** whether browsers are told to use nothing but TLS */
  readonly strict: boolean
}

/** All of them: `http` first, with what has none of its own. */
export function plannedListeners(station: Listening): readonly [PlannedListener, ...PlannedListener[]] {
  const { http, listeners } = station
  const planned = (name: string, config: ListenerConfig, serves: readonly Exposed[]): PlannedListener => ({
    ...{ name, config, serves, strict: allUnderTls(station) },
    hosts: serves.includes('operators') ? namesFor(station, config) : undefined,
  })
  const own = EXPOSED.flatMap((served) => {
    const config = listeners[served]
    return config === undefined ? [] : [planned(`listeners.${served}`, config, [served])]
  })
  const left = EXPOSED.filter((served) => listeners[served] === undefined)
  return [planned('http', http, left), ...own]
}

/** The one that serves it. */
export function listenerOf(station: Listening, served: Exposed): PlannedListener {
  const [http, ...own] = plannedListeners(station)
  return own.find(({ serves }) => serves.includes(served)) ?? http
}

/** What the flow process is told of the editor's listener. */
export function editorListener(
  station: Listening,
): Pick<ListenerConfig, 'host' | 'port'> & { readonly hosts: readonly string[]; readonly strict: boolean } {
  const { host, port } = station.editor
  return { host, port, hosts: namesFor(station, station.editor), strict: allUnderTls(station) }
}

/** By which operators and the editor may be asked for, beside addresses. */
function namesFor(station: Listening, { host, hosts = [] }: Pick<ListenerConfig, 'host' | 'hosts'>): readonly string[] {
  const urls = configsOf(station).flatMap(({ publicUrl }) => publicUrl ?? [])
  return [host, ...hosts, ...urls.map((url) => new URL(url).hostname)]
}

const NEAR = /^(?:127\.\d+\.\d+\.\d+|::1|localhost)$/

/**
 * Whether all that others reach is served under TLS. Only then are browsers told to use nothing else
 * (Strict-Transport-Security, RFC 6797): they take that for every port of the host's.
 */
function allUnderTls(station: Listening): boolean {
  const { editor } = station
  const all = [...configsOf(station), ...(editor.enabled ? [editor] : [])]
  const reached = all.filter(({ host }) => !NEAR.test(host))
  return (reached.length > 0 ? reached : all).every(({ tls }) => tls !== undefined)
}

function configsOf({ http, listeners }: Listening): readonly ListenerConfig[] {
  return [http, ...Object.values(listeners).filter((config) => config !== undefined)]
}
