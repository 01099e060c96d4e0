import { cpSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseDocument } from 'yaml'
import { writeDurably } from '../files/durable.ts'

/** 单位合并: from that day on (Asia/Shanghai) what is addressed to `unit` goes to `into`. */
export interface Merge {
  readonly unit: string
  readonly into: string
  /** YYYY-MM-DD */
  readonly from: string
}

/**
 * The station's configuration as a copy in the data folder, so that it can be changed while the station runs, as operators
 * do: it takes what changes without a restart. Made anew at each start; merges are remembered.
 */
export class OwnConfig {
  readonly folder: string
  readonly #memory: string
  #merges: readonly Merge[]

  /** @param memory a file of its own */
  private constructor(folder: string, memory: string, merges: readonly Merge[]) {
    this.folder = folder
    this.#memory = memory
    this.#merges = merges
  }

  static async make(template: string, folder: string, memory: string): Promise<OwnConfig> {
    cpSync(template, folder, { recursive: true })
    const own = new OwnConfig(folder, memory, readMerges(memory))
    if (own.#merges.length > 0) await own.#write()
    return own
  }

  async merge(merge: Merge): Promise<void> {
    this.#merges = [...this.#merges.filter(({ unit }) => unit !== merge.unit), merge]
    await writeDurably(this.#memory, `${JSON.stringify(this.#merges, undefined, 1)}\n`)
    await this.#write()
  }

  async #write(): Promise<void> {
    const path = join(this.folder, 'systems.yaml')
    const document = parseDocument(readFileSync(path, 'utf8'))
    const { systems } = document.toJS() as { readonly systems: readonly { readonly adapter: string }[] }
    const at = systems.findIndex(({ adapter }) => adapter === 'directory')
    if (at < 0) throw new Error('systems.yaml 里没有目录系统 / has no directory')
    document.setIn(['systems', at, 'settings', 'merges'], this.#merges)
    await writeDurably(path, document.toString())
  }
}

function readMerges(path: string): readonly Merge[] {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as readonly Merge[]
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
