import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import express, { type NextFunction, type Request, type Response } from 'express'
import { waits } from '../core/door/locks.ts'
import type { LoginAnswer, LoginRole } from '../core/hop/link.ts'

/** Where Node-RED gives tokens for passwords, as its router reads a path. */
const TOKEN_PATH = /^\/auth\/token\/?$/i
const BODY = '16kb'
const MOST = { name: 200, password: 2_000 }
/** A ticket is redeemed in the same turn; what is left over belongs to a request that Node-RED refused otherwise. */
const TICKETS = 100

/** Node-RED's permissions. */
const PERMISSIONS: Readonly<Record<LoginRole, string>> = { admin: '*', read: 'read' }

export interface User {
  readonly username: string
  readonly permissions: string
}

export interface LoginDoorParts {
  /** asks the station */
  readonly check: (name: string, password: string, source: string) => Promise<LoginAnswer>
  /** whether who has logged in still may */
  readonly still: (name: string) => Promise<{ readonly role?: LoginRole }>
  readonly sourceOf: (request: IncomingMessage) => string
  /** the station's clock */
  readonly now: () => number
}

/**
 * Before Node-RED's own login, which counts every try of a name, whoever makes it, and after five keeps that name out
 * for everybody. Here the station is asked first, with the source; who gets in goes on to Node-RED with a ticket
 * instead of the password, so that it never counts a wrong try.
 */
export class LoginDoor {
  readonly #parts: LoginDoorParts
  readonly #tickets = new Map<string, User>()
  readonly #parsers = [express.urlencoded({ limit: BODY, extended: false }), express.json({ limit: BODY })]

  constructor(parts: LoginDoorParts) {
    this.#parts = parts
  }

  /** For `httpAdminMiddleware`. */
  readonly middleware = (request: Request, response: Response, next: NextFunction): void => {
    if (request.method !== 'POST' || !TOKEN_PATH.test(request.path)) {
      next()
      return
    }
    this.#answer(request, response).then(
      (refusal) => {
        if (refusal === undefined) next()
        else refuse(response, refusal)
      },
      (thrown: unknown) => {
        // Of the parsers: too much, or nothing that they read.
        if ((thrown as { readonly status?: number }).status === undefined) next(thrown)
        else refuse(response, UNREADABLE)
      },
    )
  }

  /** For `adminAuth.authenticate`: a ticket is good once. */
  redeem(name: string, ticket: string): User | null {
    const user = this.#tickets.get(ticket)
    this.#tickets.delete(ticket)
    return user?.username === name ? user : null
  }

  /** For `adminAuth.users`: who holds a token of Node-RED's, as long as the station's session lasts. */
  async still(name: string): Promise<User | null> {
    const { role } = await this.#parts.still(name)
    return role === undefined ? null : { username: name, permissions: PERMISSIONS[role] }
  }

  async #parse(request: Request, response: Response): Promise<Readonly<Record<string, unknown>>> {
    for (const parser of this.#parsers)
      await new Promise<void>((resolve, reject) => {
        parser(request, response, (error?: Error) => {
          if (error === undefined) resolve()
          else reject(error)
        })
      })
    const body: unknown = request.body
    return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {}
  }

  /** Undefined: whoever it is goes on to Node-RED, with a ticket. */
  async #answer(request: Request, response: Response): Promise<Refusal | undefined> {
    const body = await this.#parse(request, response)
    const { grant_type: grant, username, password, scope = '' } = body
    if (grant !== 'password' || typeof username !== 'string' || typeof password !== 'string') return UNREADABLE
    // Nobody's, and more than the station looks at.
    if (username.length > MOST.name || password.length > MOST.password) return WRONG
    const said = await this.#ask(username, password, this.#parts.sourceOf(request))
    if (said.waitsUntil !== undefined) {
      const { zh, en } = waits(username, said.waitsUntil)
      response.setHeader('retry-after', String(Math.max(1, Math.ceil((said.waitsUntil - this.#parts.now()) / 1000))))
      return [429, 'temporarily_unavailable', `${zh} / ${en}`]
    }
    if (said.unknown === true) return NOBODY_KNOWS
    if (said.wants !== undefined) return WANTS[said.wants]
    if (said.role === undefined) return WRONG
    if (scope !== '' && scope !== 'read' && said.role !== 'admin') return MAY_READ
    this.#pass(request, { username, permissions: PERMISSIONS[said.role] }, body)
    return undefined
  }

  async #ask(name: string, password: string, source: string): Promise<LoginAnswer> {
    try {
      return await this.#parts.check(name, password, source)
    } catch {
      // Without its station nobody can tell; the process ends with that, and the log says why.
      return { unknown: true }
    }
  }

  /** The body has been read: Node-RED takes this one, and sees that nothing follows. */
  #pass(request: Request, user: User, body: Readonly<Record<string, unknown>>): void {
    const ticket = randomBytes(24).toString('base64url')
    this.#tickets.set(ticket, user)
    const [oldest] = this.#tickets.keys()
    if (this.#tickets.size > TICKETS && oldest !== undefined) this.#tickets.delete(oldest)
    request.body = { ...body, password: ticket }
    for (const name of ['content-length', 'transfer-encoding']) Reflect.deleteProperty(request.headers, name)
  }
}

/** Status, error (RFC 6749, 5.2), and a text that `login-message.js` shows. */
type Refusal = readonly [status: number, error: string, description: string]

const UNREADABLE: Refusal = [
  400,
  'invalid_request',
  '只收账号与口令 / a name and a password only (grant_type=password, username, password)',
]
const NOBODY_KNOWS: Refusal = [
  503,
  'temporarily_unavailable',
  '登录目录此刻无应答，稍后再试；本地管理员不受影响 / the directory does not answer now, try again later; the local administrator gets in all the same',
]
const WRONG: Refusal = [
  403,
  'invalid_grant',
  '账号或口令不对，或无权登录 / wrong name or password, or no right to log in',
]
const WANTS: Readonly<Record<NonNullable<LoginAnswer['wants']>, Refusal>> = {
  code: [
    403,
    'invalid_grant',
    '还须动态口令：六位数字紧接在口令后面输入 / type the six digits of the one-time code right behind the password',
  ],
  'new-password': [
    403,
    'invalid_grant',
    '须先在站点的登录页 /login 改口令 / change the password on the station’s page /login first',
  ],
  role: [403, 'invalid_grant', '没有“看”或“管”的角色 / neither 看 read nor 管 configure'],
}
const MAY_READ: Refusal = [403, 'invalid_scope', '只有查看权限 / this person may only read']

function refuse(response: Response, [status, error, description]: Refusal): void {
  response.setHeader('cache-control', 'no-store')
  response.status(status).json({ error, error_description: description })
}
