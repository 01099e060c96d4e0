import { asYizhanError } from '../../core/errors/error.ts'
import type { EventSink } from '../../core/events/event.ts'
import type { Clock } from '../../core/util/clock.ts'
import { failpoint } from '../../core/util/failpoint.ts'
import type { SnapshotStore, KeptSnapshot } from './snapshot.ts'
import type { DirectorySync, SyncOptions, SyncResult } from './sync.ts'

export interface Served extends KeptSnapshot {
  /** how long ago the directory was last seen to be so, milliseconds */
  readonly ageMs: number
}

/**
 * The snapshot in force: from the file at once, from the directory as soon as it answers, and for as long as it does
 * not.
 */
export interface DirectoryKeeper {
  /** Undefined only before the first synchronisation ever. */
  current(): Served | undefined
  /**
   * Synchronises now; calls meanwhile wait for their own turn. Resolves when the new snapshot is on disk. Rejects as
   * `DirectorySync.run` does, and the old snapshot stays.
   */
  refresh(signal: AbortSignal, options?: SyncOptions): Promise<SyncResult>
}

export interface KeeperParts {
  /** the directory's id, for events */
  readonly id: string
  readonly sync: DirectorySync
  readonly store: SnapshotStore
  readonly clock: Clock
  readonly emit: EventSink
}

/** The directory answers, and what it gives cannot be taken: an operator has to look. */
const REFUSED: ReadonlySet<string> = new Set(['DIRECTORY_SHRUNK', 'DIRECTORY_EMPTY', 'DIRECTORY_TOO_LARGE'])

/** An unchanged directory is written down again only so often: the file's age is that much off after a restart. */
const confirmEveryMs = 300_000

/** Opens what was kept; an older file takes the place of a damaged one. */
export async function openKeeper(parts: KeeperParts): Promise<DirectoryKeeper> {
  const { id, sync, store, clock, emit } = parts
  const { kept, damaged } = await store.load()
  for (const name of damaged) emit.emit({ code: 'directory.damaged', at: clock.now(), system: id, detail: name })
  let current = kept
  let savedAt = kept?.confirmedAt ?? 0
  let last: Promise<unknown> = Promise.resolve()
  let refused = ''

  const refresh = async (signal: AbortSignal, options: SyncOptions): Promise<SyncResult> => {
    const started = clock.now()
    const result = await run(signal, options)
    const next = { snapshot: result.snapshot, confirmedAt: started }
    if (result.changes.length > 0) failpoint('directory.syncing')
    if (result.changes.length > 0 || current === undefined || started - savedAt >= confirmEveryMs) {
      await store.save(next)
      savedAt = started
    }
    current = next
    if (result.changes.length > 0)
      emit.emit({
        code: 'directory.synced',
        at: clock.now(),
        system: id,
        ms: clock.now() - started,
        detail: summary(result),
      })
    return result
  }

  const run = async (signal: AbortSignal, options: SyncOptions): Promise<SyncResult> => {
    try {
      const result = await sync.run(current?.snapshot, signal, options)
      refused = ''
      return result
    } catch (error) {
      const { code, facts } = asYizhanError(error)
      const detail = facts.value ?? facts.rule ?? ''
      // Every round finds the same again: one line for each thing that was refused.
      if (REFUSED.has(code) && refused !== `${code} ${detail}`) {
        refused = `${code} ${detail}`
        emit.emit({ code: 'directory.refused', at: clock.now(), system: id, error: code, detail })
      }
      throw error
    }
  }

  return {
    current: () =>
      current === undefined ? undefined : { ...current, ageMs: Math.max(0, clock.now() - current.confirmedAt) },
    refresh(signal, options = {}) {
      const turn = last.then(() => refresh(signal, options))
      last = turn.catch(() => undefined)
      return turn
    },
  }
}

/** 单位 units: added 1, renamed 2; 人员 people: moved 3 */
function summary({ changes }: SyncResult): string {
  return (['unit', 'person'] as const)
    .map((of) => {
      const counts = new Map<string, number>()
      for (const change of changes) if (change.of === of) counts.set(change.kind, (counts.get(change.kind) ?? 0) + 1)
      return counts.size === 0
        ? ''
        : `${of === 'unit' ? '单位 units' : '人员 people'}: ${[...counts].map(([kind, count]) => `${kind} ${count}`).join(', ')}`
    })
    .filter((text) => text !== '')
    .join('; ')
}
