import type { House } from '../core/adapter/port.ts'
import type { Login, LoginRole } from '../core/directory/people.ts'
import { Locks } from '../core/door/locks.ts'
import { asYizhanError } from '../core/errors/error.ts'
import type { EventSink } from '../core/events/event.ts'
import type { LoginAnswer } from '../core/hop/link.ts'
import type { Clock } from '../core/util/clock.ts'
import { pause } from '../core/util/pause.ts'

/** No refusal is answered sooner, so that its time does not tell whether there is such a name, milliseconds. */
const REFUSAL_MS = 500

export interface EditorLoginParts {
  /** the local administrator's, and the directory's */
  readonly login: Login
  readonly sink: EventSink
  readonly rejections: House['rejections']
  readonly clock: Clock
}

/**
 * Who may use the editor. Wrong tries are counted here, by name and source, so that no flow process that is replaced
 * forgets them, and nobody keeps the administrator out from elsewhere.
 */
export class EditorLogins {
  readonly #parts: EditorLoginParts
  readonly #locks: Locks
  /** the try under way of a name at a source: the next waits for what it counts */
  readonly #turns = new Map<string, Promise<unknown>>()

  constructor(parts: EditorLoginParts) {
    this.#parts = parts
    this.#locks = new Locks(parts.clock)
  }

  async check(name: string, password: string, source: string): Promise<LoginAnswer> {
    const turn = `${source} ${name}`
    const mine = (this.#turns.get(turn) ?? Promise.resolve()).then(() => this.#check(name, password, source))
    this.#turns.set(turn, mine)
    try {
      return await mine
    } finally {
      if (this.#turns.get(turn) === mine) this.#turns.delete(turn)
    }
  }

  async #check(name: string, password: string, source: string): Promise<LoginAnswer> {
    const waitsUntil = this.#locks.waitsUntil(name, source)
    if (waitsUntil !== undefined) {
      this.#refused(name, source, 'ACCOUNT_WAITS')
      return { waitsUntil }
    }
    const soonest = pause(REFUSAL_MS, AbortSignal.timeout(REFUSAL_MS))
    let role: LoginRole | undefined
    try {
      role = await this.#parts.login.check(name, password)
    } catch (thrown) {
      const { code } = asYizhanError(thrown)
      this.#refused(name, source, code)
      if (code !== 'DIRECTORY_LOGIN_NOT_ALLOWED') return { unknown: true }
      this.#locks.failed(name, source)
      await soonest
      return {}
    }
    if (role !== undefined) {
      this.#locks.succeeded(name, source)
      const { sink, clock } = this.#parts
      sink.emit({ code: 'login.accepted', at: clock.now(), actor: name, source, detail: role })
      return { role }
    }
    this.#locks.failed(name, source)
    this.#refused(name, source, 'UNAUTHENTICATED')
    await soonest
    return {}
  }

  #refused(name: string, source: string, error: string): void {
    const { rejections, clock } = this.#parts
    rejections.note({ code: 'login.refused', at: clock.now(), actor: name.slice(0, 64), error, source }, true)
  }
}
