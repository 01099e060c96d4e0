import { randomBytes } from 'node:crypto'
import { mkdir, open, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { monotonic, type Clock } from '../../../core/util/clock.ts'
import { syncFolder } from '../../../core/util/sync-folder.ts'
import { wipe } from '../../../core/util/wipe.ts'
import { writeWhole } from '../../kit/files/durable.ts'

/** A file that was given and is not judged yet. */
export interface Spooled {
  readonly id: string
  readonly account: string
  /** its path below `out/`, steps between slashes */
  name: string
  size: number
  /** milliseconds since 1970 */
  changedAt: number
  /** of the monotonic clock: the last change, or when we found it after a restart */
  touched: number
  /** its client has closed it: nothing is missing */
  whole: boolean
  /** it has come to this name by a rename */
  renamed: boolean
  /** files of it that are open for writing */
  writers: number
  /** it is being judged: nobody sees it */
  judging: boolean
  /** since when, by the monotonic clock, it has been ready */
  readySince?: number | undefined
  /** not judged before, by the monotonic clock; and how often that was so */
  notBefore?: number | undefined
  failures?: number | undefined
  /** the last writing of its record */
  keeping?: Promise<void>
}

const recordSchema = z.object({
  account: z.string(),
  name: z.string(),
  changedAt: z.number(),
  whole: z.boolean(),
  renamed: z.boolean(),
})

const ID = /^([0-9a-f]{24})\.(json|data)$/

/**
 * What lies in `out/` until it is judged: bytes in `<id>.data`, and beside them, once they are whole, `<id>.json` with
 * whose they are and how they are called. Bytes without that belong to an upload that ended with the process: they are
 * wiped. Folder 0700, files 0600; never logged.
 */
export class Spool {
  readonly #folder: string
  readonly #clock: Clock
  readonly #byAccount = new Map<string, Set<Spooled>>()

  constructor(folder: string, clock: Clock) {
    this.#folder = folder
    this.#clock = clock
  }

  async load(): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    const names = await readdir(this.#folder)
    const known = new Set(names)
    for (const name of names) {
      const [, id, kind] = ID.exec(name) ?? []
      if (id === undefined || (kind === 'json' && !known.has(`${id}.data`))) await rm(join(this.#folder, name))
      else if (kind === 'data' && !known.has(`${id}.json`)) await wipe(join(this.#folder, name))
      else if (kind === 'json') await this.#find(id)
    }
  }

  of(account: string): readonly Spooled[] {
    return [...(this.#byAccount.get(account) ?? [])]
  }

  get accounts(): readonly string[] {
    return [...this.#byAccount.keys()]
  }

  /** The newest of that name that is not being judged. */
  find(account: string, name: string): Spooled | undefined {
    return this.of(account).findLast((entry) => entry.name === name && !entry.judging)
  }

  async create(account: string, name: string): Promise<Spooled> {
    const id = randomBytes(12).toString('hex')
    const file = await open(this.pathOf({ id }), 'wx', 0o600)
    await file.close()
    return this.#add({
      id,
      account,
      name,
      size: 0,
      changedAt: this.#clock.now(),
      touched: monotonic(this.#clock),
      whole: false,
      renamed: false,
      writers: 0,
      judging: false,
    })
  }

  pathOf({ id }: Pick<Spooled, 'id'>): string {
    return join(this.#folder, `${id}.data`)
  }

  read(entry: Spooled): Promise<Buffer> {
    return readFile(this.pathOf(entry))
  }

  touch(entry: Spooled): void {
    entry.changedAt = this.#clock.now()
    entry.touched = monotonic(this.#clock)
    entry.readySince = undefined
    entry.notBefore = undefined
    entry.failures = undefined
  }

  /** Its name, and whether it is whole, are durable when resolved. */
  async keep(entry: Spooled): Promise<void> {
    // One after the other, each as it is then: two connections may change the same file.
    const written = (entry.keeping ?? Promise.resolve()).then(() => this.#write(entry))
    entry.keeping = written.catch(() => undefined)
    await written
  }

  async #write({ id, account, name, changedAt, whole, renamed }: Spooled): Promise<void> {
    const record: z.infer<typeof recordSchema> = { account, name, changedAt, whole, renamed }
    await writeWhole(this.#folder, `${id}.json`, Buffer.from(JSON.stringify(record)))
  }

  /** Wiped. The record goes first: after a kill in between, the bytes belong to nobody. */
  async remove(entry: Spooled): Promise<void> {
    this.#byAccount.get(entry.account)?.delete(entry)
    await entry.keeping
    await rm(join(this.#folder, `${entry.id}.json`), { force: true })
    await syncFolder(this.#folder)
    await wipe(this.pathOf(entry))
  }

  async #find(id: string): Promise<void> {
    const record = recordSchema.parse(JSON.parse(await readFile(join(this.#folder, `${id}.json`), 'utf8')))
    const file = await open(this.pathOf({ id }), 'r')
    const { size } = await file.stat().finally(() => file.close())
    this.#add({ id, ...record, size, touched: monotonic(this.#clock), writers: 0, judging: false })
  }

  #add(entry: Spooled): Spooled {
    const own = this.#byAccount.get(entry.account) ?? new Set()
    this.#byAccount.set(entry.account, own.add(entry))
    return entry
  }
}
