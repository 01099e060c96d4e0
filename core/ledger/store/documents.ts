import type { Answer, Stored } from '../rules/answer.ts'
import type { Documents } from '../rules/stores.ts'
import { sql } from 'kysely'
import type { RecipientState } from '../../message/recipient-state.ts'
import type { DocumentRow, RecipientRow } from '../schema.ts'
import { build, prepare, type Database } from '../statement.ts'

/** Documents, their recipients, and the numbers that they hold. */
export class DocumentStore implements Documents {
  readonly #insert
  readonly #get
  readonly #addRecipient
  readonly #recipient
  readonly #anySigned
  readonly #setState
  readonly #delivered
  readonly #withdraw
  readonly #withdrawRecipients
  readonly #units
  readonly #number
  readonly #claimNumber
  readonly #freeNumber

  constructor(db: Database) {
    this.#insert = prepare(
      db,
      (p: { message: string; issuer: string | null; number: string | null; fingerprint: string | null }) =>
        build
          .insertInto('document')
          .values({
            message: p.message,
            issuer: p.issuer,
            number: p.number,
            fingerprint: p.fingerprint,
            withdrawn_by: null,
            withdrawn_at: null,
          })
          .onConflict((c) => c.column('message').doNothing()),
    )
    this.#get = prepare(db, (p: { message: string }) =>
      build.selectFrom('document').selectAll().where('message', '=', p.message),
    )
    this.#addRecipient = prepare(
      db,
      (p: { document: string; unit: string; role: string; position: number; at: number }) =>
        build
          .insertInto('recipient')
          .values({
            document: p.document,
            unit: p.unit,
            role: p.role,
            position: p.position,
            state: 'waiting',
            at: p.at,
            by: null,
            reason: null,
            signed_by: null,
            returned_by: null,
          })
          .onConflict((c) => c.columns(['document', 'unit']).doNothing()),
    )
    this.#recipient = prepare(db, (p: { document: string; unit: string }) =>
      build.selectFrom('recipient').selectAll().where('document', '=', p.document).where('unit', '=', p.unit),
    )
    this.#anySigned = prepare(db, (p: { document: string }) =>
      build
        .selectFrom('recipient')
        .select('unit')
        .where('document', '=', p.document)
        .where('signed_by', 'is not', null)
        .limit(sql.lit(1)),
    )
    this.#setState = prepare(
      db,
      (p: {
        document: string
        unit: string
        state: RecipientState
        at: number
        by: string | null
        reason: string | null
        signed_by: string | null
        returned_by: string | null
      }) =>
        build
          .updateTable('recipient')
          .set({
            state: p.state,
            at: p.at,
            by: p.by,
            reason: p.reason,
            signed_by: p.signed_by,
            returned_by: p.returned_by,
          })
          .where('document', '=', p.document)
          .where('unit', '=', p.unit),
    )
    // a person's act is never undone by what a system says late
    this.#delivered = prepare(
      db,
      (p: { document: string; unit: string; state: RecipientState; at: number; reason: string | null }) =>
        build
          .updateTable('recipient')
          .set({ state: p.state, at: p.at, reason: p.reason })
          .where('document', '=', p.document)
          .where('unit', '=', p.unit)
          .where('state', 'in', [
            sql.lit<RecipientState>('waiting'),
            sql.lit<RecipientState>('refused'),
            sql.lit<RecipientState>('expired'),
          ]),
    )
    this.#withdraw = prepare(db, (p: { document: string; by: string; at: number }) =>
      build.updateTable('document').set({ withdrawn_by: p.by, withdrawn_at: p.at }).where('message', '=', p.document),
    )
    this.#withdrawRecipients = prepare(
      db,
      (p: { document: string; at: number; by: string | null; reason: string | null }) =>
        build
          .updateTable('recipient')
          .set({ state: 'withdrawn', at: p.at, by: p.by, reason: p.reason })
          .where('document', '=', p.document),
    )
    this.#units = prepare(db, (p: { document: string }) =>
      build.selectFrom('recipient').select('unit').where('document', '=', p.document),
    )
    this.#number = prepare(db, (p: { issuer: string; number: string }) =>
      build.selectFrom('live_number').selectAll().where('issuer', '=', p.issuer).where('number', '=', p.number),
    )
    this.#claimNumber = prepare(db, (p: { issuer: string; number: string; message: string; fingerprint: string }) =>
      build
        .insertInto('live_number')
        .values({ issuer: p.issuer, number: p.number, message: p.message, fingerprint: p.fingerprint }),
    )
    this.#freeNumber = prepare(db, (p: { issuer: string; number: string; message: string }) =>
      build
        .deleteFrom('live_number')
        .where('issuer', '=', p.issuer)
        .where('number', '=', p.number)
        .where('message', '=', p.message),
    )
  }

  add(message: string, issuer: string | null, number: string | null = null, fingerprint: string | null = null): Stored {
    return this.#insert.run({ message, issuer, number, fingerprint })
  }

  get(message: string): Answer<DocumentRow | undefined> {
    return this.#get.get({ message })
  }

  async addRecipient(document: string, unit: string, role: string, position: number, at: number): Promise<boolean> {
    return (await this.#addRecipient.run({ document, unit, role, position, at })) === 1
  }

  recipient(document: string, unit: string): Answer<RecipientRow | undefined> {
    return this.#recipient.get({ document, unit })
  }

  async anySigned(document: string): Promise<boolean> {
    return (await this.#anySigned.get({ document })) !== undefined
  }

  act(row: RecipientRow): Stored {
    return this.#setState.run({
      document: row.document,
      unit: row.unit,
      state: row.state,
      at: row.at,
      by: row.by,
      reason: row.reason,
      signed_by: row.signed_by,
      returned_by: row.returned_by,
    })
  }

  async deliveryState(
    document: string,
    unit: string,
    state: Extract<RecipientState, 'waiting' | 'delivered' | 'refused' | 'expired'>,
    at: number,
    reason: string | null,
  ): Promise<boolean> {
    return (await this.#delivered.run({ document, unit, state, at, reason })) === 1
  }

  async withdraw(
    document: string,
    withdrawal: string,
    at: number,
    by: string | null,
    reason: string | null,
  ): Promise<void> {
    await this.#withdraw.run({ document, by: withdrawal, at })
    await this.#withdrawRecipients.run({ document, at, by, reason })
  }

  async unitsOf(document: string): Promise<string[]> {
    return (await this.#units.all({ document })).map((row) => row.unit)
  }

  holderOf(
    issuer: string,
    number: string,
  ): Answer<{ readonly message: string; readonly fingerprint: string } | undefined> {
    return this.#number.get({ issuer, number })
  }

  claimNumber(issuer: string, number: string, message: string, fingerprint: string): Stored {
    return this.#claimNumber.run({ issuer, number, message, fingerprint })
  }

  freeNumber(issuer: string, number: string, message: string): Stored {
    return this.#freeNumber.run({ issuer, number, message })
  }
}
