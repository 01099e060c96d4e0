import type { RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setCertificate, setSource } from '../../adapters/kit/http/source.ts'
import type { HttpMount } from '../../core/adapter/port.ts'
import type { TlsConfig } from '../../core/config/tls.ts'
import { YizhanError } from '../../core/errors/error.ts'
import type { EventSink } from '../../core/events/event.ts'
import { Certificates, type TlsNews } from '../../core/http/certificates.ts'
import { Front, type FrontOptions } from '../../core/http/front.ts'
import { FOR_PROGRAMS, STRICT_TRANSPORT } from '../../core/http/headers.ts'
import { KnownHosts } from '../../core/http/hosts.ts'
import type { Clock } from '../../core/util/clock.ts'
import { localUrl } from '../station-file.ts'

export interface Listener {
  readonly port: number
  /** as configured */
  readonly url: string
  readonly server: Front['server']
  /** tells where this machine reaches it, and what it shows there: now, and when that is renewed */
  readonly tellWhere: (tell: (near: string, certificate: string | undefined) => void) => void
  readonly close: () => Promise<void>
}

/**
 * The station's HTTP server: one plain handler that gives each request to the mount with the longest matching prefix,
 * and what nobody mounted to the pages (Express). Legacy systems' hot paths never pass a framework.
 */
export async function listen(options: {
  /** where it stands in station.yaml: `http`, `listeners.oa` */
  readonly name: string
  readonly host: string
  readonly port: number
  readonly proxies: readonly string[]
  readonly tls?: TlsConfig | undefined
  /** names by which operators may ask for it, beside addresses; absent: nothing here is for their browsers */
  readonly hosts?: readonly string[] | undefined
  /** whether browsers are told to use nothing but TLS */
  readonly strict?: boolean
  /** how often its files are looked at, ms */
  readonly lookMs?: number
  readonly mounts: readonly HttpMount[]
  readonly pages: RequestListener
  readonly clock: Clock
  readonly emit: EventSink
}): Promise<Listener> {
  const mounts = [...options.mounts].sort((a, b) => b.prefix.length - a.prefix.length)
  const mountAt = (path: string): HttpMount | undefined =>
    mounts.find(
      ({ prefix }) =>
        path === prefix || (path.startsWith(prefix) && (prefix.endsWith('/') || path[prefix.length] === '/')),
    )
  const { name, clock, emit, tls } = options
  let renewed = (): void => undefined
  const tell = (code: TlsNews, detail: string): void => {
    emit.emit({ code, at: clock.now(), detail })
    if (code === 'tls.renewed') renewed()
  }
  const certificates =
    tls === undefined
      ? undefined
      : await Certificates.open({ name: `${name}.tls`, config: tls, clock, tell, lookMs: options.lookMs })
  const front = new Front(
    frontOptions({ ...options, certificates, isMounted: (path) => mountAt(path) !== undefined }),
    (request, response, source) => {
      setSource(request, source)
      const certificate = front.certificateOf(request)
      if (certificate !== undefined) setCertificate(request, certificate)
      const mount = mountAt(pathOf(request.url ?? '/'))
      if (mount !== undefined) mount.handle(request, response)
      else options.pages(request, response)
    },
  )
  const { listener, server } = front
  await new Promise<void>((resolve, reject) => {
    // Named as what is to be changed: the port is the configuration's.
    listener.once('error', (error: NodeJS.ErrnoException) => {
      certificates?.close()
      reject(
        new YizhanError(
          'CONFIG_INVALID',
          {
            field: `station.yaml ${name}.host, ${name}.port`,
            value: `${options.host}:${options.port}`,
            rule: `${error.code === 'EADDRINUSE' ? '端口已被占用 / the port is in use' : '无法监听 / cannot be listened on'} (${error.message})`,
          },
          { cause: error },
        ),
      )
    })
    listener.listen(options.port, options.host, resolve)
  })
  const { port } = listener.address() as AddressInfo
  return {
    port,
    url: urlOf({ ...options, port }),
    server,
    tellWhere(tell) {
      renewed = () => tell(localUrl(options.host, port, schemeOf(options)), certificates?.pem)
      renewed()
    },
    close: () =>
      new Promise((resolve, reject) => {
        certificates?.close()
        listener.close((error) => (error === undefined ? resolve() : reject(error)))
        server.closeIdleConnections()
        // Keep-alive clients that go on sending would hold the server open for ever.
        setTimeout(() => server.closeAllConnections(), 5_000).unref()
      }),
  }
}

export function schemeOf({ tls }: { readonly tls?: object | undefined }): 'http' | 'https' {
  return tls === undefined ? 'http' : 'https'
}

/** As configured. */
export function urlOf(at: { readonly host: string; readonly port: number; readonly tls?: object | undefined }): string {
  return `${schemeOf(at)}://${at.host}:${at.port}`
}

/** The editor's, where there is one. */
export function editorUrl({
  editor,
}: {
  readonly editor: { readonly enabled: boolean } & Parameters<typeof urlOf>[0]
}): string | undefined {
  return editor.enabled ? urlOf(editor) : undefined
}

/**
 * Asked for under any name, as what adapters serve is: by programs, which call us what their makers thought of. All
 * else on a listener of the operators' is theirs.
 */
const OPEN = /^\/(?:$|healthz$|readyz$|metrics$|feed(?:\/|$)|asyncapi\.json$)/

/** As every listener of the station has them. */
export function frontOptions(of: {
  readonly proxies: readonly string[]
  readonly certificates: Certificates | undefined
  readonly hosts?: readonly string[] | undefined
  readonly strict?: boolean
  /** whether an adapter serves this path */
  readonly isMounted?: (path: string) => boolean
}): FrontOptions {
  const { proxies, certificates, hosts, strict } = of
  return {
    proxies,
    certificates,
    isOwn,
    headers: { ...FOR_PROGRAMS, ...(strict === true ? STRICT_TRANSPORT : {}) },
    hosts: hosts === undefined ? undefined : new KnownHosts(hosts),
    hostMatters: (target) => !OPEN.test(pathOf(target)) && of.isMounted?.(pathOf(target)) !== true,
  }
}

/** What the command line, monitors and load balancers on this machine ask. */
function isOwn(url: string): boolean {
  return /^\/(?:(?:admin|api)\/|(?:metrics|healthz|readyz)$)/.test(pathOf(url))
}

function pathOf(url: string): string {
  const end = url.indexOf('?')
  return end < 0 ? url : url.slice(0, end)
}
