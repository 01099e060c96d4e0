import type { Answer } from '../rules/answer.ts'
import { sql } from 'kysely'
import type { MessageKind } from '../../message/schema.ts'
import { asText, build, prepare, type NoArguments, type Database } from '../statement.ts'

export interface RecipientFacts {
  readonly unit: string
  readonly role: string
  readonly state: string
  readonly at: number
  readonly by: string | null
  readonly reason: string | null
}

/** Questions about messages, documents and what happened to them. */
export class JournalQueries {
  readonly #message
  readonly #find
  readonly #document
  readonly #recipients
  readonly #unsigned
  readonly #answers
  readonly #deliveriesOf
  readonly #noticeTaken
  readonly #noticeTried
  readonly #timeline
  readonly #unread
  readonly #undecided
  readonly #releases
  readonly #subscriptions
  readonly #lastBooked
  readonly #repairs

  constructor(db: Database) {
    this.#message = prepare(db, (p: { id: string }) =>
      build.selectFrom('message').select('body').where('id', '=', p.id),
    )
    this.#find = prepare(db, (p: { text: string; kinds: string | null; max: number }) =>
      build
        .selectFrom('message')
        .select('body')
        .where('seq', 'in', (e) =>
          e
            .selectFrom('message')
            .select('seq')
            .where('id', '=', p.text)
            .union(e.selectFrom('message').select('seq').where('number', '=', p.text))
            .union(e.selectFrom('message').select('seq').where('external_id', '=', p.text)),
        )
        // `kinds` is a list between commas, or null for all
        .where((e) =>
          e.or([e(asText(p.kinds), 'is', null), e(asText(p.kinds), 'like', sql<string>`'%,' || kind || ',%'`)]),
        )
        .orderBy('seq', 'desc')
        .limit(p.max),
    )
    this.#document = prepare(db, (p: { id: string }) =>
      build
        .selectFrom('message')
        .leftJoin('document', 'document.message', 'message.id')
        .select(['message.body', 'message.kind', 'document.withdrawn_by'])
        .where('message.id', '=', p.id),
    )
    this.#recipients = prepare(db, (p: { id: string }) =>
      build
        .selectFrom('recipient')
        .select(['unit', 'role', 'state', 'at', 'by', 'reason'])
        .where('document', '=', p.id)
        .orderBy('position')
        .orderBy('unit'),
    )
    this.#unsigned = prepare(db, (p: { system: string; after: string; max: number }) =>
      build
        .selectFrom('delivery')
        .select(['id', 'message', 'unit', 'remote_id'])
        .where('unsigned', '=', sql.lit(1))
        .where('system', '=', p.system)
        .where('seq', '>', (e) =>
          e.fn.coalesce(e.selectFrom('delivery as last').select('last.seq').where('last.id', '=', p.after), e.val(0)),
        )
        .orderBy('seq')
        .limit(p.max),
    )
    // what a flow makes of an answer is none itself
    this.#answers = prepare(db, (p: { document: string; kinds: string }) =>
      build
        .selectFrom('message')
        .select('body')
        .where('subject', '=', asText(p.document))
        .where('system', '!=', sql.lit('flow'))
        .where((e) => e(asText(p.kinds), 'like', sql<string>`'%,' || kind || ',%'`))
        .orderBy('seq'),
    )
    // ids begin with the message's, and `0` follows `/`
    this.#deliveriesOf = prepare(db, (p: { from: string; to: string; system: string }) =>
      build
        .selectFrom('delivery')
        .select(['id', 'unit', 'open'])
        .where('id', '>', p.from)
        .where('id', '<', p.to)
        .where('system', '=', p.system)
        .orderBy('id'),
    )
    const lastNotice = (which: 'taken' | 'tried') =>
      prepare(db, (p: { phone: string; system: string }) =>
        build
          .selectFrom('message')
          .select('body')
          .where('seq', '=', (e) =>
            e
              .selectFrom('message as m')
              .select((f) => f.fn.max('m.seq').as('last'))
              .where('m.kind', '=', sql.lit('notice'))
              .where(sql`json_extract(m.body, '$.notice.to.phone')`, '=', p.phone)
              .where((f) =>
                f.exists(
                  f
                    .selectFrom('delivery as d')
                    .select('d.seq')
                    .where('d.id', '>', sql<string>`m.id || '/'`)
                    .where('d.id', '<', sql<string>`m.id || '0'`)
                    .where('d.system', '=', p.system)
                    .where((g) =>
                      which === 'taken'
                        ? g.or([g('d.remote_id', 'is not', null), g('d.in_doubt', '=', sql.lit(1))])
                        : g('d.attempt', '>', sql.lit(0)),
                    ),
                ),
              ),
          ),
      )
    this.#noticeTaken = lastNotice('taken')
    this.#noticeTried = lastNotice('tried')
    this.#unread = prepare(db, (p: { max: number }) =>
      build
        .selectFrom('event')
        .select('body')
        .where('code', '=', sql.lit('message.unread'))
        .orderBy('seq', 'desc')
        .limit(p.max),
    )
    // over when it was decided, or when the office has answered the citizen itself
    this.#undecided = prepare(db, (p: { max: number }) =>
      build
        .selectFrom('event as h')
        .innerJoin('message as m', 'm.id', 'h.trace')
        .select('m.body')
        .where('h.code', '=', sql.lit('petition.held'))
        .where((e) =>
          e.not(
            e.exists(
              e
                .selectFrom('event as o')
                .select('o.seq')
                .whereRef('o.trace', '=', 'h.trace')
                .where((o) =>
                  o.or([
                    o('o.code', '=', sql.lit('petition.decided')),
                    o.and([
                      o('o.code', '=', sql.lit('message.accepted')),
                      o(sql`json_extract(o.body, '$.kind')`, '=', sql.lit('reply')),
                    ]),
                  ]),
                ),
            ),
          ),
        )
        .orderBy('h.seq')
        .limit(p.max),
    )
    // what speaks about the document may have been accepted under a trace of its own
    this.#timeline = prepare(db, (p: { trace: string }) =>
      build
        .selectFrom('event')
        .select('body')
        .where('trace', 'in', (e) =>
          e
            .selectFrom('message')
            .select('trace')
            .where('subject', '=', p.trace)
            .union(e.selectFrom('message').select('trace').where('id', '=', p.trace))
            .union(build.selectNoFrom((f) => f.val(p.trace).as('trace'))),
        )
        .orderBy('seq'),
    )
    this.#subscriptions = prepare(db, (_: NoArguments) =>
      build.selectFrom('subscription').select('name').orderBy('name'),
    )
    this.#repairs = prepare(db, (p: { message: string }) =>
      build.selectFrom('repair').select(['row', 'actor', 'at', 'body']).where('message', '=', p.message).orderBy('seq'),
    )
    this.#lastBooked = prepare(db, (_: NoArguments) =>
      build
        .selectFrom('event')
        .select(['at', 'code'])
        .where('seq', '>=', (e) => e.selectFrom('event').select((m) => sql<number>`${m.fn.max('seq')} - 1`.as('seq')))
        .orderBy('seq', 'desc'),
    )
    this.#releases = prepare(db, (p: { max: number }) =>
      build.selectFrom('release').select(['revision', 'who', 'at']).orderBy('seq', 'desc').limit(p.max),
    )
  }

  async message(id: string): Promise<string | undefined> {
    return (await this.#message.get({ id }))?.body
  }

  async find(request: {
    readonly text: string
    readonly max: number
    readonly kinds?: readonly MessageKind[] | undefined
  }): Promise<string[]> {
    const kinds = request.kinds === undefined ? null : `,${request.kinds.join(',')},`
    return (await this.#find.all({ text: request.text, kinds, max: request.max })).map((row) => row.body)
  }

  async status(
    id: string,
  ): Promise<
    { readonly body: string; readonly withdrawn: boolean; readonly recipients: readonly RecipientFacts[] } | undefined
  > {
    const document = await this.#document.get({ id })
    if (document?.kind !== 'document') return undefined
    return {
      body: document.body,
      withdrawn: document.withdrawn_by !== null,
      recipients: await this.#recipients.all({ id }),
    }
  }

  async unsigned(request: {
    readonly system: string
    readonly max: number
    readonly after?: string | undefined
  }): Promise<
    { readonly row: string; readonly document: string; readonly unit: string; readonly remoteId: string | null }[]
  > {
    return (await this.#unsigned.all({ system: request.system, after: request.after ?? '', max: request.max })).map(
      (row) => ({ row: row.id, document: row.message, unit: row.unit ?? '', remoteId: row.remote_id }),
    )
  }

  async answers(request: { readonly document: string; readonly kinds: readonly MessageKind[] }): Promise<string[]> {
    return (await this.#answers.all({ document: request.document, kinds: `,${request.kinds.join(',')},` })).map(
      (row) => row.body,
    )
  }

  async deliveriesOf({
    message,
    system,
  }: {
    readonly message: string
    readonly system: string
  }): Promise<{ readonly row: string; readonly unit: string | null; readonly open: boolean }[]> {
    return (await this.#deliveriesOf.all({ from: `${message}/`, to: `${message}0`, system })).map(
      ({ id, unit, open }) => ({ row: id, unit, open: open === 1 }),
    )
  }

  async noticeTo(request: { readonly system: string; readonly phone: string }): Promise<string | undefined> {
    const asked = { system: request.system, phone: request.phone }
    // one under way is hardly on the phone yet, unless there is no other: its answer may come before its booking
    return ((await this.#noticeTaken.get(asked)) ?? (await this.#noticeTried.get(asked)))?.body
  }

  /** canonical JSON of the events */
  async timeline(trace: string): Promise<string[]> {
    return (await this.#timeline.all({ trace })).map((row) => row.body)
  }

  async subscriptions(): Promise<string[]> {
    return (await this.#subscriptions.all({})).map(({ name }) => name)
  }

  repairs(
    message: string,
  ): Answer<{ readonly row: string; readonly actor: string; readonly at: number; readonly body: string }[]> {
    return this.#repairs.all({ message })
  }

  async lastBooked(): Promise<number | undefined> {
    // that one is booked at the start, by a clock that is not held against anything yet
    return (await this.#lastBooked.all({})).find(({ code }) => code !== 'ledger.loss-accepted')?.at
  }

  /** canonical JSON of the events */
  async unread(max: number): Promise<string[]> {
    return (await this.#unread.all({ max })).map((row) => row.body)
  }

  async undecided(max: number): Promise<string[]> {
    return (await this.#undecided.all({ max })).map((row) => row.body)
  }

  releases(max: number): Answer<{ readonly revision: string; readonly who: string; readonly at: number }[]> {
    return this.#releases.all({ max })
  }
}
