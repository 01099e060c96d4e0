import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LedgerBooks } from '../../core/ledger/books.ts'
import { clientConfig } from '../../core/ledger/postgres/address.ts'
import { compiled, PostgresDatabase } from '../../core/ledger/postgres/database.ts'
import { migratePostgres } from '../../core/ledger/postgres/migrate.ts'
import { createQuestions } from '../../core/ledger/queries/index.ts'
import type { Database } from '../../core/ledger/statement.ts'
import { type Postgres, startPostgres } from '../lib/servers/postgres.ts'
import { HOP_RULES } from './lib/ledger-kit.ts'

/** Tables that stay small, are read to their end on purpose, or are asked by volume, of which there are none. */
const MAY_SCAN = /^(feed|chain|subscription|doubtful|pruning|retention|release|content|raw)$/u

let server: Postgres
let client: pg.Client
const texts = new Set<string>()
beforeAll(async () => {
  server = await startPostgres()
  client = new pg.Client(clientConfig(await server.fresh(), 'plans'))
  await client.connect()
  await migratePostgres(client)
  // empty tables would always be scanned; one plan for all arguments is what a busy station comes to have
  await client.query('set enable_seqscan = off; set plan_cache_mode = force_generic_plan')
  const inner = new PostgresDatabase(client)
  const db: Database = {
    space: inner.space,
    prepare: (query) => {
      texts.add(compiled(query).text)
      return inner.prepare(query)
    },
  }
  await LedgerBooks.open(db, { station: 'st', hop: HOP_RULES, contentFolder: '', verifyBodies: false }, undefined)
  createQuestions(db)
}, 60_000)
afterAll(async () => {
  await client.end()
  await server.close()
})

async function planOf(text: string): Promise<string> {
  const places = new Set(text.match(/\$\d+/gu)).size
  await client.query(`prepare one as ${text}`)
  const given = places === 0 ? '' : `(${Array<string>(places).fill('null').join(', ')})`
  const { rows } = await client.query<{ 'QUERY PLAN': string }>(`explain (costs off) execute one${given}`)
  await client.query('deallocate one')
  return rows.map((row) => row['QUERY PLAN']).join('\n')
}

describe('the statements of the ledger, as PostgreSQL plans them', () => {
  it('are all understood, and walk no table that grows', async () => {
    expect(texts.size).toBeGreaterThan(100)
    const scans: string[] = []
    for (const text of texts)
      for (const [, table = ''] of (await planOf(text)).matchAll(/Seq Scan on (\w+)/gu))
        if (!MAY_SCAN.test(table)) scans.push(`${table}: ${text}`)
    expect(scans).toEqual([])
  })

  it('sort nothing where the next row is chosen', async () => {
    const sorting: string[] = []
    for (const text of texts)
      if (/from "(hop|delivery)"/u.test(text) && /limit/u.test(text) && (await planOf(text)).includes('Sort'))
        sorting.push(text)
    expect(sorting).toEqual([])
  })
})
