import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe } from 'vitest'
import { openLedger } from '../../core/ledger/open.ts'
import { type Postgres, startPostgres } from '../lib/servers/postgres.ts'
import { acceptanceSuite } from './lib/ledger-acceptance.ts'
import { contentSuite } from './lib/ledger-content.ts'
import { deliverySuite } from './lib/ledger-deliveries.ts'
import { feedSuite } from './lib/ledger-feed.ts'
import { hopSuite } from './lib/ledger-hops.ts'
import { HOP_RULES, type LedgerKind, type TestLedger } from './lib/ledger-kit.ts'
import { laneSuite } from './lib/ledger-lanes.ts'
import { lossSuite } from './lib/ledger-losses.ts'
import { noticeSuite } from './lib/ledger-notices.ts'
import { outcomeSuite } from './lib/ledger-outcomes.ts'
import { paperSuite } from './lib/ledger-paper.ts'
import { questionSuite } from './lib/ledger-questions.ts'

let server: Postgres
beforeAll(async () => {
  server = await startPostgres()
}, 60_000)
afterAll(() => server.close())

/** The same suite as SQLite's, each ledger in a schema of its own. */
const postgres: LedgerKind = {
  async open({ clock, hop = HOP_RULES }): Promise<TestLedger> {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'yizhan-ledger-'))
    const address = await server.fresh()
    const open = () => openLedger({ folder, postgres: address, station: 'st', clock, hop, verifyBodies: true })
    let opened = await open()
    return {
      get ledger() {
        return opened.ledger
      },
      get content() {
        return opened.content
      },
      async reopen() {
        await opened.ledger.close()
        opened = await open()
      },
      async remove() {
        await opened.ledger.close()
        await rm(folder, { recursive: true })
      },
    }
  },
}

describe('the PostgreSQL ledger', () => {
  describe('acceptance', () => acceptanceSuite(postgres))
  describe('hops', () => hopSuite(postgres))
  describe('hops of a lost flow process', () => lossSuite(postgres))
  describe('deliveries', () => deliverySuite(postgres))
  describe('notices', () => noticeSuite(postgres))
  describe('lanes', () => laneSuite(postgres))
  describe('outcomes and dead letters', () => outcomeSuite(postgres))
  describe('the paper list', () => paperSuite(postgres))
  describe('questions', () => questionSuite(postgres))
  describe('the public feed', () => feedSuite(postgres))
  describe('content', () => contentSuite(postgres))
})
