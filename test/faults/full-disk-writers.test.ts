import { mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { Register } from '../../adapters/archive/register.ts'
import { snapshotOf } from '../../adapters/directory/model.ts'
import { snapshotStore } from '../../adapters/directory/snapshot.ts'
import { writeWhole } from '../../adapters/kit/files/durable.ts'
import { KeptReports } from '../../adapters/sms/kept-reports.ts'
import { stationSchema } from '../../core/config/schema.ts'
import { createHeldStore } from '../../core/door/held.ts'
import type { HeldDraft } from '../../core/door/port.ts'
import { asYizhanError } from '../../core/errors/error.ts'
import type { YizhanEvent } from '../../core/events/event.ts'
import { openLog } from '../../core/events/log.ts'
import { anchorsIn } from '../../core/ledger/anchor.ts'
import { auditKey } from '../../core/ledger/audit-key.ts'
import { Witness } from '../../core/ledger/witness.ts'
import { GuardedClock } from '../../core/util/guarded-clock.ts'
import { putRelease } from '../../station/flow-store/release.ts'
import { Anchors } from '../../station/anchors.ts'
import { ClockWatch } from '../../station/clock-watch.ts'
import { PlacedStationFile, readStationFile } from '../../station/station-file.ts'
import { TestClock } from '../conformance/lib/ledger-kit.ts'
import { until } from '../lib/wait.ts'
import { FilesRig, submission } from '../unit/files/lib/rig.ts'
import { SmallDisk } from './lib/small-disk.ts'

/** Each thing that a station writes, on a disk of its own that is full, and then is not. */

function smallDisk(bytes = 256 * 1024, folder?: string): SmallDisk {
  const disk = new SmallDisk(bytes, folder)
  onTestFinished(() => disk.close())
  return disk
}

/** What it is told as: a caller is asked to come again. */
const full = async (work: Promise<unknown>): Promise<void> => {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => asYizhanError(thrown),
  )
  expect(error).toMatchObject({
    code: 'OVERLOADED',
    retryable: true,
    message: expect.stringContaining('磁盘已满') as string,
  })
}
/** Whether this process has a file of that folder open. */
const isOpenBelow = (folder: string): boolean =>
  readdirSync('/proc/self/fd').some((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(folder)
    } catch {
      // Closed meanwhile.
      return false
    }
  })
const filesIn = (folder: string): string[] => readdirSync(folder).filter((name) => name !== 'filler')

it('the witness tells it once, and knows the end of the chain again with the first write that finds room', () => {
  const disk = smallDisk()
  const troubles: unknown[] = []
  const file = join(disk.folder, 'ledger.end')
  const witness = new Witness(file, (thrown) => troubles.push(thrown))
  disk.fillTo(0)
  for (let links = 1; links <= 3; links++) witness.write({ station: 'st', links, hash: 'h' })
  expect(troubles).toMatchObject([{ code: 'ENOSPC' }])
  disk.empty()
  witness.write({ station: 'st', links: 4, hash: 'h' })
  witness.close()
  expect(new Witness(file, (thrown) => troubles.push(thrown)).read()).toEqual({ station: 'st', links: 4, hash: 'h' })
  expect(troubles).toHaveLength(1)
})

it('the log stops nobody, and says in its file which lines are missing', async () => {
  const disk = smallDisk()
  const heard: YizhanEvent[] = []
  const log = openLog({
    folder: disk.folder,
    station: 'st',
    config: { ...stationSchema.parse({ name: 'st' }).log, console: false },
    clock: new TestClock(),
    againMs: 20,
    others: { emit: (event) => heard.push(event) },
  })
  const emit = (detail: string): void => log.emit({ code: 'station.started', at: 0, detail })
  const text = (): string =>
    filesIn(disk.folder)
      .filter((name) => name.endsWith('.log'))
      .map((name) => readFileSync(join(disk.folder, name), 'utf8'))
      .join('')
  emit('first')
  await until(() => text().includes('first'), { what: 'the first line' })
  disk.fillTo(0)
  emit('x'.repeat(10_000))
  await until(() => text().endsWith('x') && !isOpenBelow(disk.folder), { what: 'half a line, and the end of the file' })
  disk.empty()
  await until(() => heard.length > 0, { what: 'the event' })
  emit('kept')
  await until(() => text().endsWith('"kept"}\n'), { what: 'the lines from then on' })
  const [first, torn, why, kept] = text().trimEnd().split('\n')
  expect([first, kept].map((line) => JSON.parse(line ?? '') as object)).toMatchObject([
    { detail: 'first' },
    { detail: 'kept' },
  ])
  expect(JSON.parse(why ?? '')).toMatchObject({
    code: 'internal.error',
    detail: expect.stringContaining('ENOSPC') as string,
  })
  expect(torn).toMatch(/x$/)
  expect(heard).toMatchObject([{ code: 'internal.error' }])
  await log.close()
})

