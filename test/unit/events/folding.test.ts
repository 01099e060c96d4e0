import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { EVENTS, groupOf, type EventCode } from '../../../core/events/catalogue.ts'
import type { YizhanEvent } from '../../../core/events/event.ts'
import { Folding } from '../../../core/events/folding.ts'

const MINUTE = 60_000
const clock = { now: () => Date.now() }

let told: YizhanEvent[]
let toldAt: number[]
let folding: Folding
beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 7, 30, 1) })
  open()
})
afterEach(() => {
  folding.close()
  vi.useRealTimers()
})

function open(): void {
  told = []
  toldAt = []
  folding = new Folding((event) => {
    told.push(event)
    toldAt.push(Date.now())
  }, clock)
}

const emit = (code: EventCode, facts: Partial<YizhanEvent> = {}): void =>
  folding.emit({ code, at: Date.now(), ...facts })
const codes = (): EventCode[] => told.map(({ code }) => code)

/** The most lines that any sixty seconds have. */
function most(): number {
  return Math.max(0, ...toldAt.map((from) => toldAt.filter((at) => at >= from && at < from + MINUTE).length))
}

describe('what repeats', () => {
  it('is told at first, then counted at growing intervals, then is over', () => {
    for (let second = 0; second < 600; second++) {
      emit('account.rejected', { source: '10.0.0.9', actor: `a${second}` })
      vi.advanceTimersByTime(1_000)
    }
    expect(told.map(({ at, times }) => [(at - Date.UTC(2026, 7, 30, 1)) / MINUTE, times])).toEqual([
      [0, undefined],
      [1, 59],
      [6, 300],
    ])
    vi.advanceTimersByTime(2 * 60 * MINUTE)
    expect(told.slice(3).map(({ times, over }) => [times, over])).toEqual([
      [240, undefined],
      [600, true],
    ])
    expect(told.at(-1)?.detail).toBe('自 09:00:00 至 09:09:59 共 600 次，此后未再出现 / 600 times in all, not since')
    emit('account.rejected', { source: '10.0.0.9' })
    expect(told.at(-1)).not.toHaveProperty('times')
  })

  it('is told each time where it is rare, and never told to be over', () => {
    for (let n = 0; n < 5; n++) {
      emit('message.refused', { system: 'oa' })
      vi.advanceTimersByTime(MINUTE)
    }
    expect(told).toHaveLength(5)
    expect(told.some(({ times, over }) => times !== undefined || over !== undefined)).toBe(false)
  })

  it('is told apart by source, system and place, and by its words where it has none of them', () => {
    emit('account.rejected', { source: '10.0.0.9' })
    emit('account.rejected', { source: '10.0.0.8' })
    emit('hop.failed', { system: 'oa', place: '公文下发 / 收' })
    emit('hop.failed', { system: 'oa', place: '会议通知 / 收' })
    emit('internal.error', { detail: 'row 7 is not there' })
    emit('internal.error', { detail: 'row 8 is not there' })
    emit('internal.error', { detail: 'disk full' })
    expect(told).toHaveLength(6)
  })

  it('is left alone where it is no error, or what a person did', () => {
    for (let n = 0; n < 10; n++) {
      emit('message.accepted', { system: 'oa' })
      emit('dead-letter.dropped', { actor: 'li' })
    }
    expect(told).toHaveLength(20)
  })

  it('is left alone where it waits for a person, however often', () => {
    for (let n = 0; n < 10; n++) {
      emit('clock.held', { actor: 'station' })
      emit('delivery.held', { system: 'oa', row: `d${n}` })
      emit('dead-letter.added', { system: 'oa', row: `m${n}` })
      emit('message.held', { system: 'oa' })
    }
    expect(told).toHaveLength(40)
    expect(told.every(({ times }) => times === undefined)).toBe(true)
  })

  it('is told when the log closes', () => {
    for (let n = 0; n < 10; n++) emit('sms.garbage', { system: 'sms', detail: `n${n}` })
    folding.close()
    expect(told.map(({ times, detail }) => [times, detail?.slice(0, 2)])).toEqual([
      [undefined, 'n0'],
      [9, 'n9'],
    ])
  })

  it('leaves memory bounded, whoever comes from wherever', () => {
    for (let n = 0; n < 5_000; n++) emit('account.rejected', { source: `2001:db8::${n.toString(16)}` })
    expect(told.length).toBeLessThanOrEqual(1_001)
    folding.close()
    expect(told.reduce((sum, { times = 1 }) => sum + times, 0)).toBe(5_000)
  })
})

