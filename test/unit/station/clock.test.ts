import { execFile } from 'node:child_process'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { projectHome } from '../../../core/config/home.ts'
import { until } from '../../lib/wait.ts'
import { runStation, smallStation, type SmallStation, type StationRun } from './lib/small-station.ts'

/** A running station whose computer's clock is set: `yizhan clock` shows it, and confirms it. */

const DAY = 24 * 3600_000
const run = promisify(execFile)
let small: SmallStation
let clock: string
beforeEach(async () => {
  small = await smallStation()
  clock = join(small.folder, 'clock')
  await set(0)
})
afterEach(() => rm(small.folder, { recursive: true }))

const set = (ms: number): Promise<void> => writeFile(clock, String(ms))
const start = (): Promise<StationRun> =>
  runStation(small.arguments, {
    NODE_OPTIONS: `--import ${join(import.meta.dirname, 'lib', 'movable-time.ts')}`,
    YIZHAN_TEST_CLOCK: clock,
  })
async function cli(station: StationRun, ...args: string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [
    join(projectHome(), 'station', 'cli.ts'),
    ...['--station', station.said.http, '--secrets', small.secrets, ...args],
  ])
  return stdout
}
async function logged(code: string): Promise<number> {
  const names = (await readdir(join(small.data, 'logs'))).filter((name) => name.endsWith('.log'))
  const texts = await Promise.all(names.map((name) => readFile(join(small.data, 'logs', name), 'utf8')))
  return texts.join('').split(`"code":"${code}"`).length - 1
}
const told = (code: string, times = 1): Promise<unknown> =>
  until(async () => (await logged(code)) >= times, { what: code })

it(
  'a clock that jumps is told, and goes on when it is back or confirmed; also across restarts',
  { timeout: 120_000 },
  async () => {
    let station = await start()
    expect(await cli(station, 'clock')).toContain('正常')
    await expect(cli(station, 'clock', 'accept')).rejects.toThrow(/CLOCK_NOT_HELD/)
    await set(8 * DAY)
    await told('clock.held')
    const before = JSON.parse(await cli(station, '--json', 'clock')) as {
      now: string
      gap: { since: string; ms: number }
    }
    expect(before.gap.since).toBe('running')
    expect(Math.abs(Date.parse(before.now) - Date.now())).toBeLessThan(DAY)
    await set(0)
    await told('clock.back')
    await set(8 * DAY)
    await told('clock.held', 2)
    expect(await cli(station, 'clock', 'accept')).toContain('已确认')
    await told('clock.accepted')
    const after = JSON.parse(await cli(station, '--json', 'clock')) as { now: string }
    expect(Math.abs(Date.parse(after.now) - Date.now() - 8 * DAY)).toBeLessThan(DAY)
    expect(await station.stop()).toBe(0)

    // five days off: not forgotten by another restart
    await set(13 * DAY)
    for (const times of [3, 4]) {
      station = await start()
      await told('clock.held', times)
      expect(await cli(station, 'clock')).toContain('距上次登记')
      expect(await station.stop()).toBe(0)
    }
    station = await start()
    await cli(station, 'clock', 'accept')
    expect(await station.stop()).toBe(0)
    station = await start()
    expect(await cli(station, 'clock')).toContain('正常')
    expect(await cli(station, 'audit')).toContain('完整')
    expect(await station.stop()).toBe(0)
  },
)
