import type { Kysely } from 'kysely'
import type { Schema } from '../schema.ts'

/** How far the public feed has come. */
export async function up(db: Kysely<Schema>): Promise<void> {
  await db.schema
    .createTable('feed')
    .addColumn('stream', 'text', (c) => c.primaryKey())
    .addColumn('position', 'integer', (c) => c.notNull())
    .execute()
}
