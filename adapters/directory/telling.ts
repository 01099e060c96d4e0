import { asYizhanError } from '../../core/errors/error.ts'
import type { Take } from '../../core/door/port.ts'
import { failpoint } from '../../core/util/failpoint.ts'
import { changesBetween } from './diff.ts'
import type { FormerNames } from './former-names.ts'
import { changesMessage, type Told } from './message.ts'
import type { Snapshot } from './model.ts'
import type { KeptSnapshot, SnapshotStore } from './snapshot.ts'

export interface TellingParts {
  /** keeps what was told last, beside what was read last */
  readonly store: SnapshotStore
  readonly former: FormerNames
  readonly take: Take
  readonly told: () => Told
}

/** Tells flows of each change exactly once, whenever the process is killed. */
export interface Telling {
  /** Keeps the names that units had in what was told last, durably: before the new ones are in force. */
  keepNames(snapshot: Snapshot): Promise<void>
  /**
   * Brings what was told up to this snapshot: one message, or none. Rejects as `Take` does; then nothing counts as
   * told.
   */
  tell(snapshot: Snapshot): Promise<void>
}

/** Opens what was told last: what lies between that and the snapshot in force is still to be told. */
export async function openTelling({ store, former, take, told }: TellingParts): Promise<Telling> {
  let last: KeptSnapshot | undefined = (await store.load()).kept
  return {
    keepNames: (snapshot) => former.remember(changesBetween(last?.snapshot, snapshot)),
    async tell(snapshot) {
      if (last?.snapshot.revision === snapshot.revision) return
      const facts = told()
      failpoint('directory.saved')
      const message = changesMessage(facts, last?.snapshot, snapshot)
      // A directory may go back to what it was: the same two revisions, told at another time, are another change.
      const key = `directory:${facts.system.id}:${last?.confirmedAt ?? 0}:${snapshot.revision}`
      await take(message, { key }).catch(unlessTold)
      const next = { snapshot, confirmedAt: Math.max(facts.now, (last?.confirmedAt ?? 0) + 1) }
      await store.save(next)
      last = next
    },
  }
}

/** Told before the process was killed; since then the configuration has come to know units by other names. */
function unlessTold(error: unknown): void {
  if (asYizhanError(error).code !== 'ID_IN_USE') throw error
}
