import type { SystemConfig } from '../../core/config/schema.ts'
import { directoryClient } from './client.ts'
import { directoryConfigOf } from './config.ts'

/** Longer than this nobody waits for a look, milliseconds. */
const REACH_MS = 10_000

/** Connects, logs in as the service account would, and leaves. Rejects as `DirectoryClient.session` does. */
export async function reachDirectory(system: SystemConfig, password: () => string): Promise<void> {
  await directoryClient(directoryConfigOf(system), password).session(
    AbortSignal.timeout(REACH_MS),
    async () => undefined,
  )
}
