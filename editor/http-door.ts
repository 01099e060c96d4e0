import { createHmac, randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { LoginAnswer } from '../core/hop/link.ts'

/** So long a login that was right is not asked about again, ms. */
const REMEMBERED_MS = 60_000
const MOST_REMEMBERED = 1_000
const MOST = { name: 200, password: 2_000 }

export interface HttpDoorParts {
  /** paths that need no login */
  readonly open: readonly string[]
  /** asks the station */
  readonly check: (name: string, password: string, source: string) => Promise<LoginAnswer>
  readonly sourceOf: (request: IncomingMessage) => string
  /** the station's clock */
  readonly now: () => number
}

/** Status, what is said, and seconds after which it may be tried again. */
type Refusal = readonly [status: number, text: string, again?: number]

const WHO: Refusal = [401, '须登录（编辑器的账号，HTTP Basic） / a login is wanted (one of the editor, HTTP Basic)']
const NOBODY_KNOWS: Refusal = [503, '此刻无法核对登录，稍后再试 / nobody can tell now, try again later', 5]

/** Before what flows serve over HTTP and WebSocket: nobody without a login of the editor, but on open paths. */
export class HttpDoor {
  readonly #parts: HttpDoorParts
  readonly #open: ReadonlySet<string>
  /** keyed digests of logins, and until when they count; no password is kept */
  readonly #remembered = new Map<string, number>()
  readonly #key = randomBytes(32)

  constructor(parts: HttpDoorParts) {
    this.#parts = parts
    this.#open = new Set(parts.open)
  }

  /** Somebody's rights are others: everybody is asked about again. */
  forget(): void {
    this.#remembered.clear()
  }

  /**
   * Lets a request pass, or answers it.
   *
   * @param path as the nodes name it, without the root of all of them
   */
  async enter(request: IncomingMessage, response: ServerResponse, path: string): Promise<boolean> {
    const refusal = await this.#refusalOf(request, path)
    if (refusal === undefined) return true
    const [status, text, again] = refusal
    response.writeHead(status, {
      'content-type': 'text/plain; charset=utf-8',
      'cache-control': 'no-store',
      ...(status === 401 ? { 'www-authenticate': 'Basic realm="yizhan", charset="UTF-8"' } : {}),
      ...(again === undefined ? {} : { 'retry-after': String(again) }),
    })
    response.end(`${text}\n`)
    return false
  }

  /**
   * For `webSocketNodeVerifyClient`.
   *
   * @param root of the paths of all nodes
   */
  verifier(root: string) {
    return (
      { req }: { readonly req: IncomingMessage },
      answer: (pass: boolean, status?: number, text?: string) => void,
    ): void => {
      const url = req.url ?? ''
      void this.#refusalOf(req, url.startsWith(root) ? url.slice(root.length) : url).then((refusal) => {
        if (refusal === undefined) answer(true)
        else answer(false, refusal[0])
      })
    }
  }

  async #refusalOf(request: IncomingMessage, path: string): Promise<Refusal | undefined> {
    if (this.#open.has(path.split(/[?#]/, 1)[0] ?? '')) return undefined
    const [name, password] = basicOf(request.headers.authorization)
    if (name === '' || name.length > MOST.name || password.length > MOST.password) return WHO
    const key = createHmac('sha256', this.#key)
      .update(JSON.stringify([name, password]))
      .digest('base64')
    const now = this.#parts.now()
    if ((this.#remembered.get(key) ?? 0) > now) return undefined
    const said = await this.#ask(name, password, this.#parts.sourceOf(request))
    if (said.waitsUntil !== undefined)
      return [429, '登录尝试过多 / too many tries', Math.max(1, Math.ceil((said.waitsUntil - now) / 1000))]
    if (said.unknown === true) return NOBODY_KNOWS
    if (said.role === undefined) return WHO
    this.#remember(key, now + REMEMBERED_MS)
    return undefined
  }

  async #ask(name: string, password: string, source: string): Promise<LoginAnswer> {
    try {
      return await this.#parts.check(name, password, source)
    } catch {
      // The link is lost, and this process ends with it.
      return { unknown: true }
    }
  }

  #remember(key: string, until: number): void {
    this.#remembered.delete(key)
    this.#remembered.set(key, until)
    const [oldest] = this.#remembered.keys()
    if (this.#remembered.size > MOST_REMEMBERED && oldest !== undefined) this.#remembered.delete(oldest)
  }
}

/** Name and password of RFC 7617, in UTF-8; two empty texts where there are none. */
function basicOf(header: string | undefined): readonly [string, string] {
  const token = /^Basic +([A-Za-z0-9+/]+={0,2})$/i.exec(header ?? '')?.[1]
  const text = Buffer.from(token ?? '', 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return colon < 0 ? ['', ''] : [text.slice(0, colon), text.slice(colon + 1)]
}
