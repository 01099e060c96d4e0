import { sql, type Kysely } from 'kysely'
import type { Schema } from '../schema.ts'

/** What has expired and waits for a person to send it on paper. */
export async function up(db: Kysely<Schema>): Promise<void> {
  await sql`create index delivery_expired on delivery (seq) where state = 'expired'`.execute(db)
}
