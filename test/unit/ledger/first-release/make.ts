/**
 * Makes the data of the first release (0.1.0, commit 4002271) that `upgrade.test.ts` opens; run by that release:
 *
 *     git archive 4002271 | tar x -C /tmp/first && ln -s "$PWD/node_modules" /tmp/first/node_modules
 *     node test/unit/ledger/first-release/make.ts /tmp/first test/unit/ledger/first-release/ledger.db.gz
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { OpenedLedger } from '../../../../core/ledger/open.ts'
import type * as Kit from '../../../conformance/lib/ledger-kit.ts'

const [release = '', into = ''] = process.argv.slice(2)
const { openLedger } = (await import(join(release, 'core/ledger/open.ts'))) as {
  openLedger: (options: object) => Promise<OpenedLedger>
}
const kit = (await import(join(release, 'test/conformance/lib/ledger-kit.ts'))) as typeof Kit
const folder = mkdtempSync(join(tmpdir(), 'first-release-'))
const clock = new kit.TestClock()
const opened = await openLedger({ folder, station: 'st', clock, hop: kit.HOP_RULES })
const s = new kit.Steps({ ...opened, reopen: () => Promise.resolve(), remove: () => Promise.resolve() }, clock)
await s.subscribe()
const body = kit.bodyOf('正文'.repeat(100))
// signed; waiting for its push; in its unit's list; a dead letter
const done = s.document()
const [row] = await s.sent(done, [kit.push('finance')], { bodies: [body] })
await s.delivered(row?.row ?? '')
await s.performed('receipt', done, 'finance')
await s.sent(s.document(), [kit.push('finance')])
await s.sent(s.document(), [kit.pickup('finance')])
const [dead] = await s.sent(s.document(), [kit.push('health')])
await s.delivered(dead?.row ?? '', kit.REFUSED)
await opened.ledger.close()
writeFileSync(into, gzipSync(readFileSync(join(folder, 'ledger.db')), { level: 9 }))
rmSync(folder, { recursive: true })
