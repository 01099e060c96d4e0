import type { Kysely } from 'kysely'
import type { Schema } from '../schema.ts'

/** With which key the last links of a chain were made. */
export async function up(db: Kysely<Schema>): Promise<void> {
  await db.schema.alterTable('chain').addColumn('key', 'text').execute()
}
