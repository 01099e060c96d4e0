import type { DirectoryPerson, DirectoryUnit, Snapshot } from './model.ts'

export type ChangeKind = 'added' | 'renamed' | 'moved' | 'changed' | 'removed'

interface ChangeOf<What extends string, T> {
  readonly of: What
  readonly kind: ChangeKind
  readonly id: string
  /** absent when added */
  readonly before?: T
  /** absent when removed */
  readonly after?: T
  /** for `changed`: the fields that differ, name and place apart */
  readonly fields: readonly string[]
}
export type UnitChange = ChangeOf<'unit', DirectoryUnit>
export type PersonChange = ChangeOf<'person', DirectoryPerson>
/** One thing that happened to one entry. An entry that was renamed and moved at once gives two. */
export type EntryChange = UnitChange | PersonChange

/** What happened between two snapshots: units first, each kind in the order of ids. */
export function changesBetween(old: Snapshot | undefined, now: Snapshot): readonly EntryChange[] {
  if (old?.revision === now.revision) return []
  return [
    ...compare<DirectoryUnit>(old?.units ?? [], now.units, 'parent').map((change): UnitChange => ({
      of: 'unit',
      ...change,
    })),
    ...compare<DirectoryPerson>(old?.people ?? [], now.people, 'unit').map((change): PersonChange => ({
      of: 'person',
      ...change,
    })),
  ]
}

type Bare<T> = Omit<ChangeOf<string, T>, 'of'>

function compare<T extends { readonly id: string; readonly name: string }>(
  old: readonly T[],
  now: readonly T[],
  place: keyof T & string,
): Bare<T>[] {
  const before = new Map(old.map((entry) => [entry.id, entry]))
  const changes: Bare<T>[] = []
  for (const after of now) {
    const known = before.get(after.id)
    before.delete(after.id)
    if (known === undefined) changes.push({ kind: 'added', id: after.id, after, fields: [] })
    else changes.push(...differences(known, after, place))
  }
  for (const gone of before.values()) changes.push({ kind: 'removed', id: gone.id, before: gone, fields: [] })
  return changes
}

function differences<T extends { readonly id: string; readonly name: string }>(
  before: T,
  after: T,
  place: keyof T & string,
): Bare<T>[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]) as Set<keyof T & string>
  const fields = [...keys].filter((key) => !same(before[key], after[key]))
  const rest = fields.filter((field) => field !== 'name' && field !== place)
  const entry = { id: after.id, before, after }
  return [
    ...(fields.includes('name') ? [{ ...entry, kind: 'renamed', fields: [] } as const] : []),
    ...(fields.includes(place) ? [{ ...entry, kind: 'moved', fields: [] } as const] : []),
    ...(rest.length > 0 ? [{ ...entry, kind: 'changed', fields: rest } as const] : []),
  ]
}

/** Fields are texts, lists of texts, or absent. */
function same(one: unknown, other: unknown): boolean {
  if (!Array.isArray(one) || !Array.isArray(other)) return one === other
  return one.length === other.length && one.every((item, at) => item === other[at])
}
