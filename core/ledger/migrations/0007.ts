import { sql, type Kysely, type SqlBool } from 'kysely'
import type { Schema } from '../schema.ts'

/** What stands in volumes, in its order there: the scrubber walks along, and the writer knows where they end. */
export async function up(db: Kysely<Schema>): Promise<void> {
  await db.schema
    .createIndex('content_place')
    .on('content')
    .columns(['volume', 'position', 'size', 'digest'])
    .where(sql<SqlBool>`volume is not null`)
    .execute()
  await db.schema
    .createIndex('raw_place')
    .on('raw')
    .columns(['volume', 'position', 'size', 'crc', 'message'])
    .where(sql<SqlBool>`volume is not null`)
    .execute()
}
