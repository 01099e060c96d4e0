import type { Answer } from '../rules/answer.ts'
import { sql } from 'kysely'
import type { RetentionPolicy } from '../../config/retention.ts'
import { DAY_MS, prunableAt, judgeStory, LEVELS, type Level, type Stays } from '../../retention/rules.ts'
import { genesis } from '../audit.ts'
import type { Row, Survey } from '../port-retention.ts'
import { LinkRunStore } from '../store/pruned-links.ts'
import { asNumber, build, prepare, type NoArguments, type Database } from '../statement.ts'
import { deliveriesOf, hopsOf, StoryStore } from '../store/stories.ts'
import { BodyUseStore } from '../store/body-uses.ts'

interface Range {
  readonly from: string
  readonly to: string
}

/** A story's rows as they are archived; messages as their JSON. */
export interface StoryRows {
  readonly messages: readonly string[]
  readonly documents: readonly Row[]
  readonly recipients: readonly Row[]
  readonly hops: readonly Row[]
  readonly deliveries: readonly Row[]
  readonly repairs: readonly Row[]
  readonly events: readonly Row[]
  readonly raws: readonly string[]
  readonly digests: readonly string[]
}

export interface RetentionFacts {
  readonly reached: Readonly<Partial<Record<Level, number>>>
  readonly stays: Readonly<Record<string, Readonly<Partial<Record<Stays, number>>>>>
  readonly underWay: number
  readonly prunedLinks: number
  readonly freeBytes: number
  readonly ledgerBytes: number
  readonly batch: string | undefined
}

/** So many messages at a time are passed while a story is looked for. */
const PAGE = 500

/** What retention asks; it changes nothing. */
export class RetentionQueries {
  readonly #db: Database
  readonly #stories: StoryStore
  readonly #uses: BodyUseStore
  readonly #live
  readonly #value
  readonly #due
  readonly #next
  readonly #stays
  readonly #underWay
  readonly #bookedAt
  readonly #runs
  readonly #body
  readonly #documents
  readonly #recipients
  readonly #hops
  readonly #deliveries
  readonly #repairs
  readonly #raw
  readonly #held
  readonly #events
  readonly #before
  readonly #links: LinkRunStore

