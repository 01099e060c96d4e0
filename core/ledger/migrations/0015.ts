import type { Kysely } from 'kysely'
import type { Schema } from '../schema.ts'

/** Messages of which more may have left than the ledger knows, since it was restored. */
export async function up(db: Kysely<Schema>): Promise<void> {
  await db.schema
    .createTable('doubtful')
    .addColumn('message', 'text', (c) => c.primaryKey())
    .execute()
}
