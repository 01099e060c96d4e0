import type { Answer } from '../rules/answer.ts'
import type { MadeUnder, Messages } from '../rules/stores.ts'
import { sql } from 'kysely'
import { Recent, textBytes } from '../../util/recent.ts'
import { build, prepare, type Database } from '../statement.ts'
import { isDerived } from '../../message/ids.ts'
import type { DoubtfulStore } from './doubtful.ts'
import type { StoredMessage } from '../stored.ts'

/** Recent messages are kept in memory up to this many bytes: what was accepted is claimed and booked soon after. */
const RECENT_BYTES = 32 * 1024 * 1024

/** The table of messages, with recent ones in memory. */
export class MessageStore implements Messages {
  readonly #insert
  readonly #select
  readonly #withdrawals
  readonly #recent = new Recent<StoredMessage>(RECENT_BYTES, ({ body }) => textBytes(body))

  readonly #doubtful: DoubtfulStore

  constructor(db: Database, doubtful: DoubtfulStore) {
    this.#doubtful = doubtful
    this.#insert = prepare(
      db,
      (
        p: Record<Exclude<keyof StoredMessage, 'rank' | NullableColumn>, string> &
          Record<NullableColumn, string | null> & {
            rank: number
            at: number
            profile: string | null
            directory: string | null
            flows: string | null
          },
      ) =>
        build
          .insertInto('message')
          .values({
            id: p.id,
            trace: p.trace,
            parent: p.parent,
            kind: p.kind,
            schema: p.schema,
            number: p.number,
            external_id: p.external_id,
            system: p.system,
            from_unit: p.from_unit,
            subject: p.subject,
            direction: p.direction,
            rank: p.rank,
            must_not_reach: p.must_not_reach,
            booked_at: p.at,
            profile_revision: p.profile,
            directory_revision: p.directory,
            flows_revision: p.flows,
            body: p.body,
          })
          .onConflict((c) => c.column('id').doNothing()),
    )
    this.#select = prepare(db, (p: { id: string }) =>
      build
        .selectFrom('message')
        .select([
          'id',
          'trace',
          'parent',
          'kind',
          'schema',
          'number',
          'external_id',
          'system',
          'from_unit',
          'subject',
          'direction',
          'rank',
          'must_not_reach',
          'body',
        ])
        .where('id', '=', p.id),
    )
    this.#withdrawals = prepare(db, (p: { document: string }) =>
      build
        .selectFrom('message')
        .select('id')
        .where('subject', '=', p.document)
        .where('kind', '=', sql.lit('withdrawal')),
    )
  }

  async insert(message: StoredMessage, at: number, under: MadeUnder): Promise<boolean> {
    const made =
      (await this.#insert.run({
        ...message,
        at,
        profile: under.profile,
        directory: under.directory,
        flows: under.flows,
      })) === 1
    if (made) this.#recent.set(message.id, message)
    if (made && message.parent !== null && isDerived(message.id) && this.#doubtful.has(message.parent))
      await this.#doubtful.add(message.id)
    return made
  }

  get(id: string): Answer<StoredMessage | undefined> {
    return this.#recent.get(id) ?? this.#read(id)
  }

  need(id: string): Answer<StoredMessage> {
    return this.#recent.get(id) ?? this.#needed(id)
  }

  async withdrawalsOf(document: string): Promise<string[]> {
    return (await this.#withdrawals.all({ document })).map((row) => row.id)
  }

  async #read(id: string): Promise<StoredMessage | undefined> {
    const found = await this.#select.get({ id })
    if (found !== undefined) this.#recent.set(id, found)
    return found
  }

  async #needed(id: string): Promise<StoredMessage> {
    const found = await this.#read(id)
    if (found === undefined) throw new Error(`no message ${id}`)
    return found
  }

  /** After a rollback: what was kept may not be there. */
  forget(): void {
    this.#recent.clear()
  }
}

type NullableColumn = 'parent' | 'number' | 'external_id' | 'from_unit' | 'subject' | 'direction' | 'must_not_reach'
