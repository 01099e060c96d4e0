import type { House } from '../../core/adapter/port.ts'
import { Locks } from '../../core/door/locks.ts'
import { asYizhanError, YizhanError } from '../../core/errors/error.ts'
import type { EventSink } from '../../core/events/event.ts'
import type { StaffMember, LoginVerdict } from '../../core/people/staff-member.ts'
import type { Clock } from '../../core/util/clock.ts'
import { pause } from '../../core/util/pause.ts'

/** No refusal is answered sooner, so that its time does not tell whether there is such a name, milliseconds. */
const REFUSAL_MS = 500
/** Passwords that are looked at together, each a fifth of a second of a processor; more are told to come back. */
const MOST_AT_ONCE = 40

/** Whoever knows names and passwords. @throws YizhanError DIRECTORY_LOGIN_NOT_ALLOWED, SYSTEM_UNREACHABLE … */
export type PasswordCheck = (name: string, password: string, code: string | undefined) => Promise<LoginVerdict>

export interface LoginsParts {
  readonly check: PasswordCheck
  readonly sink: EventSink
  readonly rejections: Pick<House['rejections'], 'note'>
  readonly clock: Clock
}

export interface LoginTry {
  readonly name: string
  readonly password: string
  /** one-time code, or a recovery code */
  readonly code?: string | undefined
  readonly source: string
  /** for whom: `editor`, `browser`, `command` */
  readonly place: string
}

export type LoginOutcome =
  | { readonly is: 'in'; readonly caller: StaffMember }
  | { readonly is: 'code-wanted' | 'refused' | 'unknown' }
  /** no try of this name from there counts before, ms since 1970 */
  | { readonly is: 'waits'; readonly until: number }

/**
 * Every login of a person, whether at the editor, in a browser or on a command line. Wrong tries are counted by name
 * and source, so that nobody keeps an administrator out from elsewhere; each is an event.
 */
export class Logins {
  readonly #parts: LoginsParts
  readonly #locks: Locks
  /** the try under way of a name at a source: the next waits for what it counts */
  readonly #turns = new Map<string, Promise<unknown>>()
  #underWay = 0

  constructor(parts: LoginsParts) {
    this.#parts = parts
    this.#locks = new Locks(parts.clock)
  }

  /** @throws YizhanError OVERLOADED where too many try at once */
  async check(tried: LoginTry): Promise<LoginOutcome> {
    if (this.#underWay >= MOST_AT_ONCE)
      throw new YizhanError('OVERLOADED', { rule: `同时登录 logins at once ${MOST_AT_ONCE}` })
    const turn = `${tried.source} ${tried.name}`
    const mine = (this.#turns.get(turn) ?? Promise.resolve()).then(() => this.#check(tried))
    this.#turns.set(turn, mine)
    this.#underWay++
    try {
      return await mine
    } finally {
      this.#underWay--
      if (this.#turns.get(turn) === mine) this.#turns.delete(turn)
    }
  }

  /** Of a person whose password is another now: whoever waits for having tried the one before need not. */
  forget(name: string): void {
    this.#locks.forget(name)
  }

  /** In without a password, such as by a certificate. */
  accepted(caller: StaffMember, { source, place }: Pick<LoginTry, 'source' | 'place'>, how?: string): void {
    const { sink, clock } = this.#parts
    const detail = [caller.roles.join(' '), how].filter((part) => part !== undefined && part !== '').join(', ')
    sink.emit({ code: 'login.accepted', at: clock.now(), actor: caller.label, source, place, detail })
  }

  async #check(tried: LoginTry): Promise<LoginOutcome> {
    const { name, password, code, source } = tried
    const waitsUntil = this.#locks.waitsUntil(name, source)
    if (waitsUntil !== undefined) {
      this.#refused(tried, 'ACCOUNT_WAITS')
      return { is: 'waits', until: waitsUntil }
    }
    const soonest = pause(REFUSAL_MS, AbortSignal.timeout(REFUSAL_MS))
    let verdict: LoginVerdict
    try {
      verdict = await this.#parts.check(name, password, code)
    } catch (thrown) {
      const { code: error } = asYizhanError(thrown)
      this.#refused(tried, error)
      if (error !== 'DIRECTORY_LOGIN_NOT_ALLOWED') return { is: 'unknown' }
      this.#failed(tried)
      await soonest
      return { is: 'refused' }
    }
    if (verdict.is === 'code-wanted') return verdict
    if (verdict.is === 'right') {
      this.#locks.succeeded(name, source)
      this.#admitted(tried, verdict)
      return { is: 'in', caller: verdict.caller }
    }
    this.#refused(tried, 'UNAUTHENTICATED', verdict)
    this.#failed(tried, verdict.label)
    await soonest
    return { is: 'refused' }
  }

  #admitted(tried: LoginTry, { caller, note, codesLeft }: LoginVerdict & { readonly is: 'right' }): void {
    if (note !== undefined) {
      const detail = `剩余 left: ${codesLeft}`
      this.#parts.sink.emit({
        code: 'person.recovery-used',
        at: this.#parts.clock.now(),
        actor: caller.label,
        source: tried.source,
        detail,
      })
    }
    this.accepted(caller, tried)
  }

  /** The first try that brings a wait is told by itself. */
  #failed({ name, source, place }: LoginTry, label?: string): void {
    this.#locks.failed(name, source)
    const until = this.#locks.waitsUntil(name, source)
    if (until === undefined) return
    const { rejections, clock } = this.#parts
    const detail = `至 until ${new Date(until).toISOString()}`
    rejections.note(
      { code: 'login.locked-out', at: clock.now(), actor: label ?? strange(name), source, place, detail },
      false,
    )
  }

  #refused({ name, source, place }: LoginTry, error: string, why: { label?: string; why?: string } = {}): void {
    const { rejections, clock } = this.#parts
    const actor = why.label ?? strange(name)
    rejections.note({ code: 'login.refused', at: clock.now(), actor, error, source, place, detail: why.why }, true)
  }
}

/** What does not look like a login name may be a password that was typed in the wrong field. */
function strange(name: string): string {
  if (/^[a-z][\w.-]{0,31}$/i.test(name)) return name
  const characters = Array.from(name.slice(0, 64))
  return characters.length <= 2 ? '***' : `${characters[0] ?? ''}***`
}
