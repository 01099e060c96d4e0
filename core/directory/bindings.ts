import type { UnitConfig } from '../config/schema.ts'
import { shanghaiDay } from '../util/shanghai.ts'

/** Which system a unit is bound to at an instant. Units change their systems from one day to the next. */
export interface Bindings {
  /** The system of a unit at an instant (milliseconds since 1970); `undefined` while it is bound to none. */
  systemOf(unit: string, at: number): string | undefined
  /** The units bound to a system at an instant, in the configuration's order. */
  unitsOf(system: string, at: number): readonly string[]
}

type Row = Pick<UnitConfig, 'id' | 'system' | 'from' | 'to'>

/** Bindings over the rows of units.tsv: `from` is the first day, `to` the last, both whole days in Asia/Shanghai. */
export function createBindings(rows: readonly Row[]): Bindings {
  const byUnit = grouped(rows, 'id')
  const bySystem = grouped(rows, 'system')
  return {
    systemOf(unit, at) {
      const candidates = byUnit.get(unit)
      if (candidates === undefined) return undefined
      const day = dayOf(at)
      return candidates.find((row) => covers(row, day))?.system
    },
    unitsOf(system, at) {
      const day = dayOf(at)
      return [...new Set((bySystem.get(system) ?? []).filter((row) => covers(row, day)).map((row) => row.id))]
    },
  }
}

/** The date in Asia/Shanghai, YYYY-MM-DD. China has kept UTC+8 without daylight saving time since 1991. */
export function dayOf(at: number): string {
  return shanghaiDay(at)
}

/** Whether the days of two rows meet. */
export function overlap(one: Pick<Row, 'from' | 'to'>, other: Pick<Row, 'from' | 'to'>): boolean {
  return (one.from ?? '') <= (other.to ?? '9999-12-31') && (other.from ?? '') <= (one.to ?? '9999-12-31')
}

function grouped(rows: readonly Row[], key: 'id' | 'system'): ReadonlyMap<string, readonly Row[]> {
  const groups = new Map<string, Row[]>()
  for (const row of rows) {
    const group = groups.get(row[key])
    if (group === undefined) groups.set(row[key], [row])
    else group.push(row)
  }
  return groups
}

function covers(row: Row, day: string): boolean {
  return (row.from === undefined || row.from <= day) && (row.to === undefined || day <= row.to)
}
