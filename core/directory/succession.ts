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

/** @throws YizhanError CONFIG_INVALID for a unit that merges twice, into itself or in a circle, or that `known` does not know */
export function succession(merges: readonly Merge[], known: (unit: string) => boolean): Succession {
  const byUnit = new Map<string, Merge>()
  for (const [at, merge] of merges.entries()) {
    const refuse = (key: string, value: string, rule: string): YizhanError =>
      new YizhanError('CONFIG_INVALID', { field: `merges[${at}].${key}`, value, rule })
    for (const key of ['unit', 'into'] as const)
      if (!known(merge[key])) throw refuse(key, merge[key], 'units.tsv 中须有此单位 / must be a unit of units.tsv')
    if (byUnit.has(merge.unit)) throw refuse('unit', merge.unit, '一个单位只能并入一次 / a unit merges only once')
    byUnit.set(merge.unit, merge)
    if (isCircle(byUnit, merge.unit)) throw refuse('into', merge.into, '不得循环并入 / merges must not form a circle')
  }
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

function isCircle(byUnit: ReadonlyMap<string, Merge>, start: string): boolean {
  for (let next = byUnit.get(start)?.into; next !== undefined; next = byUnit.get(next)?.into)
    if (next === start) return true
  return false
}
