import { YizhanError } from '../../../core/errors/error.ts'
import type { Batch, BatchFile } from '../batch/port.ts'
import type { RemoteFiles } from '../../kit/remote/port.ts'
import { filesIn, foldersOf, hasManifest, manifestOf, removeTree } from './folder.ts'

/** Documents under way at once; the connection's own limit is on operations. */
const FILES_AT_ONCE = 4
/** Taken back from the end of a cut file: all that can have been on the way when it was cut. */
const OVERLAP = 512 * 1024
const PART = '.part'

/**
 * Brings the temporary folder to hold the whole batch. A file is written as `<name>.part` and renamed when all of it
 * has arrived, so what bears its own name is finished; what another batch of the same id left there is removed first.
 *
 * @param arrived called after each file
 */
export async function fill(
  files: RemoteFiles,
  root: string,
  batch: Batch,
  resume: boolean,
  arrived: () => void,
): Promise<void> {
  const folders = foldersOf(batch)
  let there = await filesIn(files, root, folders)
  if (there !== undefined && !(await hasManifest(files, root, batch, there))) {
    await removeTree(files, root)
    there = undefined
  }
  for (const folder of folders) await files.makeFolder(folder === '' ? root : `${root}/${folder}`)
  const before = there ?? new Map<string, number>()
  const manifest = manifestOf(batch)
  await bring(files, root, manifest, before, resume)
  arrived()
  const waiting = batch.files.filter((file) => file !== manifest)
  const work = async (): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      await bring(files, root, file, before, resume)
      arrived()
    }
  }
  const results = await Promise.allSettled(
    Array.from({ length: FILES_AT_ONCE }, () =>
      work().catch((error: unknown) => {
        waiting.length = 0
        throw error
      }),
    ),
  )
  for (const result of results) if (result.status === 'rejected') throw result.reason
  await check(files, root, batch, folders)
}

async function bring(
  files: RemoteFiles,
  root: string,
  file: BatchFile,
  there: ReadonlyMap<string, number>,
  resume: boolean,
): Promise<void> {
  if (there.get(file.path) === file.size) return
  const path = `${root}/${file.path}`
  const bytes = await file.read()
  const part = there.get(`${file.path}${PART}`) ?? 0
  const from = resume && part <= file.size ? Math.max(part - OVERLAP, 0) : 0
  await files.write(`${path}${PART}`, bytes, from)
  if (there.has(file.path)) await files.removeFile(path)
  await files.rename(`${path}${PART}`, path)
}

/** Looks at what the server says it has. */
async function check(files: RemoteFiles, root: string, batch: Batch, folders: readonly string[]): Promise<void> {
  const found = await filesIn(files, root, folders)
  const wrong = batch.files.find(({ path, size }) => found?.get(path) !== size)
  if (wrong !== undefined)
    throw new YizhanError('SYSTEM_FAULT', {
      field: batch.id,
      detail: `上传后大小不符 / wrong size after upload: ${wrong.path} ${found?.get(wrong.path) ?? '—'} ≠ ${wrong.size}`,
    })
}
