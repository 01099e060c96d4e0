import { expect, it, onTestFinished } from 'vitest'
import { Killer } from '../../../sandbox/launch/killer.ts'
import type { StationProcess } from '../../../sandbox/launch/station-process.ts'
import type { City } from '../../../sandbox/oa/city.ts'
import { Progress } from '../../../sandbox/opening-day/progress.ts'
import type { Random } from '../../../sandbox/opening-day/random.ts'

it('a station that does not come back is told at the end, and ends nothing before: the day is still to be counted', async () => {
  const unhandled: unknown[] = []
  const note = (error: unknown): void => void unhandled.push(error)
  process.on('unhandledRejection', note)
  onTestFinished(() => void process.off('unhandledRejection', note))
  const gone = new Error('the station does not start')
  let asked = false
  const whenReady = (): Promise<never> => {
    asked = true
    return Promise.reject(gone)
  }
  const station = { current: { ready: true }, whenReady } as unknown as StationProcess
  const random = { integer: () => 0, next: () => 0 } as unknown as Random
  const killer = new Killer({
    station,
    city: {} as City,
    random,
    times: 1,
    progress: new Progress(() => undefined),
    ask: whenReady,
  })
  killer.start()
  // Node tells of what nobody handles when the turn is over.
  await new Promise((resolve) => setImmediate(resolve))
  expect(asked).toBe(true)
  await expect(killer.finish()).rejects.toBe(gone)
  expect(unhandled).toEqual([])
})
