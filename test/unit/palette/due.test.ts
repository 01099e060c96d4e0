import { describe, expect, it } from 'vitest'
import { dueAt, type DueDef } from '../../../nodes/lib/due.ts'

const at = (text: string): number => Date.parse(text)
const due = (definition: DueDef, now: string, value?: unknown): string =>
  new Date(dueAt(definition, value, at(now))).toISOString()

describe('when a timer is due', () => {
  it.each([
    [90, 'seconds', '2026-03-01T00:01:30.000Z'],
    [2, 'minutes', '2026-03-01T00:02:00.000Z'],
    ['1.5', 'hours', '2026-03-01T01:30:00.000Z'],
    [31, 'days', '2026-04-01T00:00:00.000Z'],
  ] as const)('after %s %s', (amount, unit, expected) => {
    expect(due({ mode: 'after', amount, unit }, '2026-03-01T00:00:00Z')).toBe(expected)
  })

  it.each([
    // 07:59:59.999, 08:00 and 23:59 in Asia/Shanghai
    ['2026-02-28T23:59:59.999Z', '08:00', '2026-03-01T00:00:00.000Z'],
    ['2026-03-01T00:00:00Z', '08:00', '2026-03-02T00:00:00.000Z'],
    ['2026-12-31T15:59:00Z', '00:00', '2026-12-31T16:00:00.000Z'],
    ['2026-12-31T16:00:00Z', '00:00', '2027-01-01T16:00:00.000Z'],
    ['2026-03-01T12:00:00Z', '23:59', '2026-03-01T15:59:00.000Z'],
  ])('at %s, the next %s in Asia/Shanghai', (now, clock, expected) => {
    expect(due({ mode: 'clock', clock }, now)).toBe(expected)
  })

  it.each([
    ['2026-03-01T08:30:00+08:00', '2026-03-01T00:30:00.000Z'],
    ['2026-03-01T08:30:00.250Z', '2026-03-01T08:30:00.250Z'],
    ['2026-03-01T08:30:00', '2026-03-01T00:30:00.000Z'],
    ['2026-03-01T08:30', '2026-03-01T00:30:00.000Z'],
    [' 2026-03-01 ', '2026-02-28T16:00:00.000Z'],
    [1_772_325_000_000, '2026-03-01T00:30:00.000Z'],
  ])('at the instant %s', (value, expected) => {
    expect(due({ mode: 'property', property: 'at' }, '2026-01-01T00:00:00Z', value)).toBe(expected)
  })

  it.each([
    [{ mode: 'after', amount: 0, unit: 'hours' }, undefined, 'amount'],
    [{ mode: 'after', amount: '', unit: 'hours' }, undefined, 'amount'],
    [{ mode: 'after', amount: 1e30, unit: 'days' }, undefined, 'amount'],
    [{ mode: 'after', amount: 1, unit: 'years' as 'days' }, undefined, 'amount'],
    [{ mode: 'clock', clock: '24:00' }, undefined, 'clock'],
    [{ mode: 'clock', clock: '8:30' }, undefined, 'clock'],
    ...[
      undefined,
      null,
      '',
      '明天',
      '2026-02-30',
      '2026-02-30T08:00:00',
      '2026-13-01T08:00:00Z',
      1_772_325_000,
      NaN,
      Infinity,
      {},
      new Date(0),
    ].map((value) => [{ mode: 'property', property: 'msg.payload.at' }, value, 'msg.payload.at'] as const),
  ] as const)('%j with %j is refused', (definition, value, field) => {
    expect(() => dueAt(definition, value, at('2026-01-01T00:00:00Z'))).toThrow(
      expect.objectContaining({ code: 'FIELD_INVALID', facts: expect.objectContaining({ field }) as unknown }) as Error,
    )
  })
})
