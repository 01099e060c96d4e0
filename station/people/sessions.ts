import { hash, randomBytes } from 'node:crypto'
import type { PeopleConfig } from '../../core/config/people.ts'
import type { StaffMember } from '../../core/people/staff-member.ts'
import type { Clock } from '../../core/util/clock.ts'

/** What holds a session: a browser by its cookie, a command line by its token, the editor by Node-RED's own. */
export type SessionKind = 'browser' | 'command' | 'editor'

/** Of one person at once; the oldest ends. */
const MOST_EACH = 20
const MINUTE_MS = 60_000

export interface StaffSession {
  readonly kind: SessionKind
  readonly person: string
  /** to be shown with every change that a browser's cookie asks for */
  readonly csrf: string
  /** ms since 1970 */
  readonly until: number
}

interface Kept extends StaffSession {
  usedAt: number
  readonly caller: StaffMember
}

export interface SessionsParts {
  readonly rules: () => PeopleConfig
  readonly clock: Clock
  /** somebody who came in a while ago, as he may be now; undefined: not any more */
  readonly stillIn: (caller: StaffMember) => StaffMember | undefined
}

/**
 * Who is logged in. Kept in memory only, by a digest of the token: a restart logs everybody out, and no file holds what
 * somebody could use. Whoever is locked, removed or changed is looked at anew with each request.
 */
export class Sessions {
  readonly #parts: SessionsParts
  readonly #kept = new Map<string, Kept>()
  readonly #listeners = new Set<(person: string) => void>()

  constructor(parts: SessionsParts) {
    this.#parts = parts
  }

  open(kind: SessionKind, caller: StaffMember): { readonly token: string } & StaffSession {
    const token = `yz_${randomBytes(32).toString('base64url')}`
    const now = this.#parts.clock.now()
    const person = caller.id
    const until = now + this.#parts.rules().sessionHours * 60 * MINUTE_MS
    const session = { kind, person, csrf: randomBytes(24).toString('base64url'), until }
    const mine = [...this.#kept].filter(([, one]) => one.person === person)
    for (const [key] of mine.slice(0, Math.max(0, mine.length + 1 - MOST_EACH))) this.#kept.delete(key)
    this.#kept.set(keyOf(token), { ...session, usedAt: now, caller })
    return { token, ...session }
  }

  /** Undefined once it has ended. Being found is being used. */
  find(token: string): { readonly session: StaffSession; readonly caller: StaffMember } | undefined {
    return this.#use(keyOf(token))
  }

  /** The same without being used: whoever only looks on is idle. */
  holds(token: string): StaffMember | undefined {
    const kept = this.#kept.get(keyOf(token))
    return kept === undefined || this.#isOver(kept) ? undefined : this.#parts.stillIn(kept.caller)
  }

  /** Whoever has logged in to the editor; its tokens are Node-RED's own, so that it goes by the name. */
  inEditor(person: string): StaffMember | undefined {
    for (const [key, kept] of this.#kept) {
      const found = kept.kind === 'editor' && kept.person === person ? this.#use(key) : undefined
      if (found !== undefined) return found.caller
    }
    return undefined
  }

  #use(key: string): { readonly session: StaffSession; readonly caller: StaffMember } | undefined {
    const kept = this.#kept.get(key)
    if (kept === undefined) return undefined
    const caller = this.#isOver(kept) ? undefined : this.#parts.stillIn(kept.caller)
    if (caller === undefined) {
      this.#kept.delete(key)
      return undefined
    }
    kept.usedAt = this.#parts.clock.now()
    return { session: kept, caller }
  }

  #isOver({ usedAt, until }: Kept): boolean {
    const now = this.#parts.clock.now()
    return now - usedAt > this.#parts.rules().idleMinutes * MINUTE_MS || now > until
  }

  end(token: string): StaffSession | undefined {
    const key = keyOf(token)
    const kept = this.#kept.get(key)
    this.#kept.delete(key)
    if (kept !== undefined) this.#tell(kept.person)
    return kept
  }

  /** All of a person, but the one that is given. */
  endAll(person: string, but?: string): void {
    const kept = but === undefined ? undefined : keyOf(but)
    for (const [key, one] of this.#kept) if (one.person === person && key !== kept) this.#kept.delete(key)
    this.#tell(person)
  }

  /** Told of a person of whom a session has ended, or whose rights are others now. */
  onChange(listener: (person: string) => void): void {
    this.#listeners.add(listener)
  }

  changed(person: string): void {
    this.#tell(person)
  }

  #tell(person: string): void {
    for (const listener of this.#listeners) listener(person)
  }
}

function keyOf(token: string): string {
  return hash('sha256', token, 'base64url')
}
