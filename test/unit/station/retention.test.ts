import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { retentionSchema, type RetentionPolicy } from '../../../core/config/retention.ts'
import type { YizhanEvent } from '../../../core/events/event.ts'
import { NO_AUDIT_KEYS } from '../../../core/ledger/audit-key.ts'
import { lockFile } from '../../../core/ledger/database.ts'
import { openLedger, type OpenedLedger } from '../../../core/ledger/open.ts'
import type { DocumentMessage } from '../../../core/message/schema.ts'
import { DAY_MS } from '../../../core/retention/rules.ts'
import { RETENTION_FAILPOINTS } from '../../../core/util/failpoint.ts'
import { Archive } from '../../../station/retention/archive.ts'
import { RetentionDesk } from '../../../station/retention/desk.ts'
import { BACKUP_LOCK } from '../../../station/retention/runner.ts'
import { bodyOf, push, Steps, TestClock } from '../../conformance/lib/ledger-kit.ts'

/** Retention as a station does it: into an archive first, and beside everything else. */

const HOP = { maxAttempts: 1, backoffMs: 1, maxBackoffMs: 1 }
const VOLUME = 25_000
/** `YIZHAN_KILLS=all`: at each; the others are those at which something would be lost or doubled first */
const KILLED =
  process.env['YIZHAN_KILLS'] === 'all' ? RETENTION_FAILPOINTS : (['retention.archived', 'retention.step'] as const)

let home: string
let archive: string
let data: string
let clock: TestClock
let opened: OpenedLedger
let s: Steps
const events: YizhanEvent[] = []

beforeEach(async () => {
  events.length = 0
  home = await mkdtemp(join(tmpdir(), 'yizhan-retention-'))
  archive = join(home, 'archive')
  data = join(home, 'data')
  await mkdir(data)
  clock = new TestClock()
  await open()
  await s.subscribe()
})
afterEach(async () => {
  await opened.ledger.close()
  await rm(home, { recursive: true })
})

async function open(): Promise<void> {
  opened = await openLedger({ folder: data, station: 'st', clock, hop: HOP, maxVolumeBytes: VOLUME })
  s = new Steps({ ...opened, reopen: () => Promise.resolve(), remove: () => Promise.resolve() }, clock)
}

const reopened = (): Promise<void> => open()

function desk(policy: Partial<RetentionPolicy> = {}): RetentionDesk {
  return new RetentionDesk({
    config: () => ({ name: 'st', retention: { ...retentionSchema.parse({ archive }), ...policy } }),
    retention: opened.ledger.retention,
    content: opened.content,
    raw: opened.raw,
    folder: data,
    clock,
    sink: { emit: (event) => events.push(event) },
    auditKeys: NO_AUDIT_KEYS,
    nameOf: (id) => (id === 'finance' ? '市财政局' : undefined),
  })
}

/** Delivered and signed, with a body of its own. */
async function signed(text: string): Promise<DocumentMessage> {
  const body = bodyOf(text.repeat(3_000))
  const document: DocumentMessage = {
    ...s.document(),
    files: [
      { digest: body.digest, name: 'a.pdf', size: body.bytes.byteLength, role: 'main', mediaType: 'application/pdf' },
    ],
  }
  const [row] = await s.sent(document, [push('finance')], {
    bodies: [body],
    raw: { contentType: 'text/xml', pieces: [{ bytes: Buffer.from('<a>') }, { base64Of: body.digest }] },
  })
  await s.delivered(row?.row ?? '')
  await s.performed('receipt', document, 'finance')
  return document
}

async function files(): Promise<string[]> {
  const months = await readdir(archive).catch(() => [])
  return (await Promise.all(months.map(async (m) => (await readdir(join(archive, m))).map((f) => join(m, f))))).flat()
}

/** Every story of every file, as often as it stands there. */
async function archived(): Promise<string[]> {
  const found = []
  for (const file of await files()) {
    expect(file).toMatch(/\.zip$/u)
    found.push(...(await new Archive(archive).find({ text: '2011', max: 1_000 })).filter((one) => one.file === file))
  }
  return found.map(({ story }) => story)
}

