import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { alertsSchema } from '../../../core/alarm/config.ts'
import { onDuty, quietUntil } from '../../../core/alarm/roster.ts'

/** An instant in Shanghai. */
const at = (text: string): number => Date.parse(`${text}:00+08:00`)

const { roster } = alertsSchema.parse({
  roster: [
    { people: ['day'], days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '08:30', to: '17:30' },
    { people: ['night'], days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '17:30', to: '08:30' },
    { people: ['weekend'] },
    { people: ['holiday'], dates: ['2026-10-01..2026-10-07', '2027-01-01'] },
  ],
})

describe('the duty roster', () => {
  it.each([
    ['2026-12-01T08:29', 'night'],
    ['2026-12-01T08:30', 'day'],
    ['2026-12-01T17:29', 'day'],
    ['2026-12-01T17:30', 'night'],
    // Friday's night goes on into Saturday, and Monday's begins on Monday
    ['2026-12-05T03:00', 'night'],
    ['2026-12-05T09:00', 'weekend'],
    ['2026-12-07T03:00', 'weekend'],
    ['2026-10-01T00:00', 'holiday'],
    ['2026-10-07T23:59', 'holiday'],
    ['2026-10-08T09:00', 'day'],
    ['2027-01-01T12:00', 'holiday'],
  ])('%s: %s', (time, who) => {
    expect(onDuty(roster, at(time))).toEqual([who])
  })

  it('has nobody where no shift covers the time', () => {
    const few = alertsSchema.parse({ roster: [{ people: ['a'], from: '09:00', to: '10:00' }] }).roster
    expect(onDuty(few, at('2026-12-01T10:00'))).toEqual([])
    expect(onDuty([], at('2026-12-01T10:00'))).toEqual([])
  })
})

describe('quiet hours', () => {
  const { quiet } = alertsSchema.parse({ quiet: { from: '22:00', to: '07:00' } })
  it.each([
    ['2026-12-01T21:59', undefined],
    ['2026-12-01T22:00', '2026-12-02T07:00'],
    ['2026-12-01T23:59', '2026-12-02T07:00'],
    ['2026-12-02T00:00', '2026-12-02T07:00'],
    ['2026-12-02T06:59', '2026-12-02T07:00'],
    ['2026-12-02T07:00', undefined],
  ])('%s: until %s', (time, end) => {
    expect(quietUntil(quiet, at(time))).toBe(end === undefined ? undefined : at(end))
  })

  it('end when nothing is quiet any more, whatever the hours', () => {
    const time = fc.integer({ min: 0, max: 1439 }).map((minute) => {
      const two = (n: number): string => String(n).padStart(2, '0')
      return `${two(Math.floor(minute / 60))}:${two(minute % 60)}`
    })
    fc.assert(
      fc.property(time, time, fc.integer({ min: 0, max: 2_000_000_000_000 }), (from, to, now) => {
        fc.pre(from !== to)
        const hours = alertsSchema.parse({ quiet: { from, to } }).quiet
        const end = quietUntil(hours, now)
        if (end === undefined) return
        expect(end).toBeGreaterThan(now)
        expect(end - now).toBeLessThanOrEqual(24 * 3600_000)
        expect(quietUntil(hours, end)).toBeUndefined()
        expect(quietUntil(hours, end - 1)).toBe(end)
      }),
    )
  })
})
