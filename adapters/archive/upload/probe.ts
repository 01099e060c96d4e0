import { YizhanError } from '../../../core/errors/error.ts'
import type { Batch } from '../batch/port.ts'
import type { ArchiveFolders } from '../config.ts'
import type { RemoteFiles } from '../../kit/remote/port.ts'
import { placesOf } from './places.ts'

/**
 * Whether the bureau has this batch complete: its marker is there, in the drop folder or among those taken, and is
 * ours.
 *
 * @throws YizhanError ARCHIVE_CONFLICT if a batch of other content bears the id; otherwise as RemoteFiles
 */
export async function probeBatch(
  files: RemoteFiles,
  batch: Pick<Batch, 'id' | 'marker'>,
  folders: Pick<ArchiveFolders, 'drop' | 'taken'>,
): Promise<boolean> {
  const { marker, taken } = placesOf(batch.id, folders)
  for (const path of [marker, ...taken]) {
    const found = await files.stat(path)
    if (found === undefined) continue
    // The marker came by a rename, so it is whole: any other size is another marker.
    if (
      found.size === batch.marker.length &&
      (await readOr(files, path, batch.marker.length))?.equals(batch.marker) !== false
    )
      return true
    throw new YizhanError('ARCHIVE_CONFLICT', { field: path, detail: `${found.size} 字节 / bytes` })
  }
  return false
}

/** `undefined` if the bureau moved it away between two looks: it has been taken, and was ours by its size. */
async function readOr(files: RemoteFiles, path: string, maxBytes: number): Promise<Buffer | undefined> {
  try {
    return await files.read(path, maxBytes)
  } catch (error) {
    if ((await files.stat(path)) === undefined) return undefined
    throw error
  }
}
