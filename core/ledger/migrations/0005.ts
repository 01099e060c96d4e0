import type { Kysely } from 'kysely'
import type { Schema } from '../schema.ts'

/** How often in a row a delivery was left in doubt: questions and copies have a limit. */
export async function up(db: Kysely<Schema>): Promise<void> {
  await db.schema
    .alterTable('delivery')
    .addColumn('doubts', 'integer', (c) => c.notNull().defaultTo(0))
    .execute()
}
