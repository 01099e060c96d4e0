import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer, type Server as Listener, type Socket } from 'node:net'
import { plainAddress } from './address.ts'
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

/**
 * An HTTP server and what listens for it, which knows where requests come from: a connection's address, or what a
 * listed proxy says, by the PROXY protocol or in a header.
 */
export class Front {
  readonly server: Server
  readonly listener: Listener
  readonly #proxies: Proxies
  /** what a proxy has said of a connection */
  readonly #told = new WeakMap<Socket, string>()

  /** @param listed proxies that are believed */
  constructor(listed: readonly string[], handle: Handler) {
    const proxies = new Proxies(listed)
    this.#proxies = proxies
    const options = { ...PATIENCE, connectionsCheckingInterval: LOOK_MS }
    const server = createHttpServer(options, (request, response) => {
      if (request.rawHeaders.length / 2 > MOST_HEADERS) return tooMany(response)
      request.url = originForm(request.url ?? '/')
      handle(request, response, this.sourceOf(request))
    })
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
        if (source !== undefined) this.#told.set(socket, plainAddress(source))
        server.emit('connection', socket)
      })
    })
    // An HTTP server watches its time limits only from when it listens.
    this.listener.once('listening', () => server.emit('listening'))
  }

  /** The address that a request comes from. */
  sourceOf(request: IncomingMessage): string {
    return this.#proxies.sourceOf(request, this.#told.get(request.socket) ?? plainAddress(request.socket.remoteAddress))
  }
}

/**
 * A target without scheme and authority: in absolute form it means the same here (RFC 9112, 3.2.2). Whose host it names
 * does not matter, as Host does not: a server behind proxies and NAT does not know all of its names.
 */
function originForm(target: string): string {
  const rest = target.replace(/^https?:\/\/[^/?#]*/i, '')
  return rest === target || rest.startsWith('/') ? rest : `/${rest}`
}

/** RFC 6585, 5. */
function tooMany(response: ServerResponse): void {
  const text = `请求头过多，上限 ${MOST_HEADERS} 个 / too many headers, the limit is ${MOST_HEADERS}\n`
  response
    .writeHead(431, {
      'content-type': 'text/plain; charset=utf-8',
      'content-length': Buffer.byteLength(text),
      connection: 'close',
    })
    .end(text)
}
