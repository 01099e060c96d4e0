import { asYizhanError, YizhanError } from '../../../core/errors/error.ts'
import { inDoubtUnlessRefused } from '../../kit/doubt.ts'
import type { RemoteFiles } from '../../kit/remote/port.ts'
import { sftpStatusOf } from '../../kit/sftp/errors.ts'
import { STATUS } from '../../kit/sftp/protocol.ts'
import type { FilesConfig } from '../config.ts'

export interface PutFile {
  /** path where they are to find it */
  readonly path: string
  readonly bytes: Buffer
}

/** The step by which they get something: before it they have nothing, after it all. */
export interface Handover {
  /** what lies there when it is done, until they take it */
  readonly done: string
  /** what lies there until it is done, and never afterwards but with `done` */
  readonly before: string
}

export type PutConvention = Pick<FilesConfig, 'put' | 'marker'>

const PART = '.part'

/** Where a file's handover shows, as it is agreed; a server that cannot rename is served with a marker in any case. */
export function handoverOf(path: string, { put, marker }: PutConvention): Handover {
  return put === 'marker' ? { done: path + marker, before: path } : { done: path, before: path + PART }
}

/** Puts a file in place of what is there; whoever reads it then reads all of it. */
export async function putOver(files: RemoteFiles, { path, bytes }: PutFile): Promise<void> {
  await writePart(files, path, bytes)
  await unlessUnsupported(
    () => files.renameOver(path + PART, path),
    async () => {
      await files.write(path, bytes, 0)
      await files.removeFile(path + PART)
    },
  )
}

/**
 * Puts files so that they are had all or none: the others first, the first last. Rejects as RemoteFiles; `inDoubt`
 * where the last step had no answer.
 *
 * @param prepared everything is there but for the last step, which begins when it has resolved
 */
export async function putTogether(
  files: RemoteFiles,
  [main, ...others]: readonly [PutFile, ...PutFile[]],
  convention: PutConvention,
  prepared: (handover: Handover) => Promise<void>,
): Promise<void> {
  for (const other of others)
    if ((await files.stat(other.path))?.size !== other.bytes.length) await putOver(files, other)
  const { put, marker } = convention
  if (put === 'marker') await putOver(files, main)
  else {
    await writePart(files, main.path, main.bytes)
    const handover = handoverOf(main.path, convention)
    await prepared(handover)
    const step = { isDone: true }
    await inDoubtUnlessRefused(() =>
      unlessUnsupported(
        () => files.renameOver(handover.before, handover.done),
        () => Promise.resolve(void (step.isDone = false)),
      ),
    )
    if (step.isDone) return
    // Half of it may come to lie there: that is nothing without its marker.
    await prepared({ done: main.path + marker, before: handover.before })
    await files.write(main.path, main.bytes, 0)
  }
  const handover = handoverOf(main.path, { put: 'marker', marker })
  await prepared(handover)
  await removeIfThere(files, main.path + PART)
  await inDoubtUnlessRefused(() => files.write(handover.done, Buffer.alloc(0), 0))
}

export async function removeIfThere(files: RemoteFiles, path: string): Promise<void> {
  if ((await files.stat(path)) !== undefined) await files.removeFile(path)
}

async function writePart(files: RemoteFiles, path: string, bytes: Buffer): Promise<void> {
  const part = path + PART
  try {
    await files.write(part, bytes, 0)
    const size = (await files.stat(part))?.size
    // A disk that is full says so late, or not at all.
    if (size !== bytes.length)
      throw new YizhanError('SYSTEM_FAULT', {
        field: part,
        detail: `写入后大小不符 / wrong size after writing: ${size ?? '—'} ≠ ${bytes.length}`,
      })
  } catch (thrown) {
    // Nothing is to lie about on a disk that has no room for it.
    if (asYizhanError(thrown).code === 'SYSTEM_FAULT') await files.removeFile(part).catch(() => undefined)
    throw thrown
  }
}

async function unlessUnsupported(work: () => Promise<void>, otherwise: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (thrown) {
    if (sftpStatusOf(thrown) !== STATUS.unsupported) throw thrown
    await otherwise()
  }
}
