import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync } from 'node:fs'
import { link, mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { projectHome } from '../../../core/config/home.ts'
import type { YizhanEvent } from '../../../core/events/event.ts'
import { NO_AUDIT_KEYS } from '../../../core/ledger/audit-key.ts'
import { openLedger, type OpenedLedger } from '../../../core/ledger/open.ts'
import { restoreStation } from '../../../station/backup/restore.ts'
import { takeBackup, type Backup } from '../../../station/backup/take.ts'
import { stationFolder, type StationFolder } from '../../../station/setup/station-folder.ts'
import { bodyOf, push, REFUSED, Steps, TestClock } from '../../conformance/lib/ledger-kit.ts'

/** Backups of a folder whose ledger goes on, and what comes back out of them. */

const HOP = { maxAttempts: 1, backoffMs: 1, maxBackoffMs: 1 }
/** Two large bodies fill a volume. */
const VOLUME = 25_000

let home: string
let station: StationFolder
let to: string
let clock: TestClock
let opened: OpenedLedger
let steps: Steps
beforeEach(async () => {
  events.length = 0
  home = await mkdtemp(join(tmpdir(), 'yizhan-backup-'))
  station = stationFolder(join(home, 's'))
  to = join(home, 'backups')
  for (const folder of [station.config, station.flows, join(station.data, 'held'), join(station.data, 'systems', 'a')])
    await mkdir(folder, { recursive: true })
  await writeFile(join(station.config, 'station.yaml'), 'name: st\n')
  await writeFile(station.secrets, '{}', { mode: 0o600 })
  clock = new TestClock()
  await open(station)
})
afterEach(async () => {
  await opened.ledger.close()
  await rm(home, { recursive: true })
})

const events: YizhanEvent[] = []
async function open({ data }: StationFolder, witness?: string): Promise<void> {
  opened = await openLedger({
    folder: data,
    station: 'st',
    clock,
    hop: HOP,
    maxVolumeBytes: VOLUME,
    witness,
    onEvent: (event) => events.push(event),
  })
  steps = new Steps({ ...opened, reopen: () => Promise.resolve(), remove: () => Promise.resolve() }, clock)
  await steps.subscribe()
}

let ids = 0
/** never twice, also where a ledger was opened again */
const next = (): string => `st-${(++ids).toString().padStart(6, '0')}`

const backup = (): Promise<Backup> => {
  clock.pass(1_000)
  return takeBackup(station, to, { clock, auditKeys: NO_AUDIT_KEYS })
}

/** So many documents with a large body each, delivered to nobody yet. */
async function accepted(count: number): Promise<string[]> {
  const digests: string[] = []
  for (let n = 0; n < count; n++) {
    const large = bodyOf(`${next()} `.repeat(1_000))
    digests.push(large.digest)
    const file = {
      digest: large.digest,
      name: 'a.txt',
      mediaType: 'text/plain',
      size: large.bytes.length,
      role: 'main' as const,
    }
    await steps.accepted({ ...steps.document({ id: next() }), files: [file] }, { bodies: [large] })
  }
  return digests
}

const volumes = async (folder: string): Promise<string[]> =>
  (await readdir(join(folder, 'data', 'content'))).filter((name) => name.endsWith('.vol'))

describe('a backup', { timeout: 60_000 }, () => {
  it('has all that the ledger names at that moment, and goes back into a folder that goes on', async () => {
    const digests = await accepted(5)
    await writeFile(join(station.data, 'held', 'one.json'), '{}')
    const { folder, manifest } = await backup()
    expect(manifest.faults).toEqual([])
    await accepted(1)
    await opened.ledger.close()
    const again = await restoreStation(folder, join(home, 'again'))
    await open(again.station)
    for (const digest of digests) expect((await opened.content.read(digest)).byteLength).toBeGreaterThan(8_000)
    expect(await opened.ledger.journal.verify()).toMatchObject({ ok: true })
    expect((await opened.ledger.journal.backlog()).hops).toEqual({ issue: 5 })
    expect(await readFile(join(again.station.data, 'held', 'one.json'), 'utf8')).toBe('{}')
    for (const path of ['ledger.db', 'content/000001.vol', 'held/one.json'])
      expect((await stat(join(again.station.data, path))).mode & 0o077, path).toBe(0)
  })

  it('has neither secrets nor what rests in a spool', async () => {
    await mkdir(join(station.data, 'systems', 'a', 'spool'))
    await writeFile(join(station.data, 'systems', 'a', 'spool', 'x'), 'x')
    await writeFile(join(station.data, 'systems', 'a', 'register.jsonl'), 'y')
    const { manifest } = await backup()
    const paths = manifest.files.map(({ path }) => path)
    expect(paths).toContain('data/systems/a/register.jsonl')
    expect(paths.filter((path) => /spool|secret|\.lock|logs/u.test(path))).toEqual([])
  })

  it('shares whole volumes with the one before, and copies what has grown', async () => {
    await accepted(5)
    const first = await backup()
    const before = await Promise.all(
      (await volumes(first.folder)).map((name) => readFile(join(first.folder, 'data', 'content', name))),
    )
    await accepted(2)
    const second = await backup()
    expect((await volumes(first.folder)).length).toBe(3)
    expect(second.shared).toBe(2)
    const inode = async (one: Backup, name: string): Promise<number> =>
      (await stat(join(one.folder, 'data', 'content', name))).ino
    expect(await inode(second, '000001.vol')).toBe(await inode(first, '000001.vol'))
    expect(await inode(second, '000003.vol')).not.toBe(await inode(first, '000003.vol'))
    const after = await Promise.all(
      (await volumes(first.folder)).map((name) => readFile(join(first.folder, 'data', 'content', name))),
    )
    expect(after).toEqual(before)
    expect(second.manifest.faults).toEqual([])
  })

  it('shares nothing with one of another history', async () => {
    await accepted(5)
    const { folder } = await backup()
    await accepted(2)
    await backup()
    await opened.ledger.close()
    station = (await restoreStation(folder, join(home, 'again'))).station
    await open(station)
    await accepted(3)
    const third = await backup()
    // that before the loss has passed links that this one never had; the first is its own past
    expect(third.shared).toBe(2)
    expect(third.manifest.faults).toEqual([])
  })

  it('says what is damaged, and is there all the same', async () => {
    const [digest = ''] = await accepted(3)
    await truncate(join(station.data, 'content', '000001.vol'), 10_000)
    const { manifest } = await backup()
    expect(manifest.faults).toEqual([expect.stringContaining('000001.vol')])
    expect(digest).not.toBe('')
  })

  it.each(['backup.volume', 'backup.named'])(
    'killed at %s it has no name, and the next one is whole',
    async (point) => {
      await accepted(5)
      const armed = join(home, 'failpoint')
      await writeFile(armed, point)
      const child = spawn(
        process.execPath,
        [join(projectHome(), 'station', 'cli.ts'), 'backup', station.root, '--to', to],
        {
          env: { PATH: process.env['PATH'], YIZHAN_FAILPOINT_FILE: armed },
          stdio: 'ignore',
        },
      )
      expect((await once(child, 'exit'))[1]).toBe('SIGKILL')
      expect((await readdir(to)).filter((name) => /^\d/u.test(name))).toEqual([])
      await accepted(1)
      const { folder, manifest } = await backup()
      expect(manifest.faults).toEqual([])
      await restoreStation(folder, join(home, 'again'))
      expect((await readdir(to)).filter((name) => name === '.partial')).toEqual([])
    },
  )

  it('goes on with a volume that an attempt before has begun, never with one that it shares', async () => {
    await accepted(1)
    const first = await backup()
    // as a kill after the linking leaves it
    const draft = join(to, '.partial', 'data', 'content')
    await mkdir(draft, { recursive: true })
    await link(join(first.folder, 'data', 'content', '000001.vol'), join(draft, '000001.vol'))
    const { size } = await stat(join(first.folder, 'data', 'content', '000001.vol'))
    await accepted(1)
    expect((await backup()).manifest.faults).toEqual([])
    expect((await stat(join(first.folder, 'data', 'content', '000001.vol'))).size).toBe(size)
  })
})

describe('a restoration', { timeout: 60_000 }, () => {
  it('refuses a folder with something in it, what is no backup, and a backup that was changed', async () => {
    await accepted(1)
    const { folder } = await backup()
    await expect(restoreStation(folder, station.root)).rejects.toMatchObject({ code: 'FOLDER_NOT_EMPTY' })
    await expect(restoreStation(to, join(home, 'again'))).rejects.toMatchObject({ code: 'BACKUP_UNKNOWN' })
    appendFileSync(join(folder, 'data', 'content', '000001.vol'), 'x')
    await expect(restoreStation(folder, join(home, 'again'))).rejects.toMatchObject({
      code: 'BACKUP_DAMAGED',
      facts: { value: '1', detail: 'data/content/000001.vol' },
    })
    expect((await readdir(home)).sort()).toEqual(['backups', 's'])
  })

  it('refuses a manifest that names what lies outside', async () => {
    const { folder } = await backup()
    const path = join(folder, 'manifest.json')
    await writeFile(path, (await readFile(path, 'utf8')).replace('"data/ledger.db"', '"../../s/secrets.json"'))
    await expect(restoreStation(folder, join(home, 'again'))).rejects.toMatchObject({ code: 'BACKUP_UNKNOWN' })
  })

  it('puts what may have been delivered since in doubt, and what flows make of what they had not finished', async () => {
    const [sent] = await steps.sent(steps.document({ id: next() }), [push('finance')])
    const [refused] = await steps.sent(steps.document({ id: next() }), [push('finance')])
    await steps.delivered(refused?.row ?? '', REFUSED)
    const [done] = await steps.sent(steps.document({ id: next() }), [push('finance')])
    await steps.delivered(done?.row ?? '')
    await steps.accepted(steps.document({ id: next() }))
    const { folder } = await backup()
    await opened.ledger.close()

    const again = await restoreStation(folder, join(home, 'again'))
    await open(again.station)
    expect(await readdir(again.station.data)).not.toContain('restored.json')
    expect(events).toMatchObject([
      { code: 'delivery.in-doubt', row: sent?.row, error: 'IN_DOUBT' },
      { code: 'delivery.in-doubt', row: refused?.row },
      { code: 'ledger.restored', detail: expect.stringContaining('2 件') as string },
    ])
    expect(await steps.claimed(sent?.row ?? '')).toMatchObject({ inDoubt: true, restored: true })
    const { announce } = await steps.committed(await steps.claimHop(), [
      { message: 'input', targets: [push('finance')] },
    ])
    expect(await steps.claimed(announce[0]?.row ?? '')).toMatchObject({ inDoubt: true, restored: true })
    const [fresh] = await steps.sent(steps.document({ id: next() }), [push('finance')])
    expect(await steps.claimed(fresh?.row ?? '')).toMatchObject({ inDoubt: false, restored: false })
    expect(await opened.ledger.journal.verify()).toMatchObject({ ok: true })
  })

  it('is booked once, and what was claimed when it was killed keeps its doubt', async () => {
    const [sent] = await steps.sent(steps.document({ id: next() }), [push('finance')])
    const { folder } = await backup()
    await opened.ledger.close()
    const again = await restoreStation(folder, join(home, 'again'))
    const mark = await readFile(join(again.station.data, 'restored.json'))
    await open(again.station)
    await steps.claimed(sent?.row ?? '')
    await opened.ledger.close()
    await writeFile(join(again.station.data, 'restored.json'), mark)
    await open(again.station)
    expect(events.filter(({ code }) => code === 'ledger.restored')).toHaveLength(1)
    await steps.sweep()
    expect(await steps.claimed(sent?.row ?? '')).toMatchObject({ inDoubt: true, restored: true })
  })

  it('begins the witnesses anew, also one on another disk that has seen more', async () => {
    const witness = join(home, 'witness.end')
    await opened.ledger.close()
    await open(station, witness)
    await accepted(1)
    const { folder } = await backup()
    await accepted(3)
    await opened.ledger.close()
    const again = await restoreStation(folder, join(home, 'again'))
    await open(again.station, witness)
    await opened.ledger.close()
    await open(again.station, witness)
    expect(await opened.ledger.journal.verify()).toMatchObject({ ok: true })
  })
})
