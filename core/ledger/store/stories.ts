import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import { isDerived } from '../../message/ids.ts'
import type { StoryFacts } from '../../retention/rules.ts'
import type { Stories, Story, StoryMessage } from '../rules/pruning.ts'
import { build, prepare, type Database } from '../statement.ts'

/** Notices and batches are shown by nobody. */
const NOT_SHOWN: ReadonlySet<string> = new Set(['notice', 'archive-batch'])

/** The ids of what derives from a message begin with its own, and DEL follows whatever stands behind the sign. */
const derivedFrom = (id: string) => ({ from: `${id}~`, to: `${id}~\x7f` })
/** Of one message: `@` stands before a subscription, `/` before a recipient. */
export const hopsOf = (id: string) => ({ from: `${id}@`, to: `${id}A` })
export const deliveriesOf = (id: string) => ({ from: `${id}/`, to: `${id}0` })

/** Finds stories and what is to be known of them; the same for whoever asks and for whoever prunes. */
export class StoryStore implements Stories {
  readonly #one
  readonly #derived
  readonly #about
  readonly #hops
  readonly #deliveries
  readonly #recipients
  readonly #feed
  readonly #events
  readonly #undecided

  constructor(db: Database) {
    const columns = ['seq', 'id', 'kind', 'subject', 'trace', 'booked_at'] as const
    this.#one = prepare(db, (p: { id: string }) =>
      build
        .selectFrom('message')
        .select([...columns])
        .where('id', '=', p.id),
    )
    this.#derived = prepare(db, (p: Range) =>
      build
        .selectFrom('message')
        .select([...columns])
        .where('id', '>', p.from)
        .where('id', '<', p.to),
    )
    this.#about = prepare(db, (p: { subject: string }) =>
      build.selectFrom('message').select('id').where('subject', '=', p.subject),
    )
    this.#hops = prepare(db, (p: Range) =>
      build.selectFrom('hop').select(['state', 'attempt']).where('id', '>', p.from).where('id', '<', p.to),
    )
    this.#deliveries = prepare(db, (p: Range) =>
      build
        .selectFrom('delivery')
        .select(['seq', 'state', 'open', 'listed', 'unsigned', 'unit', 'created_at', 'ended_at', 'fence'])
        .where('id', '>', p.from)
        .where('id', '<', p.to),
    )
    this.#recipients = prepare(db, (p: { document: string }) =>
      build
        .selectFrom('recipient as r')
        .leftJoin('document as d', 'd.message', 'r.document')
        .select(['r.state', 'r.at', 'd.withdrawn_by', 'd.withdrawn_at'])
        .where('r.document', '=', p.document),
    )
    this.#feed = prepare(db, (p: { stream: string }) =>
      build.selectFrom('feed').select('position').where('stream', '=', p.stream),
    )
    this.#events = prepare(db, (p: { trace: string }) =>
      build
        .selectFrom('event')
        .select((e) => [e.fn.max<number | null>('seq').as('last'), e.fn.countAll<number>().as('n')])
        .where('trace', '=', p.trace),
    )
    this.#undecided = prepare(db, (p: { trace: string }) =>
      build
        .selectFrom('event')
        .select('code')
        .where('trace', '=', p.trace)
        .where((e) =>
          e.or([
            e('code', 'in', [sql.lit('petition.held'), sql.lit('petition.decided')]),
            e.and([
              e('code', '=', sql.lit('message.accepted')),
              e(sql`json_extract(body, '$.kind')`, '=', sql.lit('reply')),
            ]),
          ]),
        ),
    )
  }

  /** Whether a story begins with it: it was accepted, and speaks about nothing that is here. */
  async isRoot({ id, subject }: { readonly id: string; readonly subject: string | null }): Promise<boolean> {
    return !isDerived(id) && (subject === null || (await this.#one.get({ id: subject })) === undefined)
  }

  async story(root: string): Promise<Story | undefined> {
    const messages = await this.messages(root)
    if (messages.length === 0) return undefined
    const mark = createHash('sha256')
    const hops: StoryFacts['hops'][number][] = []
    const deliveries: StoryFacts['deliveries'][number][] = []
    const recipients: StoryFacts['recipients'][number][] = []
    const told = await this.#told()
    let lastAt = 0
    let untold = false
    for (const { id, kind, booked_at } of messages) {
      lastAt = Math.max(lastAt, booked_at)
      mark.update(`${id}\n`)
      const rows = await this.#recipients.all({ document: id })
      const withdrawn = rows.map((row) => {
        const isWithdrawn = row.withdrawn_by !== null
        recipients.push({ state: row.state, withdrawn: isWithdrawn })
        lastAt = Math.max(lastAt, row.at, row.withdrawn_at ?? 0)
        mark.update(`${row.state} ${row.at}\n`)
        return isWithdrawn
      })
      for (const row of await this.#hops.all(hopsOf(id))) {
        hops.push({ state: row.state })
        mark.update(`${row.state} ${row.attempt}\n`)
      }
      for (const row of await this.#deliveries.all(deliveriesOf(id))) {
        lastAt = Math.max(lastAt, row.created_at, row.ended_at ?? 0)
        untold ||= row.seq > told.deliveries
        deliveries.push({
          state: row.state,
          open: row.open === 1,
          listed: row.listed === 1,
          unsigned: row.unsigned !== 0,
          shown: row.unit === null && !NOT_SHOWN.has(kind) && !withdrawn.some(Boolean),
          paperless: kind === 'notice' || withdrawn.some(Boolean),
        })
        mark.update(`${row.state} ${row.listed} ${row.unsigned} ${row.ended_at ?? ''} ${row.fence}\n`)
      }
    }
    for (const trace of new Set(messages.map((message) => message.trace))) {
      const events = await this.#events.get({ trace })
      const last = events?.last ?? 0
      untold ||= last > told.events
      mark.update(`${last} ${events?.n ?? 0}\n`)
    }
    const undecided = await this.#isUndecided(root)
    return {
      facts: { root, hops, deliveries, recipients, undecided, untold, lastAt },
      messages,
      mark: mark.digest('hex'),
    }
  }

  async messages(root: string): Promise<StoryMessage[]> {
    const found: StoryMessage[] = []
    const families = [root]
    const met = new Set(families)
    for (let at = 0; at < families.length; at++) {
      const id = families[at] ?? ''
      const first = await this.#one.get({ id })
      if (first === undefined) continue
      for (const message of [first, ...(await this.#derived.all(derivedFrom(id)))]) {
        found.push(message)
        for (const about of await this.#about.all({ subject: message.id })) {
          const family = about.id.split('~', 1)[0] ?? ''
          if (met.has(family)) continue
          met.add(family)
          families.push(family)
        }
      }
    }
    return found
  }

  /** What the public feed has told; all where there is none. */
  async #told(): Promise<{ readonly deliveries: number; readonly events: number }> {
    return {
      deliveries: (await this.#feed.get({ stream: 'deliveries' }))?.position ?? Infinity,
      events: (await this.#feed.get({ stream: 'events' }))?.position ?? Infinity,
    }
  }

  /** As the list of those that wait for a decision has it. */
  async #isUndecided(trace: string): Promise<boolean> {
    const rows = await this.#undecided.all({ trace })
    const codes = rows.map(({ code }) => code)
    return codes.includes('petition.held') && codes.every((code) => code === 'petition.held')
  }
}

interface Range {
  readonly from: string
  readonly to: string
}