it('anchors are an alarm, and the half line that was left spoils none that comes later', async () => {
  const disk = smallDisk()
  const file = join(disk.folder, 'anchors')
  const events: YizhanEvent[] = []
  const key = auditKey('k')
  let links = 1
  const anchors = new Anchors({
    config: () => stationSchema.parse({ name: 'st', audit: { anchor: { file } } }),
    journal: { chainEnds: () => Promise.resolve([{ station: 'st', links, hash: 'a'.repeat(64) }]) },
    auditKeys: { current: key, of: () => key },
    bus: { broadcast: () => Promise.resolve() },
    clock: new TestClock(),
    sink: { emit: (event) => events.push(event) },
  })
  // A page is all that there is room for, and it is nearly full.
  writeFileSync(file, `${'x'.repeat(4_000)}\n`)
  disk.fillTo(0)
  await anchors.put()
  expect(events.map(({ code }) => code)).toEqual(['audit.anchored', 'audit.unanchored'])
  expect(readFileSync(file, 'utf8')).toMatch(/\n\{"station"[^\n}]*$/)
  disk.empty()
  links = 2
  await anchors.put()
  expect(anchorsIn(readFileSync(file, 'utf8')).map((anchor) => anchor.links)).toEqual([2])
})

it('a deploy is refused whole, and succeeds once there is room', async () => {
  const disk = smallDisk()
  const [flows, data] = ['flows', 'data'].map((name) => join(disk.folder, name)) as [string, string]
  mkdirSync(flows)
  mkdirSync(data)
  const release = (text: string) => ({
    put: new Map([
      ['one.json', text],
      ['two.json', text],
    ]),
    remove: [],
    beside: [{ path: join(data, 'credentials.json'), text, mode: 0o600 }],
  })
  const stands = (): string[] =>
    [join(flows, 'one.json'), join(flows, 'two.json'), join(data, 'credentials.json')].map((path) =>
      readFileSync(path, 'utf8').slice(0, 3),
    )
  await putRelease(flows, release('old'))
  // Room for the first file, and for a part of the second.
  disk.fillTo(24 * 1024)
  await full(putRelease(flows, release('new'.padEnd(16 * 1024))))
  expect(stands()).toEqual(['old', 'old', 'old'])
  disk.empty()
  await putRelease(flows, release('new'.padEnd(16 * 1024)))
  expect(stands()).toEqual(['new', 'new', 'new'])
  expect(filesIn(flows)).toEqual(['one.json', 'two.json'])
})

it('what is to be held for a person is not taken, and nothing of it stays', async () => {
  const disk = smallDisk()
  const held = createHeldStore(join(disk.folder, 'held'))
  const item = { id: `held-${'0'.repeat(24)}`, at: 0, system: 'oa', account: 'a', kind: 'document', why: '标题' }
  const draft = { ...item, units: '*', draft: { kind: 'document', title: '疑'.repeat(10_000) } } as unknown as HeldDraft
  disk.fillTo(8 * 1024)
  await full(held.keep(draft))
  expect(await held.list()).toEqual([])
  expect(readdirSync(join(disk.folder, 'held'))).toEqual([])
  disk.empty()
  await held.keep(draft)
  expect(await held.list()).toEqual([item])
  disk.fillTo(0)
  await full(held.judge(item.id, { refused: true }))
  expect(await held.list()).toEqual([item])
  disk.empty()
  await held.judge(item.id, { refused: true })
  expect([await held.list(), await held.verdict(item.id)]).toEqual([[], { refused: true }])
})

it('an archive’s register gives no number that it could not keep, and then the same one', async () => {
  const disk = smallDisk()
  const path = join(disk.folder, 'systems', 'archive', 'register.jsonl')
  const register = new Register(path)
  const counted = (n: number) => [{ series: 's', document: `d${n} ${'x'.repeat(3_000)}` }]
  expect(await register.numbers(counted(1))).toEqual([1])
  disk.fillTo(0)
  await full(register.numbers([...counted(2), ...counted(3)]))
  await full(register.send({ batch: 'b', delivery: 'd'.repeat(5_000), message: 'm', items: [] }))
  expect(await register.knows(counted(2))).toBe(false)
  disk.empty()
  expect(await register.numbers(counted(3))).toEqual([2])
  expect(await new Register(path).numbers([...counted(1), ...counted(3), ...counted(2)])).toEqual([1, 2, 3])
})

