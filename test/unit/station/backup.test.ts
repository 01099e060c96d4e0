import { Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync } from 'node:fs'
import { link, mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { projectHome } from '../../../core/config/home.ts'
import type { YizhanEvent } from '../../../core/events/event.ts'
import { NO_AUDIT_KEYS } from '../../../core/ledger/audit-key.ts'
import { openLedger, type OpenedLedger } from '../../../core/ledger/open.ts'
import { restoreStation, type RestoredStation } from '../../../station/backup/restore.ts'
import { takeBackup, type Backup } from '../../../station/backup/take.ts'
import { stationFolder, type StationFolder } from '../../../station/setup/station-folder.ts'
import { runYizhan } from '../../lib/yizhan.ts'
import { bodyOf, push, REFUSED, Steps, TestClock } from '../../conformance/lib/ledger-kit.ts'

/** Backups of a folder whose ledger goes on, in plain and encrypted, and what comes back out of them. */

const HOP = { maxAttempts: 1, backoffMs: 1, maxBackoffMs: 1 }
/** Two large bodies fill a volume. */
const VOLUME = 25_000

/** The key stands where the station's machine is not. */
const key = await generateX25519Identity()
const encryptTo = [await identityToRecipient(key)]
let isSealed = false
let identity: string
const stored = (name: string): string => (isSealed ? `${name}.age` : name)

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
  await writeFile(
    join(station.config, 'station.yaml'),
    `name: st\nbackup: ${JSON.stringify(isSealed ? { encryptTo } : {})}\n`,
  )
  identity = join(home, 'key.txt')
  await writeFile(identity, `# created: 2026-01-01\n# public key: ${encryptTo[0]}\n${key}\n`, { mode: 0o600 })
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
  return takeBackup(station, to, { clock, auditKeys: NO_AUDIT_KEYS, encryptTo: isSealed ? encryptTo : undefined })
}
const restore = (folder: string, into: string): Promise<RestoredStation> => restoreStation(folder, into, { identity })

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
  (await readdir(join(folder, 'data', 'content'))).filter((name) => name.endsWith(stored('.vol')))

describe.each([false, true])('a backup, encrypted: %s', { timeout: 60_000 }, (sealed) => {
  beforeAll(() => {
    isSealed = sealed
  })

  it('has all that the ledger names at that moment, and goes back into a folder that goes on', async () => {
    const digests = await accepted(5)
    await writeFile(join(station.data, 'held', 'one.json'), '{}')
    const { folder, manifest } = await backup()
    expect(manifest.faults).toEqual([])
    await accepted(1)
    await opened.ledger.close()
    const again = await restore(folder, join(home, 'again'))
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
      (await stat(join(one.folder, 'data', 'content', stored(name)))).ino
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
    station = (await restore(folder, join(home, 'again'))).station
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
      await restore(folder, join(home, 'again'))
      expect((await readdir(to)).filter((name) => name === '.partial')).toEqual([])
    },
  )

  it('goes on with a volume that an attempt before has begun, never with one that it shares', async () => {
    await accepted(1)
    const first = await backup()
    // as a kill after the linking leaves it
    const draft = join(to, '.partial', 'data', 'content')
    await mkdir(draft, { recursive: true })
    await link(join(first.folder, 'data', 'content', stored('000001.vol')), join(draft, stored('000001.vol')))
    const { size } = await stat(join(first.folder, 'data', 'content', stored('000001.vol')))
    await accepted(1)
    expect((await backup()).manifest.faults).toEqual([])
    expect((await stat(join(first.folder, 'data', 'content', stored('000001.vol')))).size).toBe(size)
  })
})

describe('a restoration', { timeout: 60_000 }, () => {
  beforeAll(() => {
    isSealed = false
  })

  it('refuses a folder with something in it, what is no backup, and a backup that was changed', async () => {
    await accepted(1)
    const { folder } = await backup()
    await expect(restoreStation(folder, station.root)).rejects.toMatchObject({ code: 'FOLDER_NOT_EMPTY' })
    await expect(restoreStation(to, join(home, 'again'))).rejects.toMatchObject({ code: 'BACKUP_UNKNOWN' })
    appendFileSync(join(folder, 'data', 'content', '000001.vol'), 'x')
    await expect(restoreStation(folder, join(home, 'again'))).rejects.toMatchObject({
      code: 'BACKUP_DAMAGED',
      facts: { value: '1', detail: expect.stringContaining('data/content/000001.vol（') as string },
    })
    expect((await readdir(home)).sort()).toEqual(['backups', 'key.txt', 's'])
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

    const again = await restore(folder, join(home, 'again'))
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
    const again = await restore(folder, join(home, 'again'))
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
    const again = await restore(folder, join(home, 'again'))
    await open(again.station, witness)
    await opened.ledger.close()
    await open(again.station, witness)
    expect(await opened.ledger.journal.verify()).toMatchObject({ ok: true })
  })
})

