import { z } from 'zod'
import { YizhanError } from '../../core/errors/error.ts'
import { checkProperty } from './settings.ts'
import { SHANGHAI_MS } from '../../core/util/shanghai.ts'
import type { OwnProperties } from './red.ts'

/** When a timer's messages come back, as the editor configures it. */
export interface DueDef {
  /** a while after they came, at the next time of day, or at an instant that the message names */
  readonly mode?: 'after' | 'clock' | 'property'
  readonly amount?: string | number
  readonly unit?: keyof typeof UNITS
  /** HH:MM, Asia/Shanghai */
  readonly clock?: string
  /** property with an instant: ISO 8601 (Asia/Shanghai where it names no zone), or milliseconds since 1970 */
  readonly property?: string
}

export const DUE_PROPERTIES: OwnProperties<DueDef> = {
  mode: true,
  amount: true,
  unit: true,
  clock: true,
  property: true,
}

/** Milliseconds. */
const UNITS = { seconds: 1_000, minutes: 60_000, hours: 3600_000, days: 24 * 3600_000 } as const
const DAY = UNITS.days
/** China has one time zone, and no summer time since 1992. */
const CLOCK = /^([01]\d|2[0-3]):([0-5]\d)$/
/** A number below this (1973) gives seconds by mistake. */
const LEAST = 1e11
/** The greatest instant of a Date. */
const MOST = 8.64e15
const instant = z.union([z.iso.datetime({ offset: true, local: true }), z.iso.date()])

/**
 * @param value what the property holds, for mode `property`
 * @param now and the result: milliseconds since 1970; a result that is past is due at once
 * @throws YizhanError FIELD_INVALID
 */
export function dueAt(definition: DueDef, value: unknown, now: number): number {
  switch (definition.mode) {
    case 'clock':
      return nextClock(definition.clock ?? '', now)
    case 'property':
      return instantOf(value, `msg.${(definition.property ?? '').replace(/^msg\./, '')}`)
    default:
      return after(definition, now)
  }
}

/** @throws YizhanError FIELD_INVALID about a definition that names no time */
export function checkDue(red: Parameters<typeof checkProperty>[0], definition: DueDef): void {
  if (definition.mode !== 'property') dueAt(definition, undefined, 0)
  else checkProperty(red, 'property', definition.property)
}

function after({ amount, unit = 'seconds' }: DueDef, now: number): number {
  const at = now + Math.round(Number(amount) * UNITS[unit])
  if (Number(amount) > 0 && at <= MOST) return at
  throw new YizhanError('FIELD_INVALID', {
    field: 'amount',
    value: String(amount),
    rule: `数字与单位 / a number and one of ${Object.keys(UNITS).join(', ')}`,
  })
}

/** Today if it is still to come, else tomorrow. */
function nextClock(clock: string, now: number): number {
  const [, hours, minutes] = CLOCK.exec(clock) ?? []
  if (hours === undefined) throw new YizhanError('FIELD_INVALID', { field: 'clock', value: clock, rule: 'HH:MM' })
  const midnight = Math.floor((now + SHANGHAI_MS) / DAY) * DAY - SHANGHAI_MS
  const today = midnight + Number(hours) * UNITS.hours + Number(minutes) * UNITS.minutes
  return today > now ? today : today + DAY
}

function instantOf(value: unknown, field: string): number {
  const at = typeof value === 'number' ? Math.round(value) : isoOf(value)
  if (at >= LEAST && at <= MOST) return at
  const seen = typeof value === 'string' || typeof value === 'number' ? String(value) : typeof value
  throw new YizhanError('FIELD_INVALID', {
    field,
    value: value === undefined ? '' : seen,
    rule: 'ISO 8601，或 1970 年以来的毫秒数 / or milliseconds since 1970',
  })
}

function isoOf(value: unknown): number {
  const text = typeof value === 'string' ? value.trim() : ''
  if (!instant.safeParse(text).success) return NaN
  const local = text.includes('T') ? text : `${text}T00:00:00`
  return Date.parse(/(?:Z|[+-]\d{2}:\d{2})$/.test(local) ? local : `${local}+08:00`)
}
