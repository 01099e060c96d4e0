import { YizhanError } from '../../../core/errors/error.ts'
import type { Batch, BatchFile } from '../batch/port.ts'
import type { RemoteFiles } from '../../kit/remote/port.ts'

/** year / category / document below 电子档案, and one to spare: deeper is not ours. */
const DEEPEST = 6

/** The batch's folders, those above first; the batch's own is `''`. */
export function foldersOf(batch: Batch): string[] {
  const folders = new Set([''])
  for (const { path } of batch.files) {
    const steps = path.split('/').slice(0, -1)
    steps.forEach((_, at) => folders.add(steps.slice(0, at + 1).join('/')))
  }
  return [...folders]
}

/** Files of a batch's folder by path, with their sizes; `undefined` if there is no such folder. */
export async function filesIn(
  files: RemoteFiles,
  root: string,
  folders: readonly string[],
): Promise<ReadonlyMap<string, number> | undefined> {
  const found = new Map<string, number>()
  for (const folder of folders) {
    const entries = await files.list(folder === '' ? root : `${root}/${folder}`)
    if (entries === undefined && folder === '') return undefined
    for (const entry of entries ?? []) {
      if (entry.kind === 'file') found.set(folder === '' ? entry.name : `${folder}/${entry.name}`, entry.size)
    }
  }
  return found
}

/** Whether this folder is the batch: the same manifest, and every file in its size. */
export async function isWhole(files: RemoteFiles, root: string, batch: Batch): Promise<boolean> {
  const found = await filesIn(files, root, foldersOf(batch))
  return (
    found !== undefined &&
    batch.files.every(({ path, size }) => found.get(path) === size) &&
    (await hasManifest(files, root, batch, found))
  )
}

/**
 * Whether what stands there was begun under this batch's manifest, which goes first: then sizes tell what is finished.
 */
export async function hasManifest(
  files: RemoteFiles,
  root: string,
  batch: Batch,
  found: ReadonlyMap<string, number>,
): Promise<boolean> {
  const manifest = manifestOf(batch)
  if (found.get(manifest.path) !== manifest.size) return false
  return (await files.read(`${root}/${manifest.path}`, manifest.size)).equals(await manifest.read())
}

export function manifestOf(batch: Batch): BatchFile {
  const [manifest] = batch.files
  if (manifest === undefined) throw new Error(`batch ${batch.id} has no manifest`)
  return manifest
}

/** Removes a folder with all that is in it. @throws YizhanError ARCHIVE_CONFLICT where it is deeper than any batch */
export async function removeTree(files: RemoteFiles, path: string, depth = 0): Promise<void> {
  if (depth > DEEPEST) throw new YizhanError('ARCHIVE_CONFLICT', { field: path, detail: `> ${DEEPEST} 层 / levels` })
  for (const entry of (await files.list(path)) ?? []) {
    if (entry.kind === 'folder') await removeTree(files, `${path}/${entry.name}`, depth + 1)
    else await files.removeFile(`${path}/${entry.name}`)
  }
  await files.removeFolder(path)
}
