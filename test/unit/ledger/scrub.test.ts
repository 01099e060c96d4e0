import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { volumeFile } from '../../../core/content/volumes.ts'
import { openLedger, type OpenedLedger } from '../../../core/ledger/open.ts'
import { systemClock } from '../../../core/util/clock.ts'
import { bodyOf, Steps, TestClock } from '../../conformance/lib/ledger-kit.ts'
import { EventList } from '../../lib/events.ts'
import { until } from '../../lib/wait.ts'

const BODY = 40_000
const FAST = { bytesPerSecond: 1e9, everyMs: 3_600_000 }

let folder: string
let events: EventList
let opened: OpenedLedger | undefined
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'yizhan-scrub-'))
  events = new EventList()
})
afterEach(async () => {
  await opened?.ledger.close()
  opened = undefined
  rmSync(folder, { recursive: true })
})

const volume = (n: number): string => volumeFile(path.join(folder, 'content'), n)
async function open(scrub: typeof FAST | 'off' = FAST): Promise<OpenedLedger> {
  await opened?.ledger.close()
  return (opened = await openLedger({
    folder,
    station: 'st',
    clock: systemClock,
    hop: { maxAttempts: 3, backoffMs: 1, maxBackoffMs: 1 },
    maxVolumeBytes: 3 * BODY,
    recentBytes: 0,
    scrub: scrub === 'off' ? undefined : scrub,
    onEvent: (event) => events.emit(event),
  }))
}
/** Three volumes of three bodies each, and a submission as it came. */
async function fill(): Promise<ReturnType<typeof bodyOf>[]> {
  const { ledger, content } = await open('off')
  const bodies = Array.from({ length: 8 }, (_, n) => bodyOf(Buffer.alloc(BODY, `${n}`)))
  await content.write(bodies)
  const s = new Steps(
    { ledger, content, reopen: () => Promise.resolve(), remove: () => Promise.resolve() },
    new TestClock(),
  )
  await s.subscribe()
  const literal = Buffer.alloc(BODY, '<字>')
  await s.accepted(s.document(), { raw: { contentType: 'text/xml', pieces: [{ bytes: literal }] } })
  await opened?.ledger.close()
  opened = undefined
  return bodies
}
const round = (): Promise<unknown> => until(() => events.of('content.scrubbed').length === 1, { what: 'a round' })
const damage = (): string[] => events.of('content.damaged').map(({ detail }) => detail ?? '')

describe('the volumes', { timeout: 60_000 }, () => {
  it('that are whole are looked through, and nothing is said but that', async () => {
    await fill()
    await open()
    await round()
    expect(damage()).toEqual([])
    expect(opened?.scrubbed()).toEqual({ doneBytes: 9 * BODY, totalBytes: 9 * BODY, damaged: 0 })
  })

  it.each<[string, () => void, string, number]>([
    ['deleted', () => rmSync(volume(2)), '缺失', 3],
    ['cut', () => truncateSync(volume(2), 2 * BODY), `应有 ${3 * BODY}`, 3],
    ['changed in its middle', () => flip(volume(2), BODY + 7), '内容与登记不符', 1],
    ['changed where a submission stands', () => flip(volume(3), 2 * BODY + 100), '内容与登记不符', 1],
    [
      'renumbered',
      () => {
        renameSync(volume(2), volume(9))
        renameSync(volume(1), volume(2))
        renameSync(volume(9), volume(1))
      },
      '内容与登记不符',
      3,
    ],
    ['replaced by a copy of another', () => copyFileSync(volume(1), volume(2)), '内容与登记不符', 3],
  ])('of which one was %s are told as ours, once', async (_, harm, reason, count) => {
    await fill()
    harm()
    await open()
    await round()
    const last = damage().at(-1) ?? ''
    expect(last).toContain(reason)
    expect(last).toContain(`${count} 件`)
    expect(events.of('content.damaged')[0]).toMatchObject({ actor: 'station', error: 'CONTENT_MISSING' })
    expect(damage().length).toBeLessThanOrEqual(4)
    expect(opened?.scrubbed()?.damaged).toBeGreaterThanOrEqual(count)
  })

  it('that are gone are found at the start, also when a round ended not long ago', async () => {
    await fill()
    await open()
    await round()
    await opened?.ledger.close()
    rmSync(volume(1))
    await open()
    await until(() => damage().length === 1, { what: 'the alarm' })
    expect(events.of('content.scrubbed')).toHaveLength(1)
  })

  it('are looked through from where the last start left off', async () => {
    await fill()
    // so slow that it never comes beyond the first bodies
    await open({ ...FAST, bytesPerSecond: 1 })
    await until(() => (opened?.scrubbed()?.totalBytes ?? 0) > 0, { what: 'the beginning' })
    await until(() => readdirSync(path.join(folder, 'content')).includes('scrub.json'), { what: 'its place' })
    await opened?.ledger.close()
    writeFileSync(
      path.join(folder, 'content', 'scrub.json'),
      JSON.stringify({ volume: 2, position: 0, startedAt: Date.now(), finishedAt: 0 }),
    )
    flip(volume(2), 10)
    flip(volume(1), BODY + 10)
    await open()
    await round()
    // the first body of a volume is always looked at, what lies before the place is not
    expect(damage().some((detail) => detail.startsWith(volume(2)))).toBe(true)
    expect(damage().some((detail) => detail.startsWith(volume(1)))).toBe(false)
  })

  it('are told of where a body is needed, and read again when they are back', async () => {
    const [body] = await fill()
    const kept = readFileSync(volume(1))
    const { content } = await open('off')
    truncateSync(volume(1), 10)
    await expect(content.read(body!.digest)).rejects.toMatchObject({ code: 'CONTENT_MISSING', retryable: true })
    await expect(content.read(body!.digest)).rejects.toMatchObject({ code: 'CONTENT_MISSING' })
    expect(damage()).toHaveLength(1)
    // a restored file is another file
    rmSync(volume(1))
    writeFileSync(volume(1), kept)
    expect((await content.read(body!.digest)).byteLength).toBe(BODY)
  })

  it('that were lost are never written over: what comes next goes behind them', async () => {
    const bodies = await fill()
    const kept = readFileSync(volume(3))
    rmSync(volume(3))
    const { content } = await open('off')
    const later = bodyOf(Buffer.alloc(BODY, 'later'))
    await content.write([later])
    expect(readdirSync(path.join(folder, 'content')).filter((name) => name.endsWith('.vol'))).toEqual([
      '000001.vol',
      '000002.vol',
      '000004.vol',
    ])
    writeFileSync(volume(3), kept)
    for (const { digest } of [...bodies, later]) expect((await content.read(digest)).byteLength).toBe(BODY)
  })

  it('of which the last was cut are not appended to', async () => {
    const bodies = await fill()
    const kept = readFileSync(volume(3))
    truncateSync(volume(3), 100)
    const { content } = await open('off')
    await content.write([bodyOf(Buffer.alloc(BODY, 'later'))])
    writeFileSync(volume(3), kept)
    for (const { digest } of bodies) expect((await content.read(digest)).byteLength).toBe(BODY)
  })
})

function flip(file: string, at: number): void {
  const bytes = readFileSync(file)
  bytes[at] = (bytes[at] ?? 0) ^ 1
  writeFileSync(file, bytes)
}
