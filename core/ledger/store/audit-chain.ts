import { YizhanError } from '../../errors/error.ts'
import { secretRule } from '../../config/secrets.ts'
import { EVENTS } from '../../events/catalogue.ts'
import type { EventEntry } from '../../events/entry.ts'
import type { YizhanEvent } from '../../events/event.ts'
import { canonicalEvent, genesis, linkHash } from '../audit.ts'
import type { AuditKey } from '../audit-key.ts'
import type { Chain } from '../rules/books.ts'
import type { Turn } from '../rules/turn.ts'
import { build, prepare, type Database } from '../statement.ts'
import type { ChainEnd } from '../witness.ts'

function isAudited(event: YizhanEvent): boolean {
  const entry: EventEntry = EVENTS[event.code]
  return entry.audit === true
}

interface Link {
  readonly station: string
  readonly link: number
  readonly code: string
  readonly at: number
  readonly trace: string | null
  readonly body: string
  readonly hash: string
}

/** The end of this station's chain: its new links are written before the transaction ends. */
export class AuditChain implements Chain {
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
  /** not written yet */
  #unwritten: Link[] = []

  constructor(db: Database, station: string, key?: AuditKey) {
    this.#station = station
    this.#key = key
    this.#insert = prepare(db, (p: Link) =>
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

  book(turn: Turn, event: YizhanEvent): void {
    turn.events.push(event)
    this.chain(event)
  }

  chain(event: YizhanEvent): void {
    if (!isAudited(event)) return
    const body = canonicalEvent(event)
    this.#hash = linkHash(this.#hash, body, this.#key)
    this.#links += 1
    this.#unwritten.push({
      station: this.#station,
      link: this.#links,
      code: event.code,
      at: event.at,
      trace: event.trace ?? null,
      body,
      hash: this.#hash,
    })
  }

  async write(): Promise<void> {
    const links = this.#unwritten
    this.#unwritten = []
    // in their order, and over a network not one by one
    await Promise.all(links.map(async (link) => this.#insert.run(link)))
  }

  /** Before a commit: writes down the links, and where the chain ends, once for the whole group. */
  async seal(): Promise<void> {
    if (this.#kept === this.#links) return
    await this.write()
    await this.#keepEnd.run({ station: this.#station, links: this.#links, hash: this.#hash, key: this.#keyed })
    this.#kept = this.#links
  }

  /** After a rollback, and at the start: the end as the database knows it. */
  async reload(): Promise<void> {
    this.#unwritten = []
    const end = await this.#end.get({ station: this.#station })
    this.#links = end?.links ?? 0
    this.#hash = end?.hash ?? genesis(this.#station)
    this.#keyed = end?.key ?? null
    this.#kept = this.#links
  }
}
