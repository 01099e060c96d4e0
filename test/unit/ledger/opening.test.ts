import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openLedger } from '../../../core/ledger/open.ts'
import { systemClock } from '../../../core/util/clock.ts'
import { bodyOf, Steps, TestClock } from '../../conformance/lib/ledger-kit.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'yizhan-opening-'))
})
afterEach(() => rmSync(folder, { recursive: true }))
const open = (station = 'st') =>
  openLedger({ folder, station, clock: systemClock, hop: { maxAttempts: 1, backoffMs: 1, maxBackoffMs: 1 } })
const stepsOf = (opened: Awaited<ReturnType<typeof open>>) =>
  new Steps({ ...opened, reopen: () => Promise.resolve(), remove: () => Promise.resolve() }, new TestClock())

// threads start slowly on a busy machine
describe('a ledger', { timeout: 60_000 }, () => {
  it('is open once at a time', async () => {
    const first = await open()
    await expect(open()).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
    await first.ledger.close()
    const second = await open()
    await second.ledger.close()
  })

  it('that is closed has finished what was asked before, and refuses what comes after', async () => {
    const opened = await open()
    const s = stepsOf(opened)
    await s.subscribe()
    const pending = Array.from({ length: 20 }, () => s.accept(s.document()))
    const closed = opened.ledger.close()
    await expect(opened.ledger.journal.backlog()).rejects.toMatchObject({ code: 'INTERNAL' })
    await expect(s.accept(s.document())).rejects.toMatchObject({ code: 'INTERNAL' })
    await closed
    await opened.ledger.close()
    expect((await Promise.all(pending)).map((r) => r.status)).toEqual(Array(20).fill('accepted'))
    const again = await open()
    expect((await again.ledger.journal.backlog()).hops).toEqual({ issue: 20 })
    await again.ledger.close()
  })

  it('keeps one chain a station', async () => {
    for (const station of ['a', 'b', 'a']) {
      const { ledger } = await open(station)
      await ledger.acceptance.book([{ code: 'station.started', at: 1, detail: station }])
      expect(await ledger.journal.verify()).toMatchObject({ ok: true })
      await ledger.close()
    }
    const { ledger } = await open('b')
    expect(await ledger.journal.verify()).toMatchObject({ ok: true, links: 3 })
    await ledger.close()
  })

  it('keeps the bytes as they came, with the bodies cut out of them', async () => {
    const opened = await open()
    const s = stepsOf(opened)
    await s.subscribe()
    const body = bodyOf(Buffer.alloc(10_000, 'pdf'))
    const [short, long] = [s.document(), s.document()]
    const pieces = (text: string) => [
      { bytes: Buffer.from(text) },
      { base64Of: body.digest },
      { bytes: Buffer.from('</文件>') },
    ]
    await s.accepted(short, { bodies: [body], raw: { contentType: 'text/xml', pieces: pieces('<文件>') } })
    await s.accepted(long, {
      bodies: [body],
      raw: { contentType: 'text/xml; charset=gbk', pieces: pieces('<文件>'.repeat(1_000)) },
    })
    const tail = `${Buffer.from(body.bytes).toString('base64')}</文件>`
    expect(await opened.raw.read(short.id)).toEqual({ contentType: 'text/xml', bytes: Buffer.from(`<文件>${tail}`) })
    expect(await opened.raw.read(long.id)).toEqual({
      contentType: 'text/xml; charset=gbk',
      bytes: Buffer.from(`${'<文件>'.repeat(1_000)}${tail}`),
    })
    expect(await opened.raw.read('nothing')).toBeUndefined()
    await opened.ledger.close()
  })

  it('keeps no process alive by itself', async () => {
    const child = spawn(process.execPath, [path.join(import.meta.dirname, 'lib/idle.ts'), folder], { stdio: 'inherit' })
    expect(await once(child, 'exit')).toEqual([0, null])
    const { ledger } = await open()
    expect(await ledger.journal.verify()).toMatchObject({ ok: true, links: 1 })
    await ledger.close()
  })
})
