import type { Request, Response } from 'express'
import { certificateOf, sourceOf } from '../../adapters/kit/http/source.ts'
import { waits } from '../../core/door/locks.ts'
import { YizhanError } from '../../core/errors/error.ts'
import type { EventSink } from '../../core/events/event.ts'
import type { StaffMember } from '../../core/people/staff-member.ts'
import type { OperatorRegister } from '../../core/people/register.ts'
import type { Clock } from '../../core/util/clock.ts'
import type { Logins } from '../people/logins.ts'
import type { StaffSession, SessionKind, Sessions } from '../people/sessions.ts'
import type { Gate } from './gate.ts'

export interface EntranceParts {
  readonly gate: Gate
  readonly logins: Logins
  readonly sessions: Sessions
  readonly register: Pick<OperatorRegister, 'byCertificate'>
  readonly sink: EventSink
  readonly clock: Clock
}

export interface Opened extends StaffSession {
  readonly token: string
  readonly caller: StaffMember
}

/** How people come in over HTTP and go: the same for the page, the API and the command line. */
export class Entrance {
  readonly #parts: EntranceParts

  constructor(parts: EntranceParts) {
    this.#parts = parts
  }

  /**
   * By name, password and code; without a name by the client certificate that the connection has shown. The session
   * that the browser had before ends.
   *
   * @throws YizhanError UNAUTHENTICATED, ACCOUNT_WAITS, TOTP_REQUIRED, LOGIN_UNKNOWN, OVERLOADED, REQUEST_FORGED
   */
  async enter(
    request: Request,
    response: Response,
    given: { readonly name?: string; readonly password?: string; readonly code?: string | undefined },
    kind: Exclude<SessionKind, 'editor'>,
  ): Promise<Opened> {
    const { gate, sessions } = this.#parts
    gate.refuseForged(request)
    const caller =
      given.name === undefined
        ? this.#byCertificate(request, kind)
        : await this.#byPassword(request, response, { ...given, name: given.name }, kind)
    const before = kind === 'browser' ? gate.cookieOf(request) : undefined
    if (before !== undefined) sessions.end(before)
    const opened = { ...sessions.open(kind, caller), caller }
    if (kind === 'browser') gate.setCookie(response, opened.token)
    return opened
  }

  leave(request: Request, response: Response): void {
    const { gate, sessions, sink, clock } = this.#parts
    const found = gate.sessionOf(request)
    if (found?.session === undefined) return
    sessions.end(found.session.token)
    if (found.session.kind === 'browser') gate.setCookie(response, undefined)
    const source = sourceOf(request)
    sink.emit({ code: 'login.ended', at: clock.now(), actor: found.caller.label, source, place: found.session.kind })
  }

  #byCertificate(request: Request, place: string): StaffMember {
    const shown = certificateOf(request)
    const caller = shown === undefined ? undefined : this.#parts.register.byCertificate(shown)
    if (caller === undefined) throw new YizhanError('UNAUTHENTICATED', { field: '客户端证书 client certificate' })
    this.#parts.logins.accepted(caller, { source: sourceOf(request), place }, '证书 certificate')
    return caller
  }

  async #byPassword(
    request: Request,
    response: Response,
    {
      name,
      password = '',
      code,
    }: { readonly name: string; readonly password?: string; readonly code?: string | undefined },
    place: string,
  ): Promise<StaffMember> {
    const { logins, clock } = this.#parts
    const outcome = await logins.check({ name, password, code, source: sourceOf(request), place })
    switch (outcome.is) {
      case 'in':
        return outcome.caller
      case 'waits':
        response.set('Retry-After', String(Math.max(1, Math.ceil((outcome.until - clock.now()) / 1000))))
        throw waits(name, outcome.until)
      case 'code-wanted':
        throw new YizhanError('TOTP_REQUIRED')
      case 'unknown':
        throw new YizhanError('LOGIN_UNKNOWN')
      case 'refused':
        throw new YizhanError('UNAUTHENTICATED', { field: name.slice(0, 64) })
    }
  }
}
