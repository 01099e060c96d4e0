import { createHash } from 'node:crypto'

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
