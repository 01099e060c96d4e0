import { sql, type Kysely } from 'kysely'
import type { Schema } from '../schema.ts'

/** Petitions that report on somebody: those that wait for a decision are listed. */
export async function up(db: Kysely<Schema>): Promise<void> {
  await sql`create index event_petition_held on event (seq) where code = 'petition.held'`.execute(db)
}
