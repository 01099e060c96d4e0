import type { IncomingMessage } from 'node:http'
import type { Request, RequestHandler, Response } from 'express'
import { sourceOf } from '../../adapters/kit/http/source.ts'
import type { House } from '../../core/adapter/port.ts'
import { YizhanError } from '../../core/errors/error.ts'
import type { EventSink } from '../../core/events/event.ts'
import type { StaffMember } from '../../core/people/staff-member.ts'
import type { OperatorRegister } from '../../core/people/register.ts'
import { mayDo, OPERATOR_ROLES, rolesFor, type Right } from '../../core/people/roles.ts'
import type { Clock } from '../../core/util/clock.ts'
import { isOneOf, sameSecret } from '../../core/util/same-secret.ts'
import type { StaffSession, Sessions } from '../people/sessions.ts'

/** What a route asks of whoever calls it: nothing; that somebody is logged in; a right. */
export type RouteRight = 'anyone' | 'logged-in' | Right

export interface GateParts {
  readonly register: Pick<OperatorRegister, 'isEmpty' | 'byOsUser'>
  readonly sessions: Pick<Sessions, 'find' | 'holds'>
  /** in force: `admin.token` for emergencies, and for all where there are no people; `metrics.token` */
  readonly tokens: (name: 'admin.token' | 'metrics.token') => readonly string[]
  /** stands in station.json, for whoever may read the data folder */
  readonly localToken: string
  /** the session's cookie goes over TLS only */
  readonly isSecure: () => boolean
  readonly rejections: Pick<House['rejections'], 'note'>
  readonly sink: EventSink
  readonly clock: Clock
}

interface Passed {
  readonly caller: StaffMember
  readonly session?: { readonly token: string } & StaffSession
  /** absent: by roles */
  readonly rights?: readonly Right[]
}

/** Header of a command: the user of the operating system who gave it. */
const USER_HEADER = 'x-yizhan-user'
const REASON_HEADER = 'x-yizhan-reason'
const CSRF_HEADER = 'x-yizhan-csrf'

/**
 * Who calls, and whether they may. A person by a session (a browser's cookie, a command's bearer token), or as the
 * user of the operating system that they are there; a machine that reads metrics; the emergency token, which alarms.
 */
export class Gate {
  readonly #parts: GateParts
  readonly #passed = new WeakMap<IncomingMessage, Passed>()

  constructor(parts: GateParts) {
    this.#parts = parts
  }

  /** Lets pass whoever may. @throws YizhanError UNAUTHENTICATED, ROLE_MISSING, PASSWORD_CHANGE_FIRST, REQUEST_FORGED */
  needs(right: RouteRight): RequestHandler {
    return (request, _response, next) => {
      if (right === 'anyone') {
        next()
        return
      }
      const passed = this.#passed.get(request) ?? this.#recognise(request)
      if (passed === undefined) throw this.#stranger(request)
      this.#passed.set(request, passed)
      if (right !== 'logged-in') this.require(request, right)
      next()
    }
  }

  /** A right more than the route asks for. @throws YizhanError ROLE_MISSING, PASSWORD_CHANGE_FIRST */
  require(request: Request, right: Right): void {
    const caller = this.callerOf(request)
    if (caller.mustChange === true) throw new YizhanError('PASSWORD_CHANGE_FIRST', { value: caller.label })
    const rights = this.#passed.get(request)?.rights
    if (!(rights?.includes(right) ?? mayDo(caller.roles, right))) throw this.#denied(request, caller, right)
  }

  /** Whether a request that was let pass a while ago and goes on would be now; it counts as no use of its session. */
  stillMay(request: Request, right: Right): boolean {
    const passed = this.#passed.get(request)
    if (passed?.session === undefined) return passed !== undefined
    const caller = this.#parts.sessions.holds(passed.session.token)
    return caller !== undefined && mayDo(caller.roles, right)
  }

  /** Of a request that was let pass. */
  callerOf(request: Request): StaffMember {
    const passed = this.#passed.get(request)
    if (passed === undefined) throw new YizhanError('UNAUTHENTICATED', { field: 'Authorization' })
    return passed.caller
  }

  /** Who acts, for the audit: the person; where there are no people yet, who the command line says it is. */
  actorOf(request: Request, said: string | undefined): string {
    const { label } = this.callerOf(request)
    if (label !== '') return label
    if (said === undefined || said === '')
      throw new YizhanError('FIELD_INVALID', { field: 'actor', value: '', rule: '必填 / required' })
    return said
  }

  /** The session by which a request came; undefined: by none. Looks itself where the route asks for nobody. */
  sessionOf(request: Request): Passed | undefined {
    const passed = this.#passed.get(request) ?? this.#bySession(request)
    return passed?.session === undefined ? undefined : passed
  }

  /** The token of the browser's session, whether it holds or not. */
  cookieOf(request: Request): string | undefined {
    return cookieIn(request.headers.cookie ?? '', this.#cookieName)
  }

  /** @throws YizhanError REQUEST_FORGED for what another site's page has sent */
  refuseForged(request: Request): void {
    const site = request.headers['sec-fetch-site']
    const { origin, host } = request.headers
    const isOther = site !== undefined ? site !== 'same-origin' && site !== 'none' : isOtherHost(origin, host)
    if (isOther) throw new YizhanError('REQUEST_FORGED', { field: 'Origin', value: origin ?? site?.toString() })
  }

  /** @param token undefined: takes it away */
  setCookie(response: Response, token: string | undefined): void {
    response.cookie(this.#cookieName, token ?? '', {
      path: '/',
      httpOnly: true,
      sameSite: 'strict',
      secure: this.#parts.isSecure(),
      ...(token === undefined ? { expires: new Date(0) } : {}),
    })
  }

