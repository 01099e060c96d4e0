import type { UnitView } from '../hop/link.ts'
import { keyOf } from './key.ts'

/** Further names of our units, by id: what an LDAP directory calls them. */
export type FurtherNames = ReadonlyMap<string, readonly string[]>

/** Where further names come from. */
export interface UnitNames {
  /** as they are now; what they were a moment ago may be among them */
  names(): FurtherNames
  /** the listener is called when they may have changed */
  onChange(listener: () => void): void
}

interface Named {
  readonly units: readonly UnitView[]
  readonly groups: readonly { readonly id: string; readonly name: string }[]
  readonly phrases: readonly { readonly phrase: string }[]
}

/**
 * The units with these names as further aliases. What the configuration says goes first: a name that already means
 * something in it is nobody else's, and one that two units are given is neither's.
 */
export function withNames({ units, groups, phrases }: Named, names: FurtherNames): readonly UnitView[] {
  if (names.size === 0) return units
  const taken = new Set(
    [
      ...units.flatMap((unit) => [unit.id, unit.name, ...unit.aliases, ...unit.codes]),
      ...groups.flatMap((group) => [group.id, group.name]),
      ...phrases.map(({ phrase }) => phrase),
    ].map(keyOf),
  )
  const claims = new Map<string, Set<string>>()
  for (const [unit, list] of names)
    for (const name of list) claims.set(keyOf(name), (claims.get(keyOf(name)) ?? new Set()).add(unit))
  const isFree = (name: string): boolean =>
    keyOf(name) !== '' && !taken.has(keyOf(name)) && claims.get(keyOf(name))?.size === 1
  return units.map((unit) => {
    const more = (names.get(unit.id) ?? []).filter(isFree)
    return more.length === 0 ? unit : { ...unit, aliases: [...unit.aliases, ...new Set(more)] }
  })
}
