import { sql, type Kysely, type SqlBool } from 'kysely'
import type { Schema } from '../schema.ts'

/** What goes to a system as a whole and to no unit of it, such as what a portal shows, in its order. */
export async function up(db: Kysely<Schema>): Promise<void> {
  await db.schema
    .createIndex('delivery_whole')
    .on('delivery')
    .columns(['system', 'seq'])
    .where(sql<SqlBool>`unit is null`)
    .execute()
}
