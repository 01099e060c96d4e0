import { YizhanError } from '../../core/errors/error.ts'
import type { Batch } from './batch/port.ts'
import type { ArchiveFolders } from './config.ts'
import { inDoubtUnlessRefused } from '../kit/doubt.ts'
import type { RemoteFiles } from '../kit/remote/port.ts'
import { fill } from './upload/fill.ts'
import { isWhole } from './upload/folder.ts'
import { placesOf } from './upload/places.ts'
import { probeBatch } from './upload/probe.ts'

export { probeBatch } from './upload/probe.ts'

/**
 * Instants between which a process may die, in this order; `uploading` after each file, `marked` is the one after which
 * the bureau has it.
 */
export type UploadStep = 'connected' | 'uploading' | 'uploaded' | 'renamed' | 'marked'

export interface UploadOptions {
  readonly folders: Pick<ArchiveFolders, 'drop' | 'taken'>
  /** go on within a file that was cut */
  readonly resume: boolean
  /** told when a step is done; for failpoints and logs */
  readonly step?: ((step: UploadStep) => void) | undefined
}

/**
 * Brings a batch to the bureau complete or not at all: everything into `<id>.tmp/`, which becomes `<id>/`, and then the
 * marker `<id>.ok`, written aside and renamed. Whoever goes by the marker never sees half a batch. Uploading again goes
 * on where it was cut, and does nothing when the batch is there.
 *
 * Rejects as RemoteFiles; `inDoubt` where the marker's rename had no answer. ARCHIVE_CONFLICT for good if another
 * batch bears the id, ARCHIVE_FILE if a document's bytes are not what the catalogue says.
 *
 * @returns whether it was there already
 */
export async function uploadBatch(
  files: RemoteFiles,
  batch: Batch,
  options: UploadOptions,
): Promise<{ readonly already: boolean }> {
  const { folders, step } = options
  const { temporary, final, marker } = placesOf(batch.id, folders)
  if (await probeBatch(files, batch, folders)) return { already: true }
  step?.('connected')
  if ((await files.stat(final)) === undefined) {
    await fill(files, temporary, batch, options.resume, () => step?.('uploading'))
    step?.('uploaded')
    await files.rename(temporary, final)
  } else if (!(await isWhole(files, final, batch))) {
    // A folder gets its name only when it is whole, so somebody else made or changed this one.
    throw new YizhanError('ARCHIVE_CONFLICT', {
      field: final,
      detail: '文件夹已存在而内容不同 / the folder is there with other content',
    })
  }
  step?.('renamed')
  await files.write(`${marker}.tmp`, batch.marker, 0)
  await inDoubtUnlessRefused(() => files.rename(`${marker}.tmp`, marker))
  step?.('marked')
  return { already: false }
}
