import { freePath } from '../../kit/remote/free-name.ts'
import type { RemoteFiles } from '../../kit/remote/port.ts'
import type { FilesConfig } from '../config.ts'
import { noteBytes } from '../out/note-texts.ts'
import { putOver, removeIfThere } from './put.ts'
import { isSame, type SeenFile } from './seen.ts'

/**
 * Tells its sender what was decided about a file, and then takes away what was taken: done again, it does what is left.
 * A file never goes without a word. Rejects as RemoteFiles.
 */
export async function finish(
  files: RemoteFiles,
  config: FilesConfig,
  { notes = [], outdated = [], rest }: SeenFile,
): Promise<void> {
  const { folders, names, after } = config
  for (const note of notes)
    await putOver(files, { path: `${folders[note.area]}/${note.name}`, bytes: noteBytes(note, names) })
  for (const name of outdated) await removeIfThere(files, `${folders.errors}/${name}`)
  if (rest === undefined) return
  if (after === 'done') await files.makeFolder(folders.done)
  for (const file of rest) {
    const path = `${folders.out}/${file.name}`
    const there = await files.stat(path)
    // What came under its name meanwhile is another file.
    if (there === undefined || !isSame(there, file)) continue
    if (after === 'done') await files.rename(path, await freePath(files, folders.done, file.name))
    else await files.removeFile(path)
  }
}
