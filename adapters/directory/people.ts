import { keyOf } from '../../core/directory/key.ts'
import type { Role } from '../../core/directory/people.ts'
import { compact } from '../../core/text/normal.ts'
import type { DirectoryPerson, DirectoryUnit, Snapshot } from './model.ts'

/** Questions about the people of a snapshot. Ids are the directory's keys. */
export interface SnapshotPeople {
  byId(id: string): DirectoryPerson | undefined
  /** Everybody of that name, blanks in it aside. */
  byName(name: string): readonly DirectoryPerson[]
  /**
   * The people of a unit, in the order of their ids; those with a role if one is given. `below`: if the unit itself has
   * none, those of the nearest units under it that do, as where 办公室 is a unit of its own under 市教育局.
   */
  ofUnit(unit: string, role?: Role, options?: { readonly below?: boolean }): readonly DirectoryPerson[]
}

export function snapshotPeople(snapshot: Snapshot): SnapshotPeople {
  const byId = new Map(snapshot.people.map((person) => [person.id, person]))
  const byName = Map.groupBy(snapshot.people, (person) => nameKey(person.name))
  const byUnit = Map.groupBy(snapshot.people, (person) => person.unit)
  const children = Map.groupBy(snapshot.units, (unit) => unit.parent)
  const direct = (unit: string, role: Role | undefined): readonly DirectoryPerson[] =>
    (byUnit.get(unit) ?? []).filter((person) => role === undefined || person.roles.includes(role))
  return {
    byId: (id) => byId.get(id),
    byName: (name) => byName.get(nameKey(name)) ?? [],
    ofUnit(unit, role, { below = false } = {}) {
      const seen = new Set<string>()
      // Level by level; a loop in the tree, which no server should have, ends too.
      for (let level = [unit]; level.length > 0;) {
        const found = level.flatMap((id) => direct(id, role))
        if (found.length > 0 || !below) return found
        for (const id of level) seen.add(id)
        level = level
          .flatMap((id) => children.get(id) ?? [])
          .map(({ id }) => id)
          .filter((id) => !seen.has(id))
      }
      return []
    },
  }
}

/** 张 三 is 张三, and so is 张　三. */
function nameKey(name: string): string {
  return compact(name).toLowerCase()
}

/** `UnitDirectory.find` of core/directory. */
export type FindUnit = (text: string) => { readonly id: string; readonly name?: string } | undefined

export interface Linked {
  /** the directory's unit by the id of units.tsv */
  readonly units: ReadonlyMap<string, DirectoryUnit>
  /** units of the directory that the configuration does not know */
  readonly unknown: readonly DirectoryUnit[]
}

/**
 * Finds the directory's units in the configuration, by code, else by name: so a unit that was only renamed in the
 * directory is still known. Where two claim one id, the one with the code has it, else the one that bears its name (an
 * alias such as 教育局 may be what a county calls its own), else the first.
 */
export function linkUnits(snapshot: Snapshot, find: FindUnit): Linked {
  const units = new Map<string, DirectoryUnit>()
  const unknown: DirectoryUnit[] = []
  const rest: DirectoryUnit[] = []
  for (const unit of snapshot.units) {
    const known = unit.codes.map((code) => find(code)).find((found) => found !== undefined)
    if (known !== undefined && !units.has(known.id)) units.set(known.id, unit)
    else rest.push(unit)
  }
  const named = rest.map((unit) => ({ unit, known: find(unit.name) }))
  for (const { unit, known } of named) {
    if (known?.name !== undefined && keyOf(known.name) === keyOf(unit.name) && !units.has(known.id))
      units.set(known.id, unit)
  }
  for (const { unit, known } of named) {
    if (known !== undefined && !units.has(known.id)) units.set(known.id, unit)
    else if (known === undefined || units.get(known.id) !== unit) unknown.push(unit)
  }
  return { units, unknown }
}