  /** RFC 6265bis, 4.1.3.2: no other host can have set one with this prefix. */
  get #cookieName(): string {
    return this.#parts.isSecure() ? '__Host-yizhan' : 'yizhan'
  }

  #recognise(request: Request): Passed | undefined {
    const [scheme = '', token = ''] = (request.headers.authorization ?? '').split(' ', 2)
    const { tokens, register } = this.#parts
    switch (scheme.toLowerCase()) {
      case '':
        return this.#bySession(request)
      case 'bearer':
        if (register.isEmpty && isOneOf(token, tokens('admin.token')))
          return { caller: { by: 'shared', id: '', label: '', roles: OPERATOR_ROLES } }
        if (isOneOf(token, tokens('metrics.token')))
          return { caller: { by: 'shared', id: '', label: 'metrics.token', roles: [] }, rights: ['metrics'] }
        return this.#ofSession(token)
      case 'local':
        return sameSecret(token, this.#parts.localToken) ? this.#local(headerText(request, USER_HEADER)) : undefined
      case 'breakglass':
        return isOneOf(token, tokens('admin.token')) ? this.#emergency(request) : undefined
      default:
        return undefined
    }
  }

  #local(user: string): Passed | undefined {
    const { register } = this.#parts
    if (register.isEmpty) return { caller: { by: 'shared', id: '', label: '', roles: OPERATOR_ROLES } }
    const caller = register.byOsUser(user)
    return caller === undefined ? undefined : { caller }
  }

  #emergency(request: Request): Passed {
    const { sink, clock } = this.#parts
    const label = `break-glass (${headerText(request, USER_HEADER) || '?'})`
    const reason = headerText(request, REASON_HEADER) || '—'
    sink.emit({
      code: 'people.break-glass',
      at: clock.now(),
      actor: label,
      source: sourceOf(request),
      place: `${request.method} ${request.baseUrl}${request.path}`,
      detail: reason,
    })
    return { caller: { by: 'shared', id: '', label, roles: OPERATOR_ROLES } }
  }

  #bySession(request: Request): Passed | undefined {
    const token = this.cookieOf(request)
    const passed = token === undefined ? undefined : this.#ofSession(token)
    if (passed === undefined || request.method === 'GET' || request.method === 'HEAD') return passed
    this.refuseForged(request)
    const body: unknown = request.body
    const inForm = typeof body === 'object' && body !== null && 'csrf' in body ? String(body.csrf) : ''
    const shown = headerText(request, CSRF_HEADER) || inForm
    if (!sameSecret(shown, passed.session?.csrf ?? '')) throw new YizhanError('REQUEST_FORGED', { field: CSRF_HEADER })
    return passed
  }

  #ofSession(token: string): Passed | undefined {
    const found = this.#parts.sessions.find(token)
    if (found === undefined || found.session.kind === 'editor') return undefined
    return { caller: found.caller, session: { token, ...found.session } }
  }

  #stranger(request: Request): YizhanError {
    const error = new YizhanError('UNAUTHENTICATED', { field: 'Authorization' })
    const { rejections, clock, register, tokens } = this.#parts
    const given = request.headers.authorization
    const isShared = !register.isEmpty && isOneOf((given ?? '').replace(/^bearer /i, ''), tokens('admin.token'))
    rejections.note(
      {
        code: 'account.rejected',
        at: clock.now(),
        actor: 'admin',
        error: error.code,
        source: sourceOf(request),
        detail: request.baseUrl === '' ? request.path : request.baseUrl,
      },
      given !== undefined && !isShared,
    )
    return isShared ? new YizhanError('SHARED_TOKEN_REFUSED', { field: 'admin.token' }) : error
  }

  #denied(request: Request, { label }: StaffMember, right: Right): YizhanError {
    const { rejections, clock } = this.#parts
    const place = `${request.method} ${request.baseUrl}${request.path}`
    rejections.note(
      { code: 'person.denied', at: clock.now(), actor: label, source: sourceOf(request), place, error: 'ROLE_MISSING' },
      false,
    )
    return new YizhanError('ROLE_MISSING', { value: label, rule: rolesFor(right) })
  }
}

function headerText(request: Request, name: string): string {
  const value = request.headers[name]
  if (typeof value !== 'string') return ''
  try {
    // Headers are Latin-1: names in Chinese come percent-encoded.
    return decodeURIComponent(value).slice(0, 200)
  } catch {
    return value.slice(0, 200)
  }
}

function cookieIn(header: string, name: string): string | undefined {
  const pair = header.split(';').find((one) => one.trim().startsWith(`${name}=`))
  const value = pair?.slice(pair.indexOf('=') + 1).trim()
  return value === '' ? undefined : value
}

function isOtherHost(origin: string | undefined, host: string | undefined): boolean {
  return origin !== undefined && URL.parse(origin)?.host !== host
}
