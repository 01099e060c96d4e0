import { mkdtemp, readdir, readFile, readlink, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { stationSchema } from '../../../core/config/schema.ts'
import { openLog } from '../../../core/events/log.ts'
import { mask } from '../../../core/events/mask.ts'
import { createMetrics } from '../../../core/events/metrics.ts'
import { systemClock } from '../../../core/util/clock.ts'
import { until } from '../../lib/wait.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'yizhan-log-'))
})
afterEach(() => rm(folder, { recursive: true }))

const config = { ...stationSchema.parse({ name: 'st' }).log, console: false }

describe('the log', () => {
  it('loses no file to a clock that jumps', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    try {
      for (const day of ['2026-03-01T12:00:00+08:00', '2036-03-01T12:00:00+08:00', '2026-03-02T12:00:00+08:00']) {
        vi.setSystemTime(new Date(day))
        const log = openLog({ folder, station: 'st', config, clock: systemClock })
        log.emit({ code: 'message.accepted', at: Date.now() })
        await log.close()
      }
    } finally {
      vi.useRealTimers()
    }
    const files = (await readdir(folder)).filter((file) => file.endsWith('.log'))
    expect(files.sort()).toEqual(['yizhan-2026-03-01.log', 'yizhan-2026-03-02.log', 'yizhan-2036-03-01.log'])
  })

  it('writes one JSON line an event, all of them on disk when closed, debug left out', async () => {
    const log = openLog({ folder, station: 'st', config, clock: systemClock })
    for (let i = 0; i < 500; i++)
      log.emit({
        code: 'message.accepted',
        at: Date.UTC(2011, 5, 1, 0, 0, 0, 7),
        message: `m${i}`,
        number: '周政办〔2011〕83号',
        detail: '联系电话 13800001234',
      })
    log.emit({ code: 'hop.committed', at: 0 })
    await log.close()
    const [name] = (await readdir(folder)).filter((file) => file.endsWith('.log'))
    const lines = (await readFile(join(folder, name ?? ''), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(lines).toHaveLength(500)
    expect(lines[499]).toMatchObject({
      at: '2011-06-01T08:00:00.007+08:00',
      level: 'info',
      station: 'st',
      code: 'message.accepted',
      message: 'm499',
      number: '周政办〔2011〕83号',
      detail: '联系电话 138****1234',
    })
    expect(lines[0]?.['text']).toBe('收文 accepted')
  })
})

/** What this process has open. */
async function openFiles(): Promise<string[]> {
  const names = await readdir('/proc/self/fd')
  return Promise.all(names.map((name) => readlink(join('/proc/self/fd', name)).catch(() => '')))
}

describe('a log that cannot be written', () => {
  it('stops nothing, and goes on in its file as soon as that can be', async () => {
    // Like a full disk: it can be opened, and every write fails.
    const now = new Date()
    const today = `${now.getFullYear()}-${String(now.getMonth() + 1).padStart(2, '0')}-${String(now.getDate()).padStart(2, '0')}`
    const file = join(folder, `yizhan-${today}.log`)
    await symlink('/dev/full', file)
    const log = openLog({ folder, station: 'st', config, clock: systemClock, againMs: 20 })
    log.emit({ code: 'station.started', at: 0, detail: 'lost' })
    await until(async () => (await openFiles()).includes('/dev/full'), { what: 'the file to be open' })
    await rm(file)
    await until(
      async () => {
        log.emit({ code: 'station.started', at: 0, detail: 'kept' })
        const text = await readFile(file, 'utf8')
        return text.includes('ENOSPC') && text.includes('kept') && !text.includes('lost')
      },
      { what: 'the lines from then on, and why those before are missing' },
    )
    await log.close()
  })
})

describe('masking', () => {
  it.each([
    ['13800001234', '138****1234'],
    ['电话：13800001234。', '电话：138****1234。'],
    [
      '86 在前：8613800001234，+8613800001234，008613800001234',
      '86 在前：86138****1234，+86138****1234，0086138****1234',
    ],
    ['41270119900101123X', '412701********123X'],
    ['序号 9999号 〔2011〕83号', '序号 9999号 〔2011〕83号'],
    ['st-mrx0k2-4113800001234', 'st-mrx0k2-4113800001234'],
  ])('%s', (text, masked) => {
    expect(mask(text)).toBe(masked)
  })
})

describe('metrics', () => {
  it('count events by code and system, and time steps', async () => {
    const metrics = createMetrics()
    for (let i = 0; i < 2; i++) metrics.emit({ code: 'system.open', at: 0, system: 'oa', number: '周政办〔2011〕83号' })
    metrics.emit({
      code: 'delivery.delivered',
      at: 0,
      system: 'oa',
      kind: 'document',
      ms: 12,
      number: '周政办〔2011〕83号',
    })
    metrics.gauge('yizhan_test', 'a test', ['of'], (set) => set(3, 'oa'))
    const text = await metrics.text()
    expect(text).toContain('yizhan_events_total{code="delivery.delivered",system="oa",kind="document"} 1')
    expect(text).toContain('yizhan_test{of="oa"} 3')
    // Of these two only the first needs a person.
    expect(text.match(/^yizhan_alarms_total\{.*$/gm)).toEqual(['yizhan_alarms_total{code="system.open",system="oa"} 2'])
    expect(text).not.toContain('周政办')
  })
})
