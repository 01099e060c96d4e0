import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { YizhanEvent } from '../../../core/events/event.ts'
import { openLedger } from '../../../core/ledger/open.ts'
import { systemClock } from '../../../core/util/clock.ts'
import { acceptAndKill } from './lib/accept-and-kill.ts'

/** A ledger whose tail is gone must not be gone on with as if nothing were missing. */

let outer: string
let folder: string
let events: YizhanEvent[]
beforeEach(() => {
  outer = mkdtempSync(path.join(os.tmpdir(), 'yizhan-loss-'))
  folder = path.join(outer, 'data')
  events = []
})
afterEach(() => rmSync(outer, { recursive: true }))

const witness = (): string => path.join(outer, 'data.end')
const open = (acceptLoss?: string) =>
  openLedger({
    folder,
    station: 'st',
    clock: systemClock,
    hop: { maxAttempts: 3, backoffMs: 1, maxBackoffMs: 1 },
    witness: witness(),
    acceptLoss,
    onEvent: (event) => events.push(event),
  })
const links = async (): Promise<number> => {
  const { ledger } = await open()
  const { links } = await ledger.journal.verify()
  await ledger.close()
  return links
}

describe('a ledger that was killed while it accepted', { timeout: 120_000 }, () => {
  it('opens again as it is: its witnesses are never ahead of it', async () => {
    for (const acknowledged of [20, 40, 60]) await acceptAndKill(folder, acknowledged, witness())
    expect(await links()).toBeGreaterThanOrEqual(120)
    expect(events.filter(({ code }) => code === 'ledger.loss-accepted')).toEqual([])
  })

  it.each([
    ['halved', (wal: string) => truncateSync(wal, Math.floor(statSync(wal).size / 2))],
    ['deleted', (wal: string) => rmSync(wal)],
  ])(
    'and whose write-ahead log was %s, is behind, says by how much, and goes on on a person’s word only',
    async (_, harm) => {
      const acknowledged = (await acceptAndKill(folder, 60, witness())).length
      const wal = path.join(folder, 'ledger.db-wal')
      expect(statSync(wal).size).toBeGreaterThan(0)
      harm(wal)
      const left = existsSync(wal) ? readFileSync(wal) : undefined
      const refusal = await open().then(
        () => undefined,
        (thrown: unknown) => thrown,
      )
      expect(refusal).toMatchObject({ code: 'LEDGER_BEHIND' })
      const missing = Number((refusal as { facts: { value: string } }).facts.value)
      expect(missing).toBeGreaterThan(0)
      // the evidence stays as it is
      if (left !== undefined) expect(readFileSync(wal).equals(left)).toBe(true)
      await expect(open()).rejects.toMatchObject({ code: 'LEDGER_BEHIND' })

      const { ledger } = await open('张三')
      const chain = await ledger.journal.verify()
      expect(chain.ok).toBe(true)
      // one link says that links are missing
      expect(chain.links - 1 + missing).toBeGreaterThanOrEqual(acknowledged)
      await ledger.close()
      expect(events.filter(({ code }) => code === 'ledger.loss-accepted')).toMatchObject([
        { actor: '张三', error: 'LEDGER_BEHIND', detail: expect.stringContaining(String(missing)) as string },
      ])
      // from here on it is whole again
      expect(await links()).toBe(chain.links)
    },
  )
})

describe('a ledger', { timeout: 120_000 }, () => {
  const book = async (text: string, times = 5): Promise<void> => {
    const { ledger } = await open()
    for (let n = 0; n < times; n++)
      await ledger.acceptance.book([{ code: 'station.started', at: n, actor: 'station', detail: text }])
    await ledger.close()
  }

  it('that was restored from an older copy is behind', async () => {
    await book('first')
    copyFileSync(path.join(folder, 'ledger.db'), path.join(outer, 'backup.db'))
    await book('second', 7)
    copyFileSync(path.join(outer, 'backup.db'), path.join(folder, 'ledger.db'))
    await expect(open()).rejects.toMatchObject({ code: 'LEDGER_BEHIND', facts: { value: '7' } })
  })

  it('whose whole folder was exchanged for an older one is behind what stands beside it', async () => {
    await book('first')
    cpSync(folder, path.join(outer, 'old'), { recursive: true })
    await book('second', 3)
    rmSync(folder, { recursive: true })
    cpSync(path.join(outer, 'old'), folder, { recursive: true })
    await expect(open()).rejects.toMatchObject({ code: 'LEDGER_BEHIND', facts: { value: '3' } })
  })

  it('that is gone as a whole is behind', async () => {
    await book('first')
    rmSync(folder, { recursive: true })
    await expect(open()).rejects.toMatchObject({ code: 'LEDGER_BEHIND', facts: { value: '5' } })
  })

  it('that is longer, but another one, is not gone on with', async () => {
    await book('ours', 3)
    const witnessed = readFileSync(witness())
    const inside = readFileSync(path.join(folder, 'ledger.end'))
    rmSync(outer, { recursive: true })
    await book('theirs', 9)
    writeFileSync(witness(), witnessed)
    writeFileSync(path.join(folder, 'ledger.end'), inside)
    await expect(open()).rejects.toMatchObject({ code: 'LEDGER_BEHIND', facts: { value: '0' } })
  })

  it.each([
    ['torn in its newest half', (file: string) => writeFileSync(file, readFileSync(file).fill(0x41, 0, 512))],
    ['torn in its oldest half', (file: string) => writeFileSync(file, readFileSync(file).fill(0x41, 512))],
  ])('opens though a witness is %s', async (_, harm) => {
    await book('first')
    harm(path.join(folder, 'ledger.end'))
    expect(await links()).toBe(5)
  })

  it('says that a witness is gone or cannot be written, and works on', async () => {
    await book('first')
    rmSync(witness())
    writeFileSync(path.join(folder, 'ledger.end'), 'nonsense')
    await book('second', 1)
    const files = events.filter(({ code }) => code === 'ledger.unwitnessed').map(({ detail }) => detail?.split(':')[0])
    expect(new Set(files)).toEqual(new Set([witness(), path.join(folder, 'ledger.end')]))
    rmSync(witness())
    events = []
    const elsewhere = path.join(folder, 'ledger.db', 'under-a-file.end')
    const { ledger } = await openLedger({
      folder,
      station: 'st',
      clock: systemClock,
      hop: { maxAttempts: 3, backoffMs: 1, maxBackoffMs: 1 },
      witness: elsewhere,
      onEvent: (event) => events.push(event),
    })
    await ledger.acceptance.book([{ code: 'station.started', at: 1, actor: 'station' }])
    await ledger.acceptance.book([{ code: 'station.started', at: 2, actor: 'station' }])
    await ledger.close()
    expect(events.filter(({ detail }) => detail?.startsWith(elsewhere))).not.toHaveLength(0)
    expect(await links()).toBe(8)
  })

  it('keeps the chains of two stations apart, as its witnesses do', async () => {
    const links: unknown[] = []
    for (const station of ['a', 'b', 'a']) {
      const { ledger } = await openLedger({
        folder,
        station,
        clock: systemClock,
        hop: { maxAttempts: 3, backoffMs: 1, maxBackoffMs: 1 },
        witness: witness(),
      })
      await ledger.acceptance.book([{ code: 'station.started', at: 1, actor: station }])
      links.push(await ledger.journal.verify())
      await ledger.close()
    }
    // each start finds its own end in the witnesses, and books no loss of the other's
    expect(links).toMatchObject([
      { ok: true, links: 1 },
      { ok: true, links: 2 },
      { ok: true, links: 3 },
    ])
  })
})
