import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { describe } from 'vitest'
import { openLedger } from '../../core/ledger/open.ts'
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

/** One suite for every ledger; another database needs only another `LedgerKind`. */
const sqlite: LedgerKind = {
  async open({ clock, hop = HOP_RULES }): Promise<TestLedger> {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'yizhan-ledger-'))
    const open = () => openLedger({ folder, station: 'st', clock, hop, verifyBodies: true })
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

describe('the SQLite ledger', () => {
  describe('acceptance', () => acceptanceSuite(sqlite))
  describe('hops', () => hopSuite(sqlite))
  describe('hops of a lost flow process', () => lossSuite(sqlite))
  describe('deliveries', () => deliverySuite(sqlite))
  describe('notices', () => noticeSuite(sqlite))
  describe('lanes', () => laneSuite(sqlite))
  describe('outcomes and dead letters', () => outcomeSuite(sqlite))
  describe('the paper list', () => paperSuite(sqlite))
  describe('questions', () => questionSuite(sqlite))
  describe('the public feed', () => feedSuite(sqlite))
  describe('content', () => contentSuite(sqlite))
})
