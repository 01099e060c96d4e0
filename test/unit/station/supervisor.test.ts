import { spawn, type ChildProcess } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { stationSchema } from '../../../core/config/schema.ts'
import { FlowSupervisor } from '../../../station/flows/supervisor.ts'
import { EventList } from '../../lib/events.ts'

vi.mock('node:child_process', () => ({ spawn: vi.fn() }))

class FakeProcess extends EventEmitter {
  readonly pid = 4711
  exitCode: number | null = null
  signalCode: string | null = null
  readonly stdio = [null, null, null, new PassThrough()]
  readonly kill = vi.fn()
}

describe('the supervisor of the flow process', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout', 'performance'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('goes by time that passes: no clock that jumps makes a process silent, nor a silent one heard', () => {
    const child = new FakeProcess()
    vi.mocked(spawn).mockReturnValue(child as unknown as ChildProcess)
    let at = 0
    const events = new EventList()
    const config = stationSchema.parse({ name: 'st', flows: { silentMs: 5_000 } })
    const supervisor = new FlowSupervisor({
      config: () => config,
      environment: {},
      sink: events,
      clock: { now: () => at },
      drain: () => Promise.resolve(),
    })
    supervisor.start()
    supervisor.heard(child.pid, 1)
    at += 3600_000
    vi.advanceTimersByTime(5_000)
    expect(child.kill).not.toHaveBeenCalled()
    at -= 7200_000
    vi.advanceTimersByTime(12_000)
    expect(child.kill).toHaveBeenCalledExactlyOnceWith('SIGKILL')
    expect(events.of('flows.stuck')).toMatchObject([{ detail: expect.stringContaining('silent') as string }])
    vi.clearAllTimers()
  })
})
