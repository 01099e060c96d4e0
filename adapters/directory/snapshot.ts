import { hash } from 'node:crypto'
import { readFile, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { writeWhole } from '../kit/files/durable.ts'
import { snapshotOf, type Snapshot } from './model.ts'

/** A snapshot and when the directory was last seen to be so (milliseconds since 1970). */
export interface KeptSnapshot {
  readonly snapshot: Snapshot
  readonly confirmedAt: number
}

/** Snapshots as files of one folder, each whole or not there at all; the newest whole one counts. */
export interface SnapshotStore {
  /** The newest whole snapshot, and the names of newer files that are damaged. */
  load(): Promise<{ readonly kept: KeptSnapshot | undefined; readonly damaged: readonly string[] }>
  /** Durable when resolved; what was kept before stays until then. One at a time. */
  save(kept: KeptSnapshot): Promise<void>
}

const format = 'yizhan-directory 1'
const keepFiles = 3
const nameOf = /^(\d{10})\.snapshot$/

const unitSchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  codes: z.array(z.string()),
  parent: z.string().exactOptional(),
})
const personSchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  uid: z.string().exactOptional(),
  mobile: z.string().exactOptional(),
  mail: z.string().exactOptional(),
  titles: z.array(z.string()),
  roles: z.array(z.enum(['head', 'officeDirector', 'administrator'])),
  unit: z.string().exactOptional(),
})
const fileSchema = z.strictObject({
  confirmedAt: z.number().int(),
  revision: z.string(),
  units: z.array(unitSchema),
  people: z.array(personSchema),
})

/** @param folder made if it is missing; people's mobile numbers lie in it: mode 0700 */
export function snapshotStore(folder: string): SnapshotStore {
  return {
    async load() {
      const damaged: string[] = []
      for (const name of (await names(folder)).reverse()) {
        const kept = decodeSnapshot(await readFile(join(folder, name)))
        if (kept !== undefined) return { kept, damaged }
        damaged.push(name)
      }
      return { kept: undefined, damaged }
    },
    async save(kept) {
      const before = await names(folder)
      const last = Number(nameOf.exec(before.at(-1) ?? '')?.[1] ?? 0)
      const name = `${String(last + 1).padStart(10, '0')}.snapshot`
      await writeWhole(folder, name, encodeSnapshot(kept))
      for (const old of before.slice(0, Math.max(0, before.length + 1 - keepFiles)))
        await rm(join(folder, old), { force: true })
      await removeTemporaries(folder)
    },
  }
}

/** One line with the format and the body's SHA-256, then the body, JSON in UTF-8. */
export function encodeSnapshot({ snapshot, confirmedAt }: KeptSnapshot): Buffer {
  const body = Buffer.from(JSON.stringify({ confirmedAt, ...snapshot }))
  return Buffer.concat([Buffer.from(`${format} ${hash('sha256', body, 'hex')}\n`), body])
}

/** Undefined for anything but a whole snapshot: torn, changed, of another format, or not one at all. */
export function decodeSnapshot(bytes: Buffer): KeptSnapshot | undefined {
  const end = bytes.indexOf(0x0a)
  if (end < 0) return undefined
  const body = bytes.subarray(end + 1)
  if (bytes.toString('latin1', 0, end) !== `${format} ${hash('sha256', body, 'hex')}`) return undefined
  const parsed = fileSchema.safeParse(jsonOf(body.toString('utf8')))
  if (!parsed.success) return undefined
  const { confirmedAt, revision, units, people } = parsed.data
  const snapshot = snapshotOf(units, people)
  return snapshot.revision === revision ? { snapshot, confirmedAt } : undefined
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

async function names(folder: string): Promise<string[]> {
  return (await listing(folder)).filter((name) => nameOf.test(name)).sort()
}

async function listing(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** What a killed process left half written. */
async function removeTemporaries(folder: string): Promise<void> {
  for (const name of await listing(folder)) if (name.endsWith('.tmp')) await rm(join(folder, name), { force: true })
}
