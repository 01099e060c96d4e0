import type { EventSink } from '../../core/events/event.ts'
import type { Clock } from '../../core/util/clock.ts'
import { directoryClient } from './client.ts'
import type { DirectoryConfig } from './config.ts'
import { openKeeper, type DirectoryKeeper } from './keeper.ts'
import { loginCheck, type LoginCheck } from './login.ts'
import { pollDirectory } from './poll.ts'
import { snapshotStore } from './snapshot.ts'
import { directorySync, type SyncResult } from './sync.ts'

export interface DirectoryParts {
  readonly config: DirectoryConfig
  /** a secret by name; asked for `<id>.password` if there is a bindDn */
  readonly secret: (name: string) => string
  /** where snapshots are kept */
  readonly folder: string
  readonly clock: Clock
  readonly emit: EventSink
  /** told of every synchronisation that found changes */
  readonly changed: (result: SyncResult) => void
}

/** The directory as the station has it. */
export interface Directory {
  readonly keeper: DirectoryKeeper
  /** absent where the configuration has no `login` */
  readonly login?: LoginCheck
  /** starts synchronising every `sync.everyMs` */
  start(): void
  /** stops the synchronisation under way; the snapshot on disk stays whole */
  close(): Promise<void>
}

export async function openDirectory(parts: DirectoryParts): Promise<Directory> {
  const { config, secret, folder, clock, emit, changed } = parts
  const client = directoryClient(config, () => secret(`${config.id}.password`))
  const keeper = await openKeeper({
    id: config.id,
    sync: directorySync(config, client, clock),
    store: snapshotStore(folder),
    clock,
    emit,
  })
  let polling: { close(): Promise<void> } | undefined
  return {
    keeper,
    ...(config.login === undefined ? {} : { login: loginCheck({ config, client, clock, emit }) }),
    start() {
      polling ??= pollDirectory({ id: config.id, keeper, everyMs: config.sync.everyMs, clock, emit, changed })
    },
    async close() {
      await polling?.close()
    },
  }
}