describe('an encrypted backup', { timeout: 60_000 }, () => {
  beforeAll(() => {
    isSealed = true
  })

  const again = (): string => join(home, 'again')
  /** with the secret in a submission, in a register, in the ledger */
  async function taken(): Promise<Backup> {
    await accepted(3)
    await writeFile(join(station.data, 'systems', 'a', 'register.jsonl'), '机要 in a register\n')
    return backup()
  }

  it('has nothing in plain but its manifest, nor leaves anything in plain behind', async () => {
    const { folder } = await taken()
    const names = await readdir(folder, { recursive: true, withFileTypes: true })
    const files = names.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name))
    expect(files.length).toBeGreaterThan(4)
    for (const file of files) {
      const bytes = await readFile(file)
      if (file.endsWith('manifest.json')) expect(bytes.toString()).not.toMatch(/a\.txt|机要|AGE-SECRET/u)
      else expect(bytes.subarray(0, 21).toString(), file).toBe('age-encryption.org/v1')
    }
    expect(await readdir(station.data)).not.toContain('backup.ledger')
  })

  it('is opened by the age of others, file by file', async () => {
    const { folder } = await taken()
    const decrypt = async (path: string): Promise<Buffer> =>
      (
        await promisify(execFile)('age', ['--decrypt', '--identity', identity, join(folder, path)], {
          encoding: 'buffer',
        })
      ).stdout
    expect((await decrypt('data/systems/a/register.jsonl.age')).toString()).toBe('机要 in a register\n')
    const volume = await readFile(join(station.data, 'content', '000001.vol'))
    expect((await decrypt('data/content/000001.vol.age')).equals(volume)).toBe(true)
  })

  it('copies whole volumes again where the keys have changed', async () => {
    await taken()
    clock.pass(1_000)
    const other = [await identityToRecipient(await generateX25519Identity()), ...encryptTo]
    const both = await takeBackup(station, to, { clock, auditKeys: NO_AUDIT_KEYS, encryptTo: other })
    expect(both.shared).toBe(0)
    clock.pass(1_000)
    const turned = await takeBackup(station, to, { clock, auditKeys: NO_AUDIT_KEYS, encryptTo: other.toReversed() })
    expect(turned.shared).toBeGreaterThan(0)
    await restore(turned.folder, again())
  })

  it('wants the private key, and the right one', async () => {
    const { folder } = await taken()
    await expect(restoreStation(folder, again())).rejects.toMatchObject({ code: 'BACKUP_ENCRYPTED' })
    await writeFile(identity, await generateX25519Identity())
    await expect(restore(folder, again())).rejects.toMatchObject({
      code: 'BACKUP_KEY_OTHER',
      facts: { value: encryptTo[0], detail: identity },
    })
    await writeFile(identity, `# a remark\n${key.slice(0, -1)}\n`)
    const unreadable = await restore(folder, again()).catch((error: unknown) => error)
    expect(unreadable).toMatchObject({ code: 'IDENTITY_UNREADABLE' })
    expect(String(unreadable)).toContain('2')
    expect(String(unreadable)).not.toContain(key.slice(0, 40))
    await rm(identity)
    await expect(restore(folder, again())).rejects.toMatchObject({ code: 'IDENTITY_UNREADABLE' })
    expect(await readdir(home)).not.toContain('again')
  })

  it.each([
    ['a flipped byte of a header', (bytes: Buffer) => flipped(bytes, 60), '000002.vol.age（无法解密'],
    ['a flipped byte of its text', (bytes: Buffer) => flipped(bytes, bytes.length - 40), '000002.vol.age（无法解密'],
    ['a file that ends before', (bytes: Buffer) => bytes.subarray(0, -1), '000002.vol.age（'],
    ['a file that is gone', () => undefined, '000002.vol.age（缺失'],
    ['a file of another backup', () => Buffer.from('x'), '000002.vol.age（1 字节'],
  ])('tells %s, and writes nothing', async (_, change, told) => {
    const { folder } = await taken()
    const file = join(folder, 'data', 'content', '000002.vol.age')
    const bytes = change(await readFile(file))
    if (bytes === undefined) await rm(file)
    else await writeFile(file, bytes)
    await expect(restore(folder, again())).rejects.toMatchObject({
      code: 'BACKUP_DAMAGED',
      facts: { value: '1', detail: expect.stringContaining(told) as string },
    })
    expect(await readdir(home)).not.toContain('again')
  })

  it('tells a file that was encrypted to the same key by somebody else', async () => {
    const { folder, manifest } = await taken()
    const { sealed } = manifest.files.find(({ path }) => path === 'config/station.yaml') ?? {}
    const encrypter = new Encrypter()
    for (const one of encryptTo) encrypter.addRecipient(one)
    const { size } = await stat(join(station.config, 'station.yaml'))
    const forged = await encrypter.encrypt(Buffer.alloc(size, ' '))
    expect(forged).toHaveLength(sealed?.bytes ?? 0)
    await writeFile(join(folder, 'config', 'station.yaml.age'), forged)
    await expect(restore(folder, again())).rejects.toMatchObject({
      facts: { detail: expect.stringContaining('config/station.yaml.age（内容不符') as string },
    })
  })

  it('refuses a private key in the configuration without telling it', async () => {
    await writeFile(join(station.config, 'station.yaml'), `name: st\nbackup: { encryptTo: [${key}] }\n`)
    const { code, err, out } = await runYizhan(['backup', station.root, '--to', to])
    expect(code).toBe(2)
    expect(err).toMatch(/station\.yaml:2 backup\.encryptTo\[0\][\s\S]*private key/u)
    expect(err + out).not.toContain(key)
  })
})

function flipped(bytes: Buffer, at: number): Buffer {
  const changed = Buffer.from(bytes)
  changed.writeUInt8(changed.readUInt8(at) ^ 1, at)
  return changed
}
