import type { Kysely } from 'kysely'
import { sql } from 'kysely'
import type { Schema } from '../schema.ts'

/** What retention keeps: how far it has come, what it looks at again, which bodies are used, and hashes of links. */
export async function up(db: Kysely<Schema>): Promise<void> {
  const oneTree = sql`without rowid`
  await db.schema
    .createTable('retention')
    .addColumn('name', 'text', (c) => c.notNull().primaryKey())
    .addColumn('value', 'text', (c) => c.notNull())
    .modifyEnd(oneTree)
    .execute()
  await db.schema
    .createTable('retention_later')
    .addColumn('level', 'text', (c) => c.notNull())
    .addColumn('story', 'text', (c) => c.notNull())
    .addColumn('due', 'bigint', (c) => c.notNull())
    .addColumn('stays', 'text')
    .addPrimaryKeyConstraint('retention_later_pk', ['level', 'story'])
    .modifyEnd(oneTree)
    .execute()
  await db.schema
    .createIndex('retention_later_due')
    .on('retention_later')
    .columns(['level', 'due', 'story', 'stays'])
    .execute()
  await db.schema
    .createTable('pruning')
    .addColumn('story', 'text', (c) => c.notNull().primaryKey())
    .addColumn('level', 'text', (c) => c.notNull())
    .modifyEnd(oneTree)
    .execute()
  await db.schema
    .createTable('content_use')
    .addColumn('digest', 'blob', (c) => c.notNull())
    .addColumn('message', 'integer', (c) => c.notNull())
    .addPrimaryKeyConstraint('content_use_pk', ['digest', 'message'])
    .modifyEnd(oneTree)
    .execute()
  await db.schema
    .createTable('content_unused')
    .addColumn('digest', 'text', (c) => c.notNull().primaryKey())
    .addColumn('since', 'bigint', (c) => c.notNull())
    .modifyEnd(oneTree)
    .execute()
  await db.schema.createIndex('content_unused_since').on('content_unused').column('since').execute()
  await db.schema
    .createTable('pruned_links')
    .addColumn('station', 'text', (c) => c.notNull())
    .addColumn('first', 'integer', (c) => c.notNull())
    .addColumn('last', 'integer', (c) => c.notNull())
    .addColumn('hashes', 'blob', (c) => c.notNull())
    .addColumn('sum', 'text', (c) => c.notNull())
    .execute()
  await db.schema.createIndex('pruned_links_last').unique().on('pruned_links').columns(['station', 'last']).execute()
}
