import { sql, type Kysely, type SqlBool } from 'kysely'
import type { Schema } from '../schema.ts'

/** A unit's lane goes by the order of acceptance, whichever hop was committed first. */
export async function up(db: Kysely<Schema>): Promise<void> {
  await db.schema.dropIndex('delivery_lane').execute()
  await db.schema
    .createIndex('delivery_lane')
    .on('delivery')
    .columns(['lane', 'rank', 'message', 'seq'])
    .where(sql<SqlBool>`open = 1 and ordered_by = 'unit'`)
    .execute()
}
