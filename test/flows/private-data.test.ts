import { chmod, readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { flowsStation, runStation } from '../unit/station/lib/small-station.ts'

/** What lies below a folder and may be read or written by others. */
async function openBelow(folder: string): Promise<string[]> {
  const paths = [folder]
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }))
    paths.push(join(entry.parentPath, entry.name))
  const modes = await Promise.all(paths.map(async (path) => ({ path, mode: (await stat(path)).mode & 0o777 })))
  return modes.filter(({ mode }) => (mode & 0o077) !== 0).map(({ path, mode }) => `${mode.toString(8)} ${path}`)
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

  for (const name of ['ledger.db', 'logs', 'flows/issue.json']) await chmod(join(station.data, name), 0o755)
  await chmod(station.data, 0o755)
  const second = await start()
  expect(await openBelow(station.data)).toEqual([])
  await second.stop()
  const third = await start()
  await third.stop()
  expect(await told()).toBe(2)
})
