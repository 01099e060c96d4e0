import type { DirectoryChange, DirectoryChangesMessage } from '../../core/message/directory.ts'
import { newMessageId } from '../../core/message/ids.ts'
import { changesBetween, type EntryChange } from './diff.ts'
import type { DirectoryUnit, Snapshot } from './model.ts'
import { linkUnits, type FindUnit } from './people.ts'

/** So many changes stand in one message; the first synchronisation of a large directory has more. */
const MOST = 1000

export interface Told {
  /** the directory's system */
  readonly system: { readonly id: string; readonly name: string }
  /** the station's name */
  readonly station: string
  readonly now: number
  /** finds units of the configuration by code and name */
  readonly find: FindUnit
}

/** What happened between the snapshot told last and this one, as flows are told it. */
export function changesMessage(
  { system, station, now, find }: Told,
  before: Snapshot | undefined,
  after: Snapshot,
): DirectoryChangesMessage {
  const id = newMessageId(station, now)
  const changes = changesBetween(before, after)
  const describe = describer(before, after, find)
  return {
    schema: 'directory-changes/1',
    kind: 'directory-changes',
    id,
    trace: id,
    from: { name: system.name },
    recipients: [],
    urgency: 'ordinary',
    acceptedAt: new Date(now).toISOString(),
    origin: { system: system.id },
    files: [],
    directory: {
      ...(before === undefined ? {} : { before: before.revision }),
      revision: after.revision,
      units: after.units.length,
      people: after.people.length,
      changes: changes.slice(0, MOST).map(describe),
      more: Math.max(0, changes.length - MOST),
    },
  }
}

function describer(
  before: Snapshot | undefined,
  after: Snapshot,
  find: FindUnit,
): (change: EntryChange) => DirectoryChange {
  const units = new Map([...(before?.units ?? []), ...after.units].map((unit) => [unit.id, unit]))
  // What is gone is linked as it was.
  const ours = new Map([...(before === undefined ? [] : idsOf(before, find)), ...idsOf(after, find)])
  return (change) => {
    const { name } = change.after ?? change.before ?? { name: change.id }
    const place = change.of === 'unit' ? change.id : (change.after ?? change.before)?.unit
    const unit = place === undefined ? undefined : ours.get(place)
    const was = beforeOf(change, units)
    return {
      of: change.of,
      kind: change.kind,
      id: change.id,
      name: name.slice(0, 400),
      ...(unit === undefined ? {} : { unit }),
      ...(was === undefined ? {} : { before: was.slice(0, 1000) }),
    }
  }
}

/** Our id by the directory's key. */
function idsOf(snapshot: Snapshot, find: FindUnit): [string, string][] {
  return [...linkUnits(snapshot, find).units].map(([ours, unit]) => [unit.id, ours])
}

/** In words, and without numbers of telephones. */
function beforeOf(change: EntryChange, units: ReadonlyMap<string, DirectoryUnit>): string | undefined {
  const { before, kind } = change
  if (before === undefined || kind === 'removed') return undefined
  if (kind === 'renamed') return before.name
  if (kind !== 'moved') return change.fields.join('、')
  const place = change.of === 'unit' ? change.before?.parent : change.before?.unit
  return place === undefined ? '顶层 top' : (units.get(place)?.name ?? place)
}