it('a status report is not answered until it is kept', async () => {
  const disk = smallDisk()
  const folder = join(disk.folder, 'systems', 'sms')
  const kept = new KeptReports(folder)
  await kept.load(0)
  const report = (part: string) => ({ part, to: '13800000001', state: 'delivered' as const, code: 'DELIVRD' })
  await kept.keep(report('1'), 0)
  disk.fillTo(0)
  await full(kept.keep(report('2'.repeat(5_000)), 0))
  disk.empty()
  await kept.keep(report('3'), 0)
  const parts = (await new KeptReports(folder).load(0)).map((one) => one.report.part)
  expect(parts).toEqual(['1', '3'])
})

it('a file that is replaced whole stays the old one, and nothing is left beside it', async () => {
  const disk = smallDisk()
  await writeWhole(disk.folder, 'package.zip', Buffer.from('old'))
  disk.fillTo(8 * 1024)
  for (let n = 0; n < 3; n++) await full(writeWhole(disk.folder, 'package.zip', Buffer.alloc(20_000)))
  expect(filesIn(disk.folder)).toEqual(['package.zip'])
  expect(readFileSync(join(disk.folder, 'package.zip'), 'utf8')).toBe('old')
  disk.empty()
  await writeWhole(disk.folder, 'package.zip', Buffer.alloc(20_000))
})

it('the directory’s snapshot of before serves on', async () => {
  const disk = smallDisk()
  const folder = join(disk.folder, 'directory')
  const store = snapshotStore(folder)
  const kept = (confirmedAt: number) => ({ confirmedAt, snapshot: snapshotOf([], []) })
  await store.save(kept(1))
  disk.fillTo(0)
  await full(store.save(kept(2)))
  expect(await store.load()).toMatchObject({ damaged: [], kept: { confirmedAt: 1 } })
  disk.empty()
  await store.save(kept(3))
  expect(await store.load()).toMatchObject({ damaged: [], kept: { confirmedAt: 3 } })
})

it('station.json is told as missing, and written once there is room', async () => {
  const disk = smallDisk()
  const told: unknown[] = []
  disk.fillTo(0)
  const placed = new PlacedStationFile(disk.folder, (thrown) => told.push(thrown))
  placed.write('http://127.0.0.1:8630', undefined)
  expect(told).toMatchObject([{ code: 'ENOSPC' }])
  expect(readStationFile(disk.folder)).toBeUndefined()
  disk.empty()
  await until(() => readStationFile(disk.folder)?.http === 'http://127.0.0.1:8630', { what: 'station.json' })
  expect(told).toHaveLength(1)
  placed.remove()
  expect(readStationFile(disk.folder)).toBeUndefined()
})

it('a clock that is held at the start is held all the same, and kept once there is room', () => {
  const disk = smallDisk()
  const events: YizhanEvent[] = []
  const clock = new GuardedClock({ now: () => 1e12, monotonic: () => 0 }, () => 72 * 3600_000)
  disk.fillTo(0)
  const watch = new ClockWatch(clock, { emit: (event) => events.push(event) }, 1, disk.folder)
  onTestFinished(() => watch.close())
  watch.look()
  expect(events.map(({ code, error }) => [code, error])).toEqual([
    ['internal.error', 'OVERLOADED'],
    ['clock.held', undefined],
  ])
  disk.empty()
  watch.look()
  expect(JSON.parse(readFileSync(join(disk.folder, 'clock.json'), 'utf8'))).toEqual({ booked: 1 })
})

it(
  'the file endpoint tells its client that the disk is full, loses nothing, and takes the same file again',
  { timeout: 60_000 },
  async () => {
    const rig = await FilesRig.open()
    onTestFinished(() => rig.close())
    await rig.adapter.close()
    const disk = new SmallDisk(512 * 1024, join(rig.t.folder, 'spool'))
    onTestFinished(() => disk.close())
    await rig.restart()
    const tax = await rig.sftp('tax')
    const file =
      '<file><name>附件.txt</name><content><xop:Include xmlns:xop="http://www.w3.org/2004/08/xop/include" href="a.txt"/></content></file>'
    const bytes = Buffer.alloc(100_000, '甲')
    // Room for a part of it: the first write is shorter than what was given.
    disk.fillTo(40 * 1024)
    await expect(tax.put('/out/a.txt', bytes)).rejects.toThrow(/磁盘已满/)
    disk.empty()
    await tax.put('/out/a.txt', bytes)
    await tax.put('/out/文.xml', submission('磁盘满过', '市国土局', file))
    await until(async () => (await tax.list('/receipts')).map(String).includes('文.xml'), { what: 'the receipt' })
    const [message] = await rig.t.flow()
    expect(message?.files.map(({ size }) => size)).toEqual([100_000])
  },
)
