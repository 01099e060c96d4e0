import { hash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseDocument, type Document } from 'yaml'
import { writeDurably } from '../files/durable.ts'

/** 单位合并: from that day on (Asia/Shanghai) what is addressed to `unit` goes to `into`. */
export interface Merge {
  readonly unit: string
  readonly into: string
  /** YYYY-MM-DD */
  readonly from: string
}

/** Digests of a file as it was shipped when it was copied, and of the copy as this program left it. */
interface Origin {
  readonly shipped: string
  readonly copy: string
}

/**
 * The station's configuration as a copy in the data folder, so that it can be changed while the station runs, as
 * operators do: it takes what changes without a restart. What was changed is kept; files that nobody changed follow the
 * version.
 */
export class OwnConfig {
  readonly folder: string
  /** files that were changed here while the shipped ones changed too: the changed ones stay */
  readonly kept: readonly string[]
  readonly #memory: string
  readonly #origins: Record<string, Origin>
  #merges: readonly Merge[]

  private constructor(
    folder: string,
    memory: string,
    found: { readonly kept: readonly string[]; readonly origins: Record<string, Origin> },
  ) {
    this.folder = folder
    this.kept = found.kept
    this.#memory = memory
    this.#origins = found.origins
    this.#merges = (readJson(join(memory, MERGES)) ?? []) as readonly Merge[]
  }

  /** @param memory a folder of the sandbox's own */
  static async make(template: string, folder: string, memory: string): Promise<OwnConfig> {
    const known = (readJson(join(memory, ORIGINS)) ?? {}) as Readonly<Record<string, Origin>>
    const origins: Record<string, Origin> = {}
    const kept: string[] = []
    mkdirSync(folder, { recursive: true })
    for (const name of readdirSync(template)) {
      const path = join(folder, name)
      const shipped = digestOf(join(template, name))
      const now = existsSync(path) ? digestOf(path) : undefined
      const origin = known[name]
      if (now === undefined || now === origin?.copy) {
        // What this program has written into it since (mergers) is written again.
        if (origin?.shipped !== shipped || now === undefined) writeFileSync(path, readFileSync(join(template, name)))
        origins[name] = { shipped, copy: digestOf(path) }
      } else {
        if (shipped !== (origin?.shipped ?? now)) kept.push(name)
        origins[name] = { shipped: origin?.shipped ?? shipped, copy: origin?.copy ?? shipped }
      }
    }
    const own = new OwnConfig(folder, memory, { kept, origins })
    // One that a person has broken stays as it is: the station says what is wrong with it.
    if (own.#merges.length > 0 && own.#systems() !== undefined) await own.#write()
    else await own.#remember()
    return own
  }

  /** @throws Error while systems.yaml is broken */
  async merge(merge: Merge): Promise<void> {
    if (this.#systems() === undefined)
      throw new Error('systems.yaml 有误，先改好再合并 / is broken: mend it before you merge')
    this.#merges = [...this.#merges.filter(({ unit }) => unit !== merge.unit), merge]
    await writeDurably(join(this.#memory, MERGES), `${JSON.stringify(this.#merges, undefined, 1)}\n`)
    await this.#write()
  }

  async #write(): Promise<void> {
    const path = join(this.folder, SYSTEMS)
    const untouched = digestOf(path) === this.#origins[SYSTEMS]?.copy
    const found = this.#systems()
    if (found === undefined) throw new Error('systems.yaml 有误 / is broken')
    const { document, systems } = found
    const at = systems.findIndex(({ adapter }) => adapter === 'directory')
    if (at < 0) throw new Error('systems.yaml 里没有目录系统 / has no directory')
    document.setIn(['systems', at, 'settings', 'merges'], this.#merges)
    await writeDurably(path, document.toString())
    const origin = this.#origins[SYSTEMS]
    // A merger is no change of a person's: the file goes on following the version.
    if (untouched && origin !== undefined) this.#origins[SYSTEMS] = { ...origin, copy: digestOf(path) }
    await this.#remember()
  }

  /** undefined where it is no YAML or has no list of systems */
  #systems(): { readonly document: Document; readonly systems: readonly { readonly adapter?: unknown }[] } | undefined {
    const document = parseDocument(readFileSync(join(this.folder, SYSTEMS), 'utf8'))
    if (document.errors.length > 0) return undefined
    const { systems } = (document.toJS() ?? {}) as { readonly systems?: readonly { readonly adapter?: unknown }[] }
    return Array.isArray(systems) ? { document, systems } : undefined
  }

  async #remember(): Promise<void> {
    await writeDurably(join(this.#memory, ORIGINS), `${JSON.stringify(this.#origins, undefined, 1)}\n`)
  }
}

const SYSTEMS = 'systems.yaml'
const MERGES = 'merges.json'
const ORIGINS = 'config-origins.json'

function digestOf(path: string): string {
  return hash('sha256', readFileSync(path), 'hex')
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as unknown
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
