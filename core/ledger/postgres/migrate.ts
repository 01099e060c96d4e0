import type { Client } from 'pg'
import { asError, YizhanError } from '../../errors/error.ts'
import { MIGRATIONS } from './migrations.ts'

/**
 * Brings the tables to their newest form; all of it or nothing, whatever kills it.
 *
 * @returns what was done, in order; nothing for a ledger that is made now or of this form already
 * @throws YizhanError LEDGER_NEWER for one that a later release has opened
 */
export async function migratePostgres(client: Pick<Client, 'query'>): Promise<readonly string[]> {
  await client.query('begin')
  try {
    await client.query('create table if not exists yizhan_migration (name text primary key, at timestamptz not null)')
    const { rows } = await client.query<{ name: string }>('select name from yizhan_migration order by name')
    const applied = new Set(rows.map(({ name }) => name))
    const unknown = [...applied].filter((name) => !MIGRATIONS.some((known) => known.name === name)).at(-1)
    if (unknown !== undefined) throw new YizhanError('LEDGER_NEWER', { value: unknown })
    const missing = MIGRATIONS.filter(({ name }) => !applied.has(name))
    for (const { name, sql } of missing) {
      await client.query(sql)
      await client.query('insert into yizhan_migration values ($1, now())', [name])
    }
    await client.query('commit')
    return applied.size === 0 ? [] : missing.map(({ name }) => name)
  } catch (thrown) {
    await client.query('rollback')
    if (thrown instanceof YizhanError) throw thrown
    throw new YizhanError('LEDGER_CORRUPT', { detail: `migration: ${asError(thrown).message}` }, { cause: thrown })
  }
}
