import { hash } from 'node:crypto'
import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { asError } from '../../core/errors/error.ts'
import type { FlowNode } from '../../core/hop/flow-node.ts'
import type { BrokenFile, EditorFile } from '../../core/hop/link.ts'
import { replaceFile } from '../../core/util/durable-file.ts'
import { readFolder, writeFlows } from './flow-files.ts'

export interface FlowStoreOptions {
  /** one tab, one file */
  readonly flowsFolder: string
  /** everything else */
  readonly dataFolder: string
  /**
   * told after each save who saved which flows, for the ledger; what it rejects with goes to `trouble`, and it is told
   * again
   */
  readonly released: (who: string, flows: string) => Promise<void>
  readonly trouble: (error: Error) => void
}

/** One deploy. */
export interface FlowSave {
  readonly flows: readonly FlowNode[]
  readonly who: string
  /** ids of what is held back: its files stay as they are while nobody changes it */
  readonly keep: readonly string[]
  /** as Node-RED encrypts them; absent: as they are */
  readonly credentials?: object | undefined
}

const CREDENTIALS = 'credentials.json'
/** Who deployed the release that the ledger does not know yet. */
const UNTOLD = 'untold-release.json'

/**
 * What the editor keeps: flows in `flows/`, everything else in the data folder, each file whole or not at all. The
 * station keeps it, so that the flow process needs to read and write no file.
 */
export class FlowStore {
  readonly #options: FlowStoreOptions
  /** one after the other: what is read is what the last deploy has left */
  #last: Promise<unknown> = Promise.resolve()

  constructor(options: FlowStoreOptions) {
    this.#options = options
  }

  /** The flows in the order of their files, their revision, and the files that hold none. */
  read(): Promise<{
    readonly flows: readonly FlowNode[]
    readonly revision: string
    readonly broken: readonly BrokenFile[]
  }> {
    return this.#next(async () => {
      const { files, broken } = await readFolder(this.#options.flowsFolder)
      const flows = [...files.values()].flat()
      const text = JSON.stringify(flows)
      await this.#tell(text)
      return { flows, revision: revisionOf(text), broken }
    })
  }

  /** Saves flows, and credentials with them, as one release. */
  save({ flows, who, keep, credentials }: FlowSave): Promise<{ readonly revision: string }> {
    return this.#next(async () => {
      const { flowsFolder } = this.#options
      await this.#makeFolder()
      const beside = (name: string, value: object) => ({
        path: this.#pathOf(name),
        text: JSON.stringify(value),
        mode: 0o600,
      })
      await writeFlows(flowsFolder, flows, {
        keep: new Set(keep),
        beside: [beside(UNTOLD, { who }), ...(credentials === undefined ? [] : [beside(CREDENTIALS, credentials)])],
      })
      const text = JSON.stringify([...(await readFolder(flowsFolder)).files.values()].flat())
      await this.#tell(text)
      return { revision: revisionOf(text) }
    })
  }

  /** What the editor has kept under this name; undefined: nothing yet. */
  readFile(file: EditorFile | 'credentials'): Promise<object | undefined> {
    return this.#next(() => this.#read(`${file}.json`))
  }

  writeFile(file: EditorFile, value: object): Promise<void> {
    return this.#next(async () => {
      await this.#makeFolder()
      await replaceFile(this.#pathOf(`${file}.json`), JSON.stringify(value), 0o600)
    })
  }

  #next<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(work)
    this.#last = mine.catch(() => undefined)
    return mine
  }

  /** Tells the ledger of a release; after a kill, of one that was deployed and never told. */
  async #tell(flows: string): Promise<void> {
    const note = (await this.#read(UNTOLD)) as { readonly who?: string } | undefined
    if (note?.who === undefined) return
    try {
      await this.#options.released(note.who, flows)
    } catch (error) {
      // The flows are in place and run: who deployed them is told at the next start or deploy.
      this.#options.trouble(asError(error))
      return
    }
    await rm(this.#pathOf(UNTOLD), { force: true })
  }

  async #read(name: string): Promise<object | undefined> {
    try {
      return JSON.parse(await readFile(this.#pathOf(name), 'utf8')) as object
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    }
  }

  async #makeFolder(): Promise<void> {
    await mkdir(this.#options.dataFolder, { recursive: true })
  }

  #pathOf(name: string): string {
    return join(this.#options.dataFolder, name)
  }
}

function revisionOf(flows: string): string {
  return hash('sha256', flows, 'hex').slice(0, 12)
}
