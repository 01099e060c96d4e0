import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { syncFolder } from '../../core/util/sync-folder.ts'
import { replaceFile, stageFile } from '../../core/util/durable-file.ts'

/** What one deploy changes: it is there whole or not at all, wherever the process is killed. */
export interface Release {
  /** file name → text, of the files that are new or other than before */
  readonly put: ReadonlyMap<string, string>
  /** names of files that go */
  readonly remove: readonly string[]
  /** files elsewhere that change with them: the credentials, a note of what is still to be done */
  readonly beside: readonly { readonly path: string; readonly text: string; readonly mode: number }[]
}

/** Where a release waits: a folder beside the flow files. */
const PLACE = '.release'
/** From the instant at which this file is there, the release is the one in force: what is left of it is done later. */
const DECIDED = 'decided'
/** A file elsewhere waits in its own folder, under this ending: that may be another file system. */
const NEXT = '.next'

interface Plan {
  readonly put: readonly string[]
  readonly remove: readonly string[]
  readonly beside: readonly string[]
}

/**
 * Puts a release into a folder. Everything is on disk before one rename decides; the renames that are left then are
 * done by `finishRelease`, here or after a kill.
 */
export async function putRelease(folder: string, { put, remove, beside }: Release): Promise<void> {
  await finishRelease(folder)
  const place = join(folder, PLACE)
  // What was never decided is what a kill left of a release that is not to be.
  await rm(place, { recursive: true, force: true })
  await mkdir(place)
  await syncFolder(folder)
  for (const [name, text] of put) await stageFile(join(place, name), text, 0o644, '')
  for (const { path, text, mode } of beside) await stageFile(path, text, mode, NEXT)
  for (const path of [place, ...beside.map((file) => dirname(file.path))]) await syncFolder(path)
  const plan: Plan = { put: [...put.keys()], remove, beside: beside.map(({ path }) => path) }
  await replaceFile(join(place, DECIDED), JSON.stringify(plan))
  await finishRelease(folder)
}

/**
 * Brings a release that was decided to its end, after a kill or at once; does nothing where none waits. Every step may
 * be done again, also by two processes at a time: whoever reads flows calls it first.
 */
export async function finishRelease(folder: string): Promise<void> {
  const place = join(folder, PLACE)
  const plan = await planIn(place)
  if (plan === undefined) return
  for (const name of plan.put) await unlessDone(rename(join(place, name), join(folder, name)))
  for (const name of plan.remove) await rm(join(folder, name), { force: true })
  for (const path of plan.beside) await unlessDone(rename(path + NEXT, path))
  for (const path of new Set([folder, ...plan.beside.map((file) => dirname(file))])) await syncFolder(path)
  await rm(join(place, DECIDED), { force: true })
  await rm(place, { recursive: true, force: true })
  await syncFolder(folder)
}

/** Whether a release is on its way into the files: what is read meanwhile may be of two. */
export async function isUnderWay(folder: string): Promise<boolean> {
  return (await planIn(join(folder, PLACE))) !== undefined
}

async function planIn(place: string): Promise<Plan | undefined> {
  const text = await unlessDone(readFile(join(place, DECIDED), 'utf8'))
  return text === undefined ? undefined : (JSON.parse(text) as Plan)
}

/** A file that is not there any more was put in its place before. */
async function unlessDone<T>(step: Promise<T>): Promise<T | undefined> {
  try {
    return await step
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Names of the flow files in a folder, sorted. */
export async function flowFilesIn(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => name.endsWith('.json')).sort()
}
