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
  readonly stdin = new PassThrough()
  readonly stdio = [null, null, null, new PassThrough()]
  readonly kill = vi.fn()
}

const START = {
  link: { port: 1, token: 'token' },
  editor: { host: '127.0.0.1', port: 2, hosts: [], strict: false },
  proxies: [],
  credentialSecret: 'a secret for tests',
  drainMs: 1_000,
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
      start: START,
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

  it('tells a flow process what it needs, and nothing of it nor of the station’s own by the environment', () => {
    const child = new FakeProcess()
    vi.mocked(spawn).mockReturnValue(child as unknown as ChildProcess)
    vi.stubEnv('YIZHAN_SECRET_FILES_HMAC', 'a secret of the station')
    vi.stubEnv('YIZHAN_SECRETS_FILE', '/srv/secrets.json')
    vi.stubEnv('AMQP_PASSWORD', 'a secret of somebody')
    vi.stubEnv('PATH', '/bin')
    const config = stationSchema.parse({ name: 'st', flows: { environment: { WORD: '入境' }, allow: ['exec'] } })
    const supervisor = new FlowSupervisor({
      config: () => config,
      start: START,
      sink: new EventList(),
      clock: { now: () => 0 },
      drain: () => Promise.resolve(),
    })
    supervisor.start()
    const { env = {} } = vi.mocked(spawn).mock.lastCall?.[2] ?? {}
    expect(env).toMatchObject({ PATH: '/bin', WORD: '入境' })
    expect(JSON.stringify(env)).not.toMatch(/SECRET|PASSWORD|token|a secret/)
    const told = JSON.parse(String(child.stdin.read())) as unknown
    expect(told).toEqual({ ...START, allow: ['exec'], openPaths: [], silentMs: 10_000, apart: false })
    vi.clearAllTimers()
    vi.unstubAllEnvs()
  })
})
