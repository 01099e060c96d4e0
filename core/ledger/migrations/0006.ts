import { sql, type Kysely, type SqlBool } from 'kysely'
import type { Schema } from '../schema.ts'

/** Hops that may have ended their flow process run apart from all others. */
export async function up(db: Kysely<Schema>): Promise<void> {
  await db.schema
    .alterTable('hop')
    .addColumn('kills', 'integer', (c) => c.notNull().defaultTo(0))
    .execute()
  await db.schema
    .alterTable('hop')
    .addColumn('suspect', 'integer', (c) => c.notNull().defaultTo(0))
    .execute()
  await db.schema
    .createIndex('hop_suspect')
    .on('hop')
    .columns(['subscription', 'due_at', 'seq'])
    .where(sql<SqlBool>`state = 'suspect'`)
    .execute()
}
