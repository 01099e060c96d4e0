import type { SystemConfig } from '../../../core/config/schema.ts'
import { YizhanError } from '../../../core/errors/error.ts'
import { filesSchema, isPolled } from '../config.ts'
import { openPlace } from './place.ts'

/**
 * Goes there, where it is a place that we go to, and looks whether its folders are there; changes nothing. Rejects with
 * what is wrong, as `openSftp`, or SYSTEM_FAULT for a folder that is not there.
 *
 * @param secretOf gives a secret by its name; throws where there is none
 */
export async function reachPlace(system: SystemConfig, secretOf: (name: string) => string): Promise<void> {
  if (!isPolled(system)) return
  const config = filesSchema.parse(system.settings)
  const files = await openPlace(system.id, config, secretOf, AbortSignal.timeout(system.pace.timeoutMs))
  try {
    const { out, in: inside, receipts, errors } = config.folders
    for (const folder of [out, inside, receipts, errors])
      if ((await files.stat(folder))?.kind !== 'folder')
        throw new YizhanError('SYSTEM_FAULT', { field: system.id, detail: `没有目录 / no such folder: ${folder}` })
  } finally {
    await files.close()
  }
}
