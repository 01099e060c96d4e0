import { hash } from 'node:crypto'
import { secretRule } from '../config/secrets.ts'
import { YizhanError } from '../errors/error.ts'
import { EVENTS } from '../events/catalogue.ts'
import type { EventEntry } from '../events/entry.ts'
import type { YizhanEvent } from '../events/event.ts'
import type { Sqlite } from './database.ts'
import { keyedHash, type AuditKey } from './audit-key.ts'
import { build, prepare } from './statement.ts'
import type { Turn } from './turn.ts'
import type { ChainEnd } from './witness.ts'

/**
 * The audit chain. Each station has one; a link is
 *
 *     hash(n) = SHA-256( hash(n-1) + "\n" + canonical JSON of the event )      in lower-case hex, UTF-8
 *
 * and begins with the genesis `SHA-256("yizhan audit chain 1\n" + station)`. Canonical JSON has its keys sorted, no
 * white space, and leaves absent fields out (RFC 8785 for the values that events have). Any `sha256sum` can check it.
 *
 * With a key (the secret `audit.key`), HMAC-SHA-256 with it takes the place of SHA-256 from the link `audit.keyed` on,
 * which names the key by its id in `detail`; that link too. Any `openssl dgst -hmac` can check it.
 */
export function genesis(station: string): string {
  return hash('sha256', `yizhan audit chain 1\n${station}`, 'hex')
}

export function linkHash(previous: string, body: string, key?: AuditKey): string {
  const text = `${previous}\n${body}`
  return key === undefined ? hash('sha256', text, 'hex') : keyedHash(key, text)
}

/** Keys in order; JSON.stringify leaves out what is undefined. */
export function canonicalEvent(e: YizhanEvent): string {
  return JSON.stringify({
    actor: e.actor,
    at: e.at,
    attempt: e.attempt,
    code: e.code,
    detail: e.detail,
    error: e.error,
    kind: e.kind,
    message: e.message,
    ms: e.ms,
    number: e.number,
    place: e.place,
    row: e.row,
    source: e.source,
    system: e.system,
    times: e.times,
    trace: e.trace,
    unit: e.unit,
  })
}

function isAudited(event: YizhanEvent): boolean {
  const entry: EventEntry = EVENTS[event.code]
  return entry.audit === true
}

/** The end of this station's chain: appends links within the current transaction. */
export class AuditChain {
  readonly #station: string
  readonly #insert
  readonly #end
  readonly #keepEnd
  readonly #key: AuditKey | undefined
  #links = 0
  #hash = ''
  /** id of the key of the last links; null: none */
  #keyed: string | null = null
  #kept = 0

  constructor(db: Sqlite, station: string, key?: AuditKey) {
    this.#station = station
    this.#key = key
    this.#insert = prepare(
      db,
      (p: {
        station: string
        link: number
        code: string
        at: number
        trace: string | null
        body: string
        hash: string
      }) =>
        build.insertInto('event').values({
          station: p.station,
          link: p.link,
          code: p.code,
          at: p.at,
          trace: p.trace,
          body: p.body,
          hash: p.hash,
        }),
    )
    this.#end = prepare(db, (p: { station: string }) =>
      build.selectFrom('chain').select(['links', 'hash', 'key']).where('station', '=', p.station),
    )
    this.#keepEnd = prepare(db, (p: { station: string; links: number; hash: string; key: string | null }) =>
      build
        .insertInto('chain')
        .values({ station: p.station, links: p.links, hash: p.hash, key: p.key })
        .onConflict((c) => c.column('station').doUpdateSet({ links: p.links, hash: p.hash, key: p.key })),
    )
    this.reload()
  }

  get end(): ChainEnd {
    return { station: this.#station, links: this.#links, hash: this.#hash }
  }

  /**
   * At the start, before anything is booked: from here on the links are made with the key in force.
   *
   * @throws YizhanError SECRET_MISSING where the chain has a key and there is none any more: links without one would
   *   break it
   */
  begin(at: number): YizhanEvent | undefined {
    const id = this.#key?.id ?? null
    if (id === this.#keyed) return undefined
    if (id === null) throw new YizhanError('SECRET_MISSING', { field: 'audit.key', rule: secretRule('audit.key') })
    this.#keyed = id
    const event: YizhanEvent = { code: 'audit.keyed', at, actor: 'station', detail: id }
    this.chain(event)
    return event
  }

  /** Books an event: returned to the caller, and chained if the catalogue says so. */
  book(turn: Turn, event: YizhanEvent): void {
    turn.events.push(event)
    this.chain(event)
  }

  chain(event: YizhanEvent): void {
    if (!isAudited(event)) return
    const body = canonicalEvent(event)
    this.#hash = linkHash(this.#hash, body, this.#key)
    this.#links += 1
    this.#insert.run({
      station: this.#station,
      link: this.#links,
      code: event.code,
      at: event.at,
      trace: event.trace ?? null,
      body,
      hash: this.#hash,
    })
  }

  /** Before a commit: writes down where the chain ends, once for the whole group. */
  seal(): void {
    if (this.#kept === this.#links) return
    this.#keepEnd.run({ station: this.#station, links: this.#links, hash: this.#hash, key: this.#keyed })
    this.#kept = this.#links
  }

  /** After a rollback, and at the start: the end as the database knows it. */
  reload(): void {
    const end = this.#end.get({ station: this.#station })
    this.#links = end?.links ?? 0
    this.#hash = end?.hash ?? genesis(this.#station)
    this.#keyed = end?.key ?? null
    this.#kept = this.#links
  }
}
