import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { mainDigest } from '../../../sandbox/oa/paper.ts'
import { Refused } from '../../../sandbox/oa/port.ts'
import { gzipBomb, wellRefused } from '../../../sandbox/opening-day/attacks.ts'
import { NumberBook, PaperMill } from '../../../sandbox/opening-day/papers.ts'
import { Random } from '../../../sandbox/opening-day/random.ts'
import { tracesOf } from '../../../sandbox/opening-day/traces.ts'
import { ensureSecrets } from '../../../sandbox/secrets.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'day-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

describe('a day’s papers', () => {
  const papers = (seed: number) => {
    const numbers = new NumberBook(new Random(seed).fork('numbers'))
    const mills = ['01', '03'].map((episode) => new PaperMill(new Random(seed).fork(episode), numbers, episode))
    return Array.from({ length: 40 }, (_, n) => mills[n % 2]!.notice('zhengfuban', '市财政局'))
  }

  it('are the same for the same seed, others for another', () => {
    expect(papers(7).map(mainDigest)).toEqual(papers(7).map(mainDigest))
    expect(papers(7).map(mainDigest)).not.toEqual(papers(8).map(mainDigest))
  })

  it('never share a number, a key or a content, also between episodes', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const all = papers(seed)
        for (const of of [all.map((paper) => paper.number), all.map((paper) => paper.key), all.map(mainDigest)])
          expect(new Set(of).size).toBe(all.length)
      }),
      { numRuns: 20 },
    )
  })
})

describe('traces of a marker', () => {
  it('are found as text, in UTF-16 and inside base64 at any offset, and not where nothing is', () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 40 }),
        fc.string({ maxLength: 40 }),
        fc.constantFrom<BufferEncoding>('utf8', 'utf16le', 'base64'),
        (before, after, how) => {
          const marker = '涉密演练123456789'
          rmSync(folder, { recursive: true })
          mkdirSync(join(folder, 'ledger'), { recursive: true })
          const text = `${before}${marker}${after}`
          writeFileSync(
            join(folder, 'ledger', 'wal'),
            how === 'base64' ? Buffer.from(text).toString('base64') : Buffer.from(text, how),
          )
          expect(tracesOf(marker, folder)).toEqual([join('ledger', 'wal')])
          expect(tracesOf('涉密演练000000000', folder)).toEqual([])
        },
      ),
      { numRuns: 60 },
    )
  })

  it('are looked for while files and folders come and go', async () => {
    const busy = new Worker(
      `
      const { mkdirSync, rmSync, writeFileSync } = require('node:fs')
      const { parentPort, workerData: folder } = require('node:worker_threads')
      parentPort.postMessage('begun')
      for (;;) {
        for (let n = 0; n < 20; n++) { mkdirSync(folder + '/' + n, { recursive: true }); writeFileSync(folder + '/' + n + '/tmp', 'x') }
        for (let n = 0; n < 20; n++) rmSync(folder + '/' + n, { recursive: true })
      }`,
      { eval: true, workerData: folder },
    )
    try {
      await once(busy, 'message')
      for (let looks = 0; looks < 300; looks++) expect(tracesOf('marker', folder)).toEqual([])
    } finally {
      await busy.terminate()
    }
  })

  it('do not count in the sandbox’s own folders', () => {
    mkdirSync(join(folder, 'inboxes'))
    writeFileSync(join(folder, 'inboxes', 'attempts.jsonl'), 'marker')
    expect(tracesOf('marker', folder)).toEqual([])
  })
})

describe('a refusal', () => {
  const refused = (text: string, facts = {}) =>
    wellRefused(() => Promise.reject(new Refused('TOO_LARGE', text, facts)), { field: true, rule: true })

  it('has to speak Chinese and English and to name what is asked for', async () => {
    const facts = { field: '合计', rule: '3 MB' }
    await expect(refused('超过大小上限 / too large: total', facts)).rejects.toMatchObject({ code: 'TOO_LARGE' })
    await expect(refused('too large / too large', facts)).rejects.toMatchObject({
      code: 'TOO_LARGE?',
      text: expect.stringContaining('中文') as string,
    })
    await expect(refused('超过大小上限', facts)).rejects.toMatchObject({
      code: 'TOO_LARGE?',
      text: expect.stringContaining('English') as string,
    })
    await expect(refused('超过大小上限 / too large: total', { field: '合计' })).rejects.toMatchObject({
      code: 'TOO_LARGE?',
      text: expect.stringContaining('rule') as string,
    })
  })
})

it('a gzip bomb is small and inflates beyond every limit', () => {
  const bomb = gzipBomb()
  expect(bomb.length).toBeLessThan(1024 * 1024)
  expect(gunzipSync(bomb).length).toBeGreaterThan(50 * 1024 * 1024)
})

it('secrets are made once, each its own, for their owner only', async () => {
  const path = join(folder, 'secrets.json')
  const first = await ensureSecrets(path, { accounts: ['zhengfuban'], systems: ['docxg-centre'] })
  expect(Object.keys(first).sort()).toEqual([
    'account.zhengfuban',
    'admin.token',
    'docxg-centre.password',
    'editor.admin',
    'editor.credentials',
    'files.hmac',
  ])
  expect(new Set(Object.values(first)).size).toBe(6)
  expect(Math.min(...Object.values(first).map((secret) => secret.length))).toBeGreaterThanOrEqual(24)
  expect(statSync(path).mode & 0o777).toBe(0o600)
  const second = await ensureSecrets(path, { accounts: ['zhengfuban', 'caizhengju'], systems: ['docxg-centre'] })
  expect(second).toMatchObject(first)
  expect(second['account.caizhengju']).toBeDefined()
})