describe('retention of a station', { timeout: 120_000 }, () => {
  it('archives what goes, where it is found, shown, and verified', async () => {
    const documents = [await signed('甲'), await signed('乙'), await signed('丙')]
    const open = s.document()
    await s.sent(open, [push('finance')])
    await s.drain()
    const [first] = documents
    if (first === undefined) throw new Error('none')
    clock.pass(1_100 * DAY_MS)
    const kept = desk()
    expect(await kept.report()).toMatchObject({ due: { finished: { stories: 3, more: false } } })
    expect(await kept.run()).toMatchObject({ stories: { finished: 3, content: 0, raw: 0 } })
    expect(await opened.ledger.journal.message(first.id)).toBeUndefined()
    expect(await opened.ledger.journal.message(open.id)).toBeDefined()
    expect(events.map(({ code }) => code)).toContain('retention.archived')
    expect(events.map(({ code }) => code)).toContain('retention.pruned')

    for (const text of [first.number ?? '', first.id, '关于测试', '2011-05-20', 'finance'])
      expect((await kept.find(text, 10)).map(({ story }) => story)).toContain(first.id)
    expect(await kept.find('没有这样的', 10)).toEqual([])
    const [where] = await kept.where({ text: first.number ?? '', actor: 'op', whole: false })
    expect(where).toMatchObject({
      message: { id: first.id, document: { title: first.document.title } },
      status: { recipients: [{ unit: 'finance', state: 'signed', by: '张三' }] },
      archived: expect.stringMatching(/^2011-05\/st-000001\.zip$/u) as string,
    })
    expect(where?.timeline.map(({ code }) => code)).toEqual(
      expect.arrayContaining(['message.accepted', 'delivery.delivered']),
    )
    expect(events.map(({ code }) => code)).not.toContain('content.read')
    await kept.where({ text: first.id, actor: 'op', whole: true })
    expect(events.at(-1)).toMatchObject({ code: 'content.read', actor: 'op', message: first.id })

    const verified = await kept.verify()
    expect(verified).toMatchObject({ files: 1, stories: 3, unproven: 0, faults: [] })
    expect(verified.events).toBeGreaterThan(10)
    const path = join(archive, '2011-05', 'st-000001.zip')
    expect((await stat(path)).mode & 0o077).toBe(0)
    const bytes = await readFile(path)
    bytes.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 1, bytes.length >> 1)
    await writeFile(path, bytes)
    expect((await kept.verify()).faults).not.toEqual([])
    await kept.close()
  })

  it('takes bodies and submissions earlier, each into the archive, and volumes of which nothing lives', async () => {
    for (const text of ['甲', '乙', '丙', '丁', '戊', '己', '庚', '辛']) await signed(text)
    await s.drain()
    const volumes = (): Promise<string[]> => readdir(join(data, 'content'))
    const before = await volumes()
    expect(before.length).toBeGreaterThan(2)
    clock.pass(91 * DAY_MS)
    const kept = desk()
    expect(await kept.run()).toMatchObject({ stories: { raw: 8, content: 0, finished: 0 } })
    clock.pass(300 * DAY_MS)
    expect(await kept.run()).toMatchObject({ stories: { raw: 0, content: 8, finished: 0 } })
    expect(await volumes()).toEqual(before)
    clock.pass(2 * DAY_MS)
    await kept.run()
    const lock = lockFile(join(data, BACKUP_LOCK))
    clock.pass(DAY_MS)
    await kept.run()
    expect(await volumes()).toEqual(before)
    lock.release()
    await kept.run()
    // the last is appended to
    expect(await volumes()).toEqual(before.slice(-1))
    expect(await kept.verify()).toMatchObject({ files: 2, stories: 16, faults: [] })
    clock.pass(800 * DAY_MS)
    expect(await kept.run()).toMatchObject({ stories: { raw: 0, content: 0, finished: 8 } })
    const found = await kept.find('2011', 100)
    expect(found).toHaveLength(8)
    expect(new Set(found.map(({ file }) => file))).toEqual(new Set([join('2011-05', 'st-000003.zip')]))
    await kept.close()
  })

  it('empties a volume of which little lives, and loses nothing of that', async () => {
    await signed('甲')
    await signed('乙')
    const body = bodyOf('未了'.repeat(800))
    const open: DocumentMessage = {
      ...s.document(),
      files: [{ digest: body.digest, name: 'b', size: body.bytes.byteLength, role: 'annex', mediaType: 'x' }],
    }
    await s.sent(open, [push('finance')], { bodies: [body] })
    await signed('丙')
    await signed('丁')
    await s.drain()
    const volumes = (): Promise<string[]> => readdir(join(data, 'content'))
    const [first = ''] = await volumes()
    clock.pass(400 * DAY_MS)
    const kept = desk()
    for (let day = 0; day < 3; day++) {
      await kept.run()
      clock.pass(2 * DAY_MS)
    }
    expect(await volumes()).not.toContain(first)
    await kept.close()
    await opened.ledger.close()
    await reopened()
    expect(Buffer.compare(await opened.content.read(body.digest), Buffer.from(body.bytes))).toBe(0)
  })

  it('loses and doubles nothing, whenever it is killed', async () => {
    const documents = []
    for (const text of ['甲', '乙', '丙']) documents.push((await signed(text)).id)
    await s.drain()
    clock.pass(1_100 * DAY_MS)
    await opened.ledger.close()
    const failpoints = join(home, 'failpoint')
    for (const name of KILLED) {
      await writeFile(failpoints, name)
      const run = spawn(
        process.execPath,
        [join(import.meta.dirname, 'lib', 'retain.ts'), data, archive, String(clock.now())],
        { env: { ...process.env, YIZHAN_FAILPOINT_FILE: failpoints }, stdio: ['ignore', 'ignore', 'inherit'] },
      )
      const [code, signal] = (await once(run, 'exit')) as [number | null, string | null]
      expect([name, signal, code]).toEqual([name, 'SIGKILL', null])
    }
    await open()
    const kept = desk()
    await kept.run()
    await kept.close()
    expect((await archived()).sort()).toEqual([...documents].sort())
    for (const id of documents) expect(await opened.ledger.journal.message(id)).toBeUndefined()
    expect(await opened.ledger.journal.verify()).toMatchObject({ ok: true })
    expect(await opened.ledger.retention.state()).toMatchObject({ underWay: 0 })
  })

  it('takes nothing away where the archive cannot be written, and tells it once', async () => {
    const { id } = await signed('甲')
    await s.drain()
    clock.pass(1_100 * DAY_MS)
    await writeFile(archive, 'no folder')
    const kept = desk()
    await expect(kept.run()).rejects.toThrow('ENOTDIR')
    expect(events.at(-1)).toMatchObject({ code: 'retention.failed' })
    expect(await opened.ledger.journal.message(id)).toBeDefined()
    await rm(archive)
    expect(await kept.run()).toMatchObject({ stories: { finished: 1 } })
    expect(events.map(({ code }) => code)).toContain('retention.resumed')
    await kept.close()
  })
})
