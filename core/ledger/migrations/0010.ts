import type { Kysely } from 'kysely'
import type { Schema } from '../schema.ts'

/**
 * Deliveries are fenced by a number of their own, apart from their tries, which begin anew at a replay. It begins at 0
 * for all: whoever held a claim before is gone with its process.
 */
export async function up(db: Kysely<Schema>): Promise<void> {
  await db.schema
    .alterTable('delivery')
    .addColumn('fence', 'integer', (c) => c.notNull().defaultTo(0))
    .execute()
}
