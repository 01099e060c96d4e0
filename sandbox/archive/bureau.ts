import { createHash } from 'node:crypto'
import { EventEmitter } from 'node:events'
import { mkdir, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { readDbfCatalogue, type DbfTable } from './catalogue.ts'
import { examine, type Examination } from './examine.ts'
import type { Finding, Shelved, Verdict } from './item.ts'
import { receiptOf } from './receipt.ts'
import { SftpHost } from './sftp-host.ts'
import { Shelves } from './shelves.ts'

export interface BureauOptions {
  /** everything that it keeps: its SFTP root, batches as they came, its host key */
  readonly folder: string
  /** where it writes what it took in, `DIR/items/<sequence>.json`; `<folder>/shelves` if absent */
  readonly shelves?: string | undefined
  readonly username: string
  readonly password: string
  readonly port?: number | undefined
}

/**
 * The archive bureau in miniature: an SFTP server with `in/`, `taken/` and `receipts/`, and an archivist who looks at
 * each batch that has a marker, puts it on the shelves or refuses it, and answers with a receipt. A batch that comes
 * again gets the answer of the first time. Whatever it had begun before it was ended is finished when it is made again.
 */
export class Bureau extends EventEmitter<{
  judged: [Verdict]
  shelved: [readonly Shelved[]]
  repeated: [string]
  failed: [Error]
}> {
  readonly host: SftpHost
  readonly shelves: Shelves
  readonly #folder: string
  readonly #demands: { readonly position: number; readonly reason: string }[] = []
  #last: Promise<void> = Promise.resolve()

  constructor(options: BureauOptions) {
    super()
    this.#folder = options.folder
    this.shelves = new Shelves(options.shelves ?? join(options.folder, 'shelves'))
    this.host = new SftpHost({
      root: join(options.folder, 'sftp'),
      keyFile: join(options.folder, 'host_key'),
      username: options.username,
      password: options.password,
      port: options.port,
      renamed: (path) => {
        if (/^in\/[^/]+\.ok$/.test(path)) this.look()
      },
    })
  }

  /** Opens the doors and takes what was left lying. */
  async start(): Promise<void> {
    await Promise.all(['in', 'taken', 'receipts'].map((name) => mkdir(this.#sftp(name), { recursive: true })))
    await this.host.switchOn()
    this.look()
  }

  async close(): Promise<void> {
    await this.host.switchOff()
    await this.#last
    await this.shelves.close()
  }

  /** The next batch that has a document at this position is refused for it, once. */
  refuseNext(position: number, reason: string): void {
    this.#demands.push({ position, reason })
  }

  /** Looks for markers; a failure is told as `failed`, and the next look tries again. */
  look(): void {
    this.#last = this.#last
      .then(() => this.#lookNow())
      .catch((error: unknown) => void this.emit('failed', error as Error))
  }

  /** Resolves when what was begun is done. */
  async settled(): Promise<void> {
    await this.#last
  }

  /** The DBF catalogue of a batch that was judged, as a table. */
  catalogue(batch: string): Promise<DbfTable> {
    return readDbfCatalogue(join(this.#judged(batch), '文件目录.DBF'))
  }

  /** The files of a batch that was judged: paths within it, and bytes. */
  async files(batch: string): Promise<readonly { readonly path: string; readonly size: number }[]> {
    const folder = this.#judged(batch)
    const entries = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())
    const files = await Promise.all(
      entries.map(async (entry) => {
        const path = join(entry.parentPath, entry.name)
        return { path: relative(folder, path), size: (await stat(path)).size }
      }),
    )
    return files.sort((one, other) => (one.path < other.path ? -1 : 1))
  }

  #sftp(...path: string[]): string {
    return join(this.#folder, 'sftp', ...path)
  }

  async #lookNow(): Promise<void> {
    const markers = (await readdir(this.#sftp('in'))).filter((name) => name.endsWith('.ok')).sort()
    for (const name of markers) await this.#take(name.slice(0, -'.ok'.length))
  }

  async #take(batch: string): Promise<void> {
    const marker = await readFile(this.#sftp('in', `${batch}.ok`))
    const digest = createHash('sha256').update(marker).digest('hex')
    const before = this.shelves.verdictOn(batch)
    // A verdict on a batch that was not put away yet was cut off: it is finished. Where both are there, it came again.
    const isAgain =
      before !== undefined && (await exists(this.#away(before))) && (await exists(this.#sftp('in', batch)))
    if (isAgain) {
      await this.shelves.repeat(batch, before.marker === digest)
      this.emit('repeated', batch)
    }
    const verdict = before ?? (await this.#judge(batch, marker, digest))
    if (isAgain) await rm(this.#sftp('in', batch), { recursive: true, force: true })
    else await this.#putAway(verdict)
    await writeFile(this.#sftp('receipts', `.${batch}.xml`), receiptOf(verdict))
    await rename(this.#sftp('receipts', `.${batch}.xml`), this.#sftp('receipts', `${batch}.xml`))
    await rename(this.#sftp('in', `${batch}.ok`), this.#sftp('taken', `${batch}.ok`))
    if (!isAgain) this.emit('judged', verdict)
  }

  async #judge(batch: string, marker: Buffer, digest: string): Promise<Verdict> {
    const { items, findings } = this.#withDemands(await examine(batch, this.#sftp('in', batch), marker))
    const doubled = items
      .filter((item) => this.shelves.has(item.archiveNumber, batch))
      .map(({ position, archiveNumber }): Finding => ({ position, archiveNumber, reason: '该档号已入库' }))
    const all = [...findings, ...doubled]
    if (all.length === 0) {
      const from = this.shelves.items.length
      for (const item of items) await this.shelves.keep(item)
      this.emit('shelved', this.shelves.items.slice(from))
    }
    const verdict: Verdict = {
      batch,
      marker: digest,
      result: all.length === 0 ? 'accepted' : 'refused',
      findings: all,
      at: new Date().toISOString(),
    }
    await this.shelves.judge(verdict)
    return verdict
  }

  #withDemands(examination: Examination): Examination {
    for (const [at, demand] of this.#demands.entries()) {
      const item = examination.items.find(({ position }) => position === demand.position)
      if (item === undefined) continue
      this.#demands.splice(at, 1)
      return {
        ...examination,
        findings: [
          ...examination.findings,
          { position: demand.position, archiveNumber: item.archiveNumber, reason: demand.reason },
        ],
      }
    }
    return examination
  }

  /** Does nothing where it was done before a crash. */
  async #putAway(verdict: Verdict): Promise<void> {
    await mkdir(dirname(this.#away(verdict)), { recursive: true })
    if (await exists(this.#sftp('in', verdict.batch)))
      await rename(this.#sftp('in', verdict.batch), this.#away(verdict))
  }

  #judged(batch: string): string {
    const verdict = this.shelves.verdictOn(batch)
    if (verdict === undefined) throw new Error(`没有这个批次 / no such batch: ${batch}`)
    return this.#away(verdict)
  }

  #away(verdict: Verdict): string {
    return join(this.#folder, 'shelves', verdict.result === 'accepted' ? 'batches' : 'refused', verdict.batch)
  }
}

async function exists(path: string): Promise<boolean> {
  return readFile(path).then(
    () => true,
    (error: unknown) => {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EISDIR') return true
      if (code === 'ENOENT') return false
      throw error
    },
  )
}