  constructor(db: Database) {
    this.#db = db
    this.#stories = new StoryStore(db)
    this.#uses = new BodyUseStore(db)
    this.#live = (['content', 'raw'] as const).map((table) =>
      prepare(db, (p: { volume: number }) =>
        build
          .selectFrom(table)
          .select((e) => e.fn.sum<number | null>('size').as('bytes'))
          .where('volume', '=', p.volume)
          .where('volume', 'is not', null),
      ),
    )
    this.#links = new LinkRunStore(db)
    this.#value = prepare(db, (p: { name: string }) =>
      build.selectFrom('retention').select('value').where('name', '=', p.name),
    )
    this.#due = prepare(db, (p: { level: string; now: number; max: number }) =>
      build
        .selectFrom('retention_later')
        .select('story')
        .where('level', '=', p.level)
        .where('due', '<=', asNumber(p.now))
        .orderBy('due')
        .limit(p.max),
    )
    this.#next = prepare(db, (p: { after: number; max: number }) =>
      build
        .selectFrom('message')
        .select(['seq', 'id', 'subject', 'booked_at'])
        .where('seq', '>', asNumber(p.after))
        .orderBy('seq')
        .limit(p.max),
    )
    this.#stays = prepare(db, (p: { now: number }) =>
      build
        .selectFrom('retention_later')
        .select((e) => ['level', 'stays', e.fn.countAll<number>().as('n')])
        .where(
          'level',
          'in',
          LEVELS.map((level) => sql.lit(level)),
        )
        .where('stays', 'is not', null)
        .where('due', '<=', sql<number>`${asNumber(p.now)} + ${sql.lit(2 * DAY_MS)}`)
        .groupBy(['level', 'stays']),
    )
    this.#underWay = prepare(db, (_: NoArguments) =>
      build.selectFrom('pruning').select((e) => e.fn.countAll<number>().as('n')),
    )
    this.#bookedAt = prepare(db, (p: { seq: number }) =>
      build.selectFrom('message').select('booked_at').where('seq', '<=', p.seq).orderBy('seq', 'desc').limit(1),
    )
    this.#runs = prepare(db, (_: NoArguments) =>
      build.selectFrom('pruned_links').select((e) => e.fn.max('last').as('last')),
    )
    this.#body = prepare(db, (p: { seq: number }) =>
      build.selectFrom('message').select('body').where('seq', '=', p.seq),
    )
    this.#documents = prepare(db, (p: { id: string }) =>
      build.selectFrom('document').selectAll().where('message', '=', p.id),
    )
    this.#recipients = prepare(db, (p: { id: string }) =>
      build.selectFrom('recipient').selectAll().where('document', '=', p.id),
    )
    this.#hops = prepare(db, (p: Range) =>
      build.selectFrom('hop').selectAll().where('id', '>', p.from).where('id', '<', p.to),
    )
    this.#deliveries = prepare(db, (p: Range) =>
      build.selectFrom('delivery').selectAll().where('id', '>', p.from).where('id', '<', p.to),
    )
    this.#repairs = prepare(db, (p: { id: string }) =>
      build.selectFrom('repair').selectAll().where('message', '=', p.id),
    )
    this.#raw = prepare(db, (p: { id: string }) =>
      build.selectFrom('raw').select('message').where('message', '=', p.id),
    )
    this.#held = prepare(db, (p: { digest: string }) =>
      build.selectFrom('content').select('size').where('digest', '=', p.digest),
    )
    this.#events = prepare(db, (p: { trace: string }) =>
      build
        .selectFrom('event')
        .select(['seq', 'station', 'link', 'at', 'code', 'body', 'hash'])
        .where('trace', '=', p.trace)
        .orderBy('seq'),
    )
    // the link before stands before it, with those of other stations between
    this.#before = prepare(db, (p: { station: string; link: number; seq: number }) =>
      build
        .selectFrom('event')
        .select('hash')
        .where('seq', '<', p.seq)
        .where('seq', '>=', sql<number>`${asNumber(p.seq)} - 64`)
        .where('station', '=', p.station)
        .where('link', '=', p.link),
    )
  }

  async survey({
    level,
    policy,
    now,
    max,
    from,
  }: {
    readonly level: Level
    readonly policy: RetentionPolicy
    readonly now: number
    readonly max: number
    readonly from?: number | undefined
  }): Promise<Survey> {
    const going: Survey['going'][number][] = []
    const again: Survey['again'][number][] = []
    const gone: string[] = []
    const look = async (root: string): Promise<void> => {
      const story = await this.#stories.story(root)
      if (story === undefined) return void gone.push(root)
      const verdict = judgeStory(level, story.facts, policy, now)
      const at = Math.min(...story.messages.map(({ booked_at }) => booked_at))
      if (verdict.goes) going.push({ root, mark: story.mark, at })
      else again.push({ root, due: verdict.again, stays: verdict.stays })
    }
    const due = from === undefined ? await this.#due.all({ level, now, max }) : []
    for (const { story } of due) await look(story)
    let position = from ?? Number((await this.#value.get({ name: level }))?.value ?? 0)
    const oldest = prunableAt(level, { lastAt: 0 }, policy)
    for (let looked = due.length; looked < max;) {
      const page = await this.#next.all({ after: position, max: PAGE })
      for (const message of page) {
        // whoever is not old enough by its acceptance is not by anything later
        if (message.booked_at + oldest > now) return { going, again, gone, position, finished: true }
        if (await this.#stories.isRoot(message)) {
          if (looked >= max) return { going, again, gone, position, finished: false }
          await look(message.id)
          looked += 1
        }
        position = message.seq
      }
      if (page.length < PAGE) return { going, again, gone, position, finished: true }
    }
    return { going, again, gone, position, finished: false }
  }

  async record({ root, level }: { readonly root: string; readonly level: Level }): Promise<StoryRows> {
    const messages = await this.#stories.messages(root)
    const of = async (read: (id: string) => Answer<readonly object[]>): Promise<Row[]> => {
      const rows: Row[] = []
      for (const { id } of messages) rows.push(...((await read(id)) as readonly Row[]))
      return rows
    }
    const bodies: string[] = []
    const raws: string[] = []
    const digests = new Set<string>()
    for (const { id, seq } of messages) {
      bodies.push((await this.#body.get({ seq }))?.body ?? '{}')
      if ((await this.#raw.get({ id })) !== undefined) raws.push(id)
      if (level !== 'raw')
        for (const digest of await this.#uses.namedBy(seq))
          if ((await this.#held.get({ digest })) !== undefined) digests.add(digest)
    }
    const events: Row[] = []
    for (const trace of new Set(messages.map((message) => message.trace))) events.push(...(await this.#eventsOf(trace)))
    return {
      messages: bodies,
      documents: await of((id) => this.#documents.all({ id })),
      recipients: await of((id) => this.#recipients.all({ id })),
      hops: await of((id) => this.#hops.all(hopsOf(id))),
      deliveries: await of((id) => this.#deliveries.all(deliveriesOf(id))),
      repairs: await of((id) => this.#repairs.all({ id })),
      events,
      raws,
      digests: [...digests],
    }
  }

  async facts(now: number): Promise<RetentionFacts> {
    const reached: Partial<Record<Level, number>> = {}
    for (const level of LEVELS) {
      const seq = (await this.#value.get({ name: level }))?.value
      const at = seq === undefined ? undefined : (await this.#bookedAt.get({ seq: Number(seq) }))?.booked_at
      if (at !== undefined) reached[level] = at
    }
    const stays: Record<string, Partial<Record<Stays, number>>> = {}
    for (const row of await this.#stays.all({ now })) (stays[row.level] ??= {})[row.stays as Stays] = row.n
    const space = await this.#db.space.bytes()
    return {
      reached,
      stays,
      underWay: (await this.#underWay.get({}))?.n ?? 0,
      prunedLinks: (await this.#runs.get({}))?.last ?? 0,
      freeBytes: space.free,
      ledgerBytes: space.all,
      batch: (await this.#value.get({ name: 'batch' }))?.value,
    }
  }

  /** Bytes of a volume that rows name. */
  async live(volume: number): Promise<number> {
    let bytes = 0
    for (const each of this.#live) bytes += (await each.get({ volume }))?.bytes ?? 0
    return bytes
  }

  async #eventsOf(trace: string): Promise<Row[]> {
    const rows: Row[] = []
    for (const { seq, ...event } of await this.#events.all({ trace })) {
      const { station, link } = event
      const previous =
        link === 1
          ? genesis(station)
          : ((await this.#before.get({ station, link: link - 1, seq }))?.hash ??
            (await this.#links.hashOf(station, link - 1)) ??
            null)
      rows.push({ ...event, previous })
    }
    return rows
  }
}
