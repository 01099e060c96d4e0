import type { Kysely } from 'kysely'
import type { Schema } from '../schema.ts'

/** Repairs of dead letters, beside the messages as they were accepted. */
export async function up(db: Kysely<Schema>): Promise<void> {
  await db.schema
    .createTable('repair')
    .addColumn('seq', 'integer', (c) => c.primaryKey().autoIncrement())
    .addColumn('message', 'text', (c) => c.notNull())
    .addColumn('row', 'text', (c) => c.notNull())
    .addColumn('actor', 'text', (c) => c.notNull())
    .addColumn('at', 'bigint', (c) => c.notNull())
    .addColumn('body', 'text', (c) => c.notNull())
    .execute()
  await db.schema.createIndex('repair_message').on('repair').column('message').execute()
}
