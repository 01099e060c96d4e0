import { sql, type Kysely } from 'kysely'
import type { Schema } from '../schema.ts'

/** The notices that a phone got: what somebody writes back is about the last one. */
export async function up(db: Kysely<Schema>): Promise<void> {
  await sql`create index message_notice_phone on message (json_extract(body, '$.notice.to.phone'), seq) where kind = 'notice'`.execute(
    db,
  )
}