describe('a dead system', () => {
  const minuteOfTries = (): void => {
    for (let n = 0; n < 100; n++) {
      emit('delivery.retry', { system: 'oa', error: 'SYSTEM_UNREACHABLE', row: `d${n}` })
      if (n % 10 === 0) emit('delivery.in-doubt', { system: 'oa' })
      if (n === 4) emit('system.open', { system: 'oa' })
      if (n === 50) emit('poll.failed', { system: 'oa' })
      vi.advanceTimersByTime(MINUTE / 100)
    }
  }

  it('has at most three lines a minute, and every kind of trouble within a minute', () => {
    minuteOfTries()
    expect(codes().slice(0, 3)).toEqual(['delivery.retry', 'delivery.in-doubt', 'system.open'])
    expect(toldAt[2]).toBeLessThan((toldAt[0] ?? 0) + MINUTE / 10)
    for (let minute = 0; minute < 30; minute++) minuteOfTries()
    expect(most()).toBeLessThanOrEqual(3)
    expect(told.length).toBeLessThan(10)
    expect(told.at(-1)?.detail).toMatch(/delivery\.retry \d+、delivery\.in-doubt \d+/)
  })

  it('says at once that it is back, and how much was kept back', () => {
    minuteOfTries()
    minuteOfTries()
    emit('system.closed', { system: 'oa' })
    expect(told.at(-1)).toMatchObject({ code: 'system.closed' })
    expect(told.at(-1)?.times).toBeGreaterThan(100)
    vi.advanceTimersByTime(2 * 60 * MINUTE)
    expect(told.at(-1)).toMatchObject({ code: 'system.closed' })
    expect(told.at(-1)).not.toHaveProperty('over')
  })

  it('that flaps has at most three lines a minute as well, and the last says how it stands', () => {
    for (let n = 0; n < 300; n++) {
      emit('sms.lost', { system: 'sms' })
      vi.advanceTimersByTime(500)
      emit('sms.connected', { system: 'sms' })
      vi.advanceTimersByTime(500)
    }
    expect(most()).toBeLessThanOrEqual(3)
    vi.advanceTimersByTime(2 * 60 * MINUTE)
    expect(codes().at(-1)).toBe('sms.connected')
  })

  it('says once that it is connected where nothing was lost', () => {
    emit('sms.connected', { system: 'sms' })
    expect(codes()).toEqual(['sms.connected'])
  })
})

describe('whatever happens', () => {
  const event = fc.record({
    code: fc.constantFrom(...(Object.keys(EVENTS) as EventCode[])),
    system: fc.constantFrom('a', 'b'),
    wait: fc.oneof(fc.integer({ min: 0, max: 2_000 }), fc.integer({ min: 0, max: 20 * MINUTE })),
  })

  it('nothing is uncounted, and no subject has more than three lines a minute in a group', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 200 }), (events) => {
        open()
        const folded = events.filter(({ code }) => groupOf(code) !== undefined)
        for (const { code, system, wait } of folded) {
          emit(code, { system })
          vi.advanceTimersByTime(wait)
        }
        const groups = Map.groupBy(
          told.map((line, n) => ({ line, at: toldAt[n] ?? 0 })),
          ({ line }) => `${groupOf(line.code)} ${line.system}`,
        )
        for (const lines of groups.values())
          for (const { at: from } of lines)
            expect(lines.filter(({ at }) => at >= from && at < from + MINUTE).length).toBeLessThanOrEqual(3)
        folding.close()
        const counted = told.filter(({ over }) => over !== true).reduce((sum, { times = 1 }) => sum + times, 0)
        expect(counted).toBe(folded.length)
      }),
      { numRuns: 300 },
    )
  })
})
