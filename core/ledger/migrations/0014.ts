import { sql, type Kysely } from 'kysely'
import type { Schema } from '../schema.ts'

/** With which key the last links of a chain were made, and which keys there were. */
export async function up(db: Kysely<Schema>): Promise<void> {
  await db.schema.alterTable('chain').addColumn('key', 'text').execute()
  await sql`create index event_keyed on event (seq) where code = 'audit.keyed'`.execute(db)
}
