import {
  createServer as createHttpServer,
  STATUS_CODES,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import { createServer as createHttpsServer, type Server as SecureServer } from 'node:https'
import { createServer, type Server as Listener, type Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { isLoopback, plainAddress } from './address.ts'
import type { ServedCertificates } from './certificates.ts'
import { clientCertificateOf, type ClientCertificate } from './client-certificate.ts'
import { withHeaders } from './headers.ts'
import type { KnownHosts } from './hosts.ts'
import { Proxies } from './proxies.ts'
import { takeProxyHeader } from './proxy-header.ts'

/** How long a client may take for its headers and for its whole request, and how long a connection rests, ms. */
const PATIENCE = { headersTimeout: 20_000, requestTimeout: 120_000, keepAliveTimeout: 65_000 }
/** So often connections are looked at for that, ms. */
const LOOK_MS = 5_000
/** Headers of one request; how long they are together, Node limits (16 kB). */
const MOST_HEADERS = 1_024

/** @param source the address that the request comes from */
type Handler = (request: IncomingMessage, response: ServerResponse, source: string) => void

export interface FrontOptions {
  /** proxies that are believed */
  readonly proxies: readonly string[]
  /** absent: without TLS */
  readonly certificates?: ServedCertificates | undefined
  /** paths at which this machine's own programs need no client certificate */
  readonly isOwn?: (path: string) => boolean
  /** of every answer, unless whoever writes it says otherwise */
  readonly headers: Readonly<Record<string, string>>
  /** names by which it may be asked for; absent: by any */
  readonly hosts?: KnownHosts | undefined
  /** targets at which the name matters; absent: all */
  readonly hostMatters?: (target: string) => boolean
}

/** Why a request is answered here. */
type Refusal = readonly [status: number, text: string]

/**
 * An HTTP server and what listens for it, which knows where requests come from: a connection's address, or what a
 * listed proxy says, by the PROXY protocol (before TLS) or in a header.
 */
export class Front {
  readonly server: Server | SecureServer
  readonly listener: Listener
  readonly #options: FrontOptions
  readonly #proxies: Proxies
  /** what a proxy has said of a connection, by its ends: TLS stands before the socket that said it */
  readonly #told = new Map<string, string>()
  /** connections whose client has shown a certificate, and whether it holds no longer for certain */
  readonly #shown = new Map<Socket, { readonly certificate: ClientCertificate; old: boolean }>()

  constructor(options: FrontOptions, handle: Handler) {
    const proxies = new Proxies(options.proxies)
    this.#options = options
    this.#proxies = proxies
    const setHeaders = withHeaders(options.headers)
    const server = this.#serverFor((request, response) => {
      setHeaders(request, response)
      const shown = this.#shown.get(request.socket)
      if (shown?.old === true) return void request.socket.destroy()
      if (request.rawHeaders.length / 2 > MOST_HEADERS) return tooMany(response)
      request.url = originForm(request.url ?? '/')
      const refusal = this.#refusalOf(request)
      if (refusal !== undefined) answerText(response, ...refusal)
      else handle(request, response, this.sourceOf(request))
    })
    this.#guardUpgrades(server)
    // Node would drop what comes after its own limit without a word: Host, or a login.
    server.maxHeadersCount = 0
    this.server = server
    if (proxies.isEmpty) {
      this.listener = server
      return
    }
    this.listener = createServer({ noDelay: true }, (socket) => {
      if (!proxies.has(plainAddress(socket.remoteAddress))) return void server.emit('connection', socket)
      void takeProxyHeader(socket).then((source) => {
        const ends = endsOf(socket)
        if (source !== undefined) {
          this.#told.set(ends, plainAddress(source))
          socket.once('close', () => this.#told.delete(ends))
        }
        server.emit('connection', socket)
      })
    })
    // An HTTP server watches its time limits only from when it listens.
    this.listener.once('listening', () => server.emit('listening'))
  }

  /** The address that a request comes from. */
  sourceOf(request: IncomingMessage): string {
    const peer = this.#told.get(endsOf(request.socket)) ?? plainAddress(request.socket.remoteAddress)
    return this.#proxies.sourceOf(request, peer)
  }

  /** What the client has shown of itself, whether it holds or not; undefined: nothing. */
  certificateOf(request: IncomingMessage): ClientCertificate | undefined {
    return this.#shown.get(request.socket)?.certificate
  }

  #serverFor(onRequest: (request: IncomingMessage, response: ServerResponse) => void): Server | SecureServer {
    const { certificates } = this.#options
    const options = { ...PATIENCE, connectionsCheckingInterval: LOOK_MS }
    if (certificates === undefined) return createHttpServer(options, onRequest)
    const server = createHttpsServer({ ...options, ...certificates.options }, onRequest)
    if (certificates.config.clientCertificates !== 'off')
      server.on('secureConnection', (socket: TLSSocket) => {
        const certificate = clientCertificateOf(socket)
        if (certificate === undefined) return
        this.#shown.set(socket, { certificate, old: false })
        socket.once('close', () => this.#shown.delete(socket))
      })
    certificates.follow((trustChanged) => {
      server.setSecureContext(certificates.options)
      if (!trustChanged) return
      // Who has shown a certificate shows it again: what is under way is answered, and the connection ends with it.
      for (const shown of this.#shown.values()) shown.old = true
      server.closeIdleConnections()
    })
    return server
  }

  #refusalOf(request: IncomingMessage): Refusal | undefined {
    const { hosts, hostMatters = () => true } = this.#options
    const { host } = request.headers
    if (hosts?.has(host) === false && hostMatters(request.url ?? '/'))
      return [
        421,
        `“${host}”不是此处的名称，须写入 station.yaml 的 hosts / is no name of this place: add it to hosts\n`,
      ]
    if (!this.#mustShow(request)) return undefined
    const fault = this.#shown.get(request.socket)?.certificate.fault
    const why = fault === undefined ? '' : ` (${fault})`
    return [403, `须出示有效的客户端证书 / a valid client certificate is required${why}\n`]
  }

  #mustShow(request: IncomingMessage): boolean {
    const { certificates, isOwn } = this.#options
    if (certificates?.config.clientCertificates !== 'required') return false
    const shown = this.#shown.get(request.socket)
    if (shown !== undefined && shown.certificate.fault === undefined) return false
    const isLocal = isOwn?.(request.url ?? '/') === true && isLoopback(this.sourceOf(request))
    return !isLocal
  }

  /** A WebSocket is refused as a request is, before those who wait for it have heard of it. */
  #guardUpgrades(server: Server | SecureServer): void {
    const emit = server.emit.bind(server) as (name: string, ...values: unknown[]) => boolean
    server.emit = (name: string, ...values: unknown[]): boolean => {
      const [request, socket] = values as [IncomingMessage, Socket]
      const refusal = name === 'upgrade' ? this.#refusalOf(request) : undefined
      if (refusal === undefined) return emit(name, ...values)
      const [status, text] = refusal
      socket.on('error', () => socket.destroy())
      socket.end(
        `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(text)}\r\nconnection: close\r\n\r\n${text}`,
      )
      return true
    }
  }
}

function endsOf({ remoteAddress, remotePort, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localPort}`
}

/**
 * A target without scheme and authority: in absolute form it means the same here (RFC 9112, 3.2.2). Whose host it names
 * does not matter: no browser sends that, and old OAs call themselves and us whatever they like.
 */
function originForm(target: string): string {
  const rest = target.replace(/^https?:\/\/[^/?#]*/i, '')
  return rest === target || rest.startsWith('/') ? rest : `/${rest}`
}

/** RFC 6585, 5. */
function tooMany(response: ServerResponse): void {
  answerText(response, 431, `请求头过多，上限 ${MOST_HEADERS} 个 / too many headers, the limit is ${MOST_HEADERS}\n`)
}

function answerText(response: ServerResponse, status: number, text: string): void {
  response
    .writeHead(status, {
      'content-type': 'text/plain; charset=utf-8',
      'content-length': Buffer.byteLength(text),
      connection: 'close',
    })
    .end(text)
}
