import { sql, type Kysely } from 'kysely'
import type { Schema } from '../schema.ts'

/** Files that could not be examined for marks of secrecy: they are listed. */
export async function up(db: Kysely<Schema>): Promise<void> {
  await sql`create index event_unread on event (seq) where code = 'message.unread'`.execute(db)
}
