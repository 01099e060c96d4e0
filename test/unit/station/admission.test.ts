import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { stationSchema } from '../../../core/config/schema.ts'
import type { YizhanEvent } from '../../../core/events/event.ts'
import type { Backlog } from '../../../core/ledger/port.ts'
import { Admission } from '../../../station/admission.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'yizhan-admission-'))
})
afterEach(() => {
  vi.useRealTimers()
  rmSync(folder, { recursive: true })
})

it('looks no more once it has been stopped, also while it was looking, and says nothing of what it could not see then', async () => {
  let fail: (error: Error) => void = () => undefined
  let looks = 0
  const asked = new Promise<void>((resolve) => {
    const backlog = (): Promise<Backlog> =>
      new Promise((_, reject) => {
        looks++
        fail = reject
        resolve()
      })
    const events: YizhanEvent[] = []
    const { limits } = stationSchema.parse({ name: 'st', limits: { freeDiskBytes: 10_000 } })
    admission = {
      events,
      of: new Admission({
        limits: () => limits,
        folder,
        journal: { backlog },
        clock: { now: () => 0 },
        sink: { emit: (event) => void events.push(event) },
      }),
    }
  })
  const started = admission.of.start()
  await asked
  vi.useFakeTimers()
  admission.of.stop()
  fail(new Error('the ledger is closed'))
  await started
  expect(vi.getTimerCount()).toBe(0)
  expect(admission.events.map(({ code }) => code)).toEqual(['station.reserve-kept'])
  expect(looks).toBe(1)
})

let admission: { readonly events: readonly YizhanEvent[]; readonly of: Admission }
