import type { EntryChange } from '../../../../adapters/directory/diff.ts'
import { snapshotOf, type Snapshot } from '../../../../adapters/directory/model.ts'

/** The snapshot that a list of changes leads to. */
export function applyChanges(old: Snapshot | undefined, changes: readonly EntryChange[]): Snapshot {
  const units = new Map((old?.units ?? []).map((unit) => [unit.id, unit]))
  const people = new Map((old?.people ?? []).map((person) => [person.id, person]))
  for (const change of changes) {
    if (change.of === 'unit') put(units, change.id, change.after)
    else put(people, change.id, change.after)
  }
  return snapshotOf(units.values(), people.values())
}

function put<T>(into: Map<string, T>, id: string, value: T | undefined): void {
  if (value === undefined) into.delete(id)
  else into.set(id, value)
}
