import { monotonic, type Clock } from '../../../core/util/clock.ts'
import type { FilesSettings } from '../config.ts'
import type { Spool, Spooled } from './spool.ts'

/** How clients call what they have not finished: WinSCP, FileZilla, browsers, hand-made scripts. */
const TEMPORARY = /(?:^[.~]|\.(?:filepart|part|partial|tmp|temp|uploading|crdownload|swp)$)/i

export function isTemporary(path: string): boolean {
  return TEMPORARY.test(path.slice(path.lastIndexOf('/') + 1))
}

/** What is judged by itself, in one of these syntaxes or as a ZIP; everything else lies beside it. */
export function isMain(path: string, syntaxes: readonly string[]): boolean {
  const name = path.toLowerCase()
  return [...syntaxes, 'zip'].some((ending) => name.endsWith(`.${ending}`)) && !isTemporary(path)
}

/** The names of a file's marker: its own name with the ending, and that with the ending in place of its own. */
export function markersOf(path: string, ending: string): readonly string[] {
  return [path + ending, path.replace(/\.[^./]*$/, '') + ending]
}

/** When a file in `out/` is ready, by what is agreed with its account. */
export class ReadyRules {
  readonly #spool: Spool
  readonly #settings: FilesSettings
  readonly #clock: Clock

  constructor(spool: Spool, settings: FilesSettings, clock: Clock) {
    this.#spool = spool
    this.#settings = settings
    this.#clock = clock
  }

  /** Milliseconds until it is to be looked at again: 0 where it is ready now. */
  waitOf(entry: Spooled): number {
    const now = monotonic(this.#clock)
    if (entry.notBefore !== undefined && now < entry.notBefore) return entry.notBefore - now
    const untilAbandoned = Math.max(1, entry.touched + this.#settings.config.abandonedMs - now)
    if (!isMain(entry.name, this.#settings.syntaxes) || !entry.whole || entry.writers > 0) return untilAbandoned
    const { ready, quietMs, marker } = this.#settings.client(entry.account)
    switch (ready) {
      case 'rename':
        return entry.renamed ? 0 : untilAbandoned
      case 'marker': {
        const marked = markersOf(entry.name, marker).some(
          (name) => this.#spool.find(entry.account, name)?.whole === true,
        )
        return marked ? 0 : untilAbandoned
      }
      case 'quiet':
        return Math.max(0, entry.touched + quietMs - now)
    }
  }

  isAbandoned(entry: Spooled): boolean {
    const { abandonedMs } = this.#settings.config
    return (
      entry.writers === 0 &&
      !entry.judging &&
      entry.failures === undefined &&
      monotonic(this.#clock) - entry.touched >= abandonedMs
    )
  }
}
