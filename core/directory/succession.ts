import { YizhanError } from '../errors/error.ts'
import { dayOf } from './bindings.ts'

/** 合并: from that day on (YYYY-MM-DD, Asia/Shanghai) what is addressed to `unit` goes to `into`; ids of units.tsv. */
export interface Merge {
  readonly unit: string
  readonly into: string
  readonly from: string
}

/**
 * Who receives for a unit on a day. Bindings (bindings.ts) say which system a unit is bound to; when a unit merges into
 * another it is no longer an addressee at all, and that is said here.
 */
export interface Succession {
  /** The unit that receives what is addressed to `unit` at an instant: itself, or what it has merged into by then. */
  receiverOf(unit: string, at: number): string
}

/**
 * @throws YizhanError CONFIG_INVALID for a unit that merges twice, into itself or in a circle, or that `known` does not
 * know
 */
export function succession(merges: readonly Merge[], known: (unit: string) => boolean): Succession {
  const [fault] = mergeFaults(merges, known)
  if (fault !== undefined)
    throw new YizhanError('CONFIG_INVALID', {
      field: `merges[${fault.index}].${fault.key}`,
      value: fault.value,
      rule: fault.rule,
    })
  const byUnit = new Map(merges.map((merge) => [merge.unit, merge]))
  const receiverOf = (unit: string, at: number): string => {
    const day = dayOf(at)
    for (let now = unit; ;) {
      const merge = byUnit.get(now)
      if (merge === undefined || day < merge.from) return now
      now = merge.into
    }
  }
  return { receiverOf }
}

/** One merger that cannot be. */
export interface MergeFault {
  /** which of the list */
  readonly index: number
  readonly key: 'unit' | 'into'
  readonly value: string
  readonly rule: string
}

/**
 * Every merger of a unit that merges twice, into itself or in a circle, or that `known` does not know; the first that
 * is named stands.
 */
export function mergeFaults(merges: readonly Merge[], known: (unit: string) => boolean): readonly MergeFault[] {
  const byUnit = new Map<string, Merge>()
  const faults: MergeFault[] = []
  for (const [index, merge] of merges.entries()) {
    const note = (key: 'unit' | 'into', rule: string): number => faults.push({ index, key, value: merge[key], rule })
    for (const key of ['unit', 'into'] as const)
      if (!known(merge[key])) note(key, 'units.tsv 中须有此单位 / must be a unit of units.tsv')
    if (byUnit.has(merge.unit)) {
      note('unit', '一个单位只能并入一次 / a unit merges only once')
      continue
    }
    byUnit.set(merge.unit, merge)
    if (!isCircle(byUnit, merge.unit)) continue
    note('into', '不得循环并入 / merges must not form a circle')
    byUnit.delete(merge.unit)
  }
  return faults
}

function isCircle(byUnit: ReadonlyMap<string, Merge>, start: string): boolean {
  for (let next = byUnit.get(start)?.into; next !== undefined; next = byUnit.get(next)?.into)
    if (next === start) return true
  return false
}
