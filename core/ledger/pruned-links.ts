import { createHash } from 'node:crypto'
import type { Sqlite } from './database.ts'
import { build, prepare } from './statement.ts'

/**
 * Links of a chain whose detail may be gone. Of each its hash stays, in runs that join one another from the first link
 * on; a run's sum is
 *
 *     SHA-256( sum of the run before + "\n" + station first last "\n" + the hashes, 32 bytes each )
 *
 * and a link `audit.pruned` says `station last sum`. So the hashes of what is gone are what they were when the last of
 * these links was made, which stands in the chain itself; and a link whose row is still there has to fit.
 */

const HASH_BYTES = 32
const NO_SUM = ''

export interface LinkRun {
  readonly station: string
  readonly first: number
  readonly last: number
  readonly hashes: Uint8Array
  readonly sum: string
}

/** Where the runs of a station end. */
export interface RunsEnd {
  readonly last: number
  readonly sum: string
}

export const NO_RUNS: RunsEnd = { last: 0, sum: NO_SUM }

export function runSum(before: string, { station, first, last, hashes }: Omit<LinkRun, 'sum'>): string {
  return createHash('sha256').update(`${before}\n${station} ${first} ${last}\n`).update(hashes).digest('hex')
}

/** hex */
export function hashIn({ first, last, hashes }: Omit<LinkRun, 'sum' | 'station'>, link: number): string | undefined {
  if (link < first || link > last) return undefined
  const at = (link - first) * HASH_BYTES
  return Buffer.from(hashes.buffer, hashes.byteOffset, hashes.byteLength)
    .subarray(at, at + HASH_BYTES)
    .toString('hex')
}

/** What an event `audit.pruned` says in its detail. */
export function prunedText(station: string, { last, sum }: RunsEnd): string {
  return `${station} ${last} ${sum}`
}

export function readPrunedText(detail: string): (RunsEnd & { readonly station: string }) | undefined {
  const [station = '', last = '', sum = ''] = detail.split(' ')
  return /^\d+$/u.test(last) ? { station, last: Number(last), sum } : undefined
}

export class PrunedLinks {
  readonly #containing
  readonly #lastRun
  readonly #insert

  constructor(db: Sqlite) {
    // the first that ends there or later
    this.#containing = prepare(db, (p: { station: string; link: number }) =>
      build
        .selectFrom('pruned_links')
        .selectAll()
        .where('station', '=', p.station)
        .where('last', '>=', p.link)
        .orderBy('last')
        .limit(1),
    )
    this.#lastRun = prepare(db, (p: { station: string }) =>
      build
        .selectFrom('pruned_links')
        .select(['last', 'sum'])
        .where('station', '=', p.station)
        .orderBy('last', 'desc')
        .limit(1),
    )
    this.#insert = prepare(db, (p: { station: string; first: number; last: number; hashes: Uint8Array; sum: string }) =>
      build
        .insertInto('pruned_links')
        .values({ station: p.station, first: p.first, last: p.last, hashes: p.hashes, sum: p.sum }),
    )
  }

  end(station: string): RunsEnd {
    return this.#lastRun.get({ station }) ?? NO_RUNS
  }

  /** The run in which a link stands. */
  at(station: string, link: number): LinkRun | undefined {
    const run = this.#containing.get({ station, link })
    return run !== undefined && run.first <= link ? run : undefined
  }

  hashOf(station: string, link: number): string | undefined {
    const run = this.at(station, link)
    return run === undefined ? undefined : hashIn(run, link)
  }

  /** Joins the next links to those before. */
  add(station: string, first: number, hashes: readonly string[]): RunsEnd {
    const before = this.end(station)
    if (first !== before.last + 1) throw new Error(`links of ${station} are pruned from ${before.last + 1} on`)
    const run = {
      station,
      first,
      last: before.last + hashes.length,
      hashes: Buffer.concat(hashes.map((hash) => Buffer.from(hash, 'hex'))),
    }
    const sum = runSum(before.sum, run)
    this.#insert.run({ ...run, sum })
    return { last: run.last, sum }
  }
}
