import { chmod, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { STATION_NAMES } from '../../core/util/private-files.ts'
import { openBelow } from '../lib/open-below.ts'
import { flowsStation, runStation } from '../unit/station/lib/small-station.ts'

async function leaveOpen(file: string): Promise<void> {
  await mkdir(join(file, '..'), { recursive: true })
  await writeFile(file, '{}')
}

it('everything that a station and its flows write is its owner’s alone, and what was open is closed and told once', async () => {
  const station = await flowsStation()
  onTestFinished(() => rm(station.folder, { recursive: true }))
  // Whoever starts it leaves everything open.
  const start = () => runStation(station.arguments, {}, '0000')
  const told = async (): Promise<number> => {
    const logs = (await readdir(join(station.data, 'logs'))).filter((name) => name.endsWith('.log'))
    const texts = await Promise.all(logs.map((name) => readFile(join(station.data, 'logs', name), 'utf8')))
    return texts.join('').split('"code":"data.narrowed"').length - 1
  }
  const first = await start()
  // While the write-ahead log is there.
  expect(await openBelow(station.data)).toEqual([])
  expect(await readdir(station.data)).toEqual(
    expect.arrayContaining(['ledger.db', 'ledger.db-wal', 'ledger.db-shm', 'content', 'logs', 'flows', 'editor']),
  )
  expect((await stat(`${station.data}.end`)).mode & 0o077).toBe(0)
  await first.stop()
  expect(await told()).toBe(1)

  // As an earlier version, a copy or a restored backup may have left it.
  for (const name of [
    'systems/sms/reports.jsonl',
    'systems/archive/batches/1/a.xml',
    'systems/ldap/snapshot.json',
    'held/1/raw',
    'flows.copy/a.json',
  ])
    await leaveOpen(join(station.data, name))
  const there = await readdir(station.data)
  expect(STATION_NAMES).toEqual(expect.arrayContaining(there))
  for (const name of await readdir(station.data, { recursive: true })) await chmod(join(station.data, name), 0o777)
  for (const path of [station.data, `${station.data}.end`]) await chmod(path, 0o755)
  const second = await start()
  expect(await openBelow(station.data)).toEqual([])
  expect((await stat(`${station.data}.end`)).mode & 0o077).toBe(0)
  await second.stop()
  const third = await start()
  await third.stop()
  expect(await told()).toBe(2)
})
