import { hash } from 'node:crypto'
import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Clock } from '../../../core/util/clock.ts'
import { writeWhole } from '../../kit/files/durable.ts'

/** What became of a file that was given: stands in `receipts/` or `errors/` until its account removes it. */
const noteSchema = z.object({
  account: z.string(),
  area: z.enum(['receipts', 'errors']),
  /** path below the area */
  name: z.string(),
  text: z.string(),
  /** milliseconds since 1970 */
  at: z.number(),
})
export type FileNote = z.infer<typeof noteSchema>
export type NoteArea = FileNote['area']

/** Notes of one account and area, and the characters of all of them; the oldest goes for the newest. */
const MOST = 2_000
const MOST_TEXT = 16 * 1024 * 1024

/** They hold what their sender may know, and nothing of what was given. */
export class Notes {
  readonly #folder: string
  readonly #clock: Clock
  readonly #keptMs: () => number
  /** by account, area and name, the oldest first */
  readonly #notes = new Map<string, FileNote>()

  constructor(folder: string, clock: Clock, keptMs: () => number) {
    this.#folder = folder
    this.#clock = clock
    this.#keptMs = keptMs
  }

  async load(): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    const files = (await readdir(this.#folder)).filter((file) => file.endsWith('.json'))
    const notes = await Promise.all(
      files.map(async (file) => noteSchema.parse(JSON.parse(await readFile(join(this.#folder, file), 'utf8')))),
    )
    for (const note of notes.sort((a, b) => a.at - b.at)) this.#notes.set(keyOf(note), note)
  }

  list(account: string, area: NoteArea): readonly FileNote[] {
    const since = this.#clock.now() - this.#keptMs()
    return [...this.#notes.values()].filter(
      (note) => note.account === account && note.area === area && note.at >= since,
    )
  }

  get(account: string, area: NoteArea, name: string): FileNote | undefined {
    return this.#notes.get(keyOf({ account, area, name }))
  }

  /**
   * In place of one of the same name.
   *
   * @param durable false: of what must not be written anywhere, its name included, only this process knows
   */
  async add(note: Omit<FileNote, 'at'>, durable: boolean): Promise<void> {
    const key = keyOf(note)
    const whole = { ...note, at: this.#clock.now() }
    this.#notes.delete(key)
    this.#notes.set(key, whole)
    if (durable) await writeWhole(this.#folder, fileOf(key), Buffer.from(JSON.stringify(whole)))
    await this.#thin(note)
  }

  async remove({ account, area, name }: Pick<FileNote, 'account' | 'area' | 'name'>): Promise<void> {
    const key = keyOf({ account, area, name })
    this.#notes.delete(key)
    await rm(join(this.#folder, fileOf(key)), { force: true })
  }

  async #thin({ account, area }: Pick<FileNote, 'account' | 'area'>): Promise<void> {
    const since = this.#clock.now() - this.#keptMs()
    const own = [...this.#notes.values()].filter((note) => note.account === account && note.area === area)
    let text = 0
    for (const [at, note] of own.reverse().entries()) {
      text += note.text.length
      // The newest stands, however long it is.
      if (note.at < since || at >= MOST || (at > 0 && text > MOST_TEXT)) await this.remove(note)
    }
  }
}

function keyOf({ account, area, name }: Pick<FileNote, 'account' | 'area' | 'name'>): string {
  return JSON.stringify([account, area, name])
}

function fileOf(key: string): string {
  return `${hash('sha256', key, 'hex').slice(0, 32)}.json`
}
