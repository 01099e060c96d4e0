import { ROWS } from './expect.ts'
import { orderChecks, type OrderCheck } from './order.ts'
import { readFiles, type Files } from './read.ts'
import { tally, type Accounts } from './tally.ts'
import { readUnits, type CountedUnit } from './units.ts'

/** The whole reckoning of a day. */
export interface Reckoning {
  readonly balanced: boolean
  readonly kinds: Accounts['kinds']
  readonly order: readonly OrderCheck[]
  /** how often a process was killed while the day was played */
  readonly kills: number
  /** clients' tries beyond the first */
  readonly retries: number
  readonly lost: readonly string[]
  readonly duplicated: readonly string[]
  readonly unexpected: readonly string[]
  readonly unanswered: readonly string[]
}

/** Counts from the files alone: `folder` holds the inboxes and the attempts journal, `unitsFile` is units.tsv. */
export function countFolder(folder: string, unitsFile: string): Reckoning {
  return reckon(readFiles(folder), readUnits(unitsFile))
}

export function reckon(files: Files, units: readonly CountedUnit[]): Reckoning {
  const accounts = tally(files, units)
  const order = orderChecks(files, accounts)
  const kills = files.incidents.filter((line) => line.t === 'kill').length
  const sum = (field: 'lost' | 'duplicated' | 'unexpected' | 'repeated'): number =>
    ROWS.reduce((total, row) => total + accounts.kinds[row][field], 0)
  const balanced =
    files.attempts.size > 0 &&
    sum('lost') === 0 &&
    sum('duplicated') === 0 &&
    sum('unexpected') === 0 &&
    // An undisturbed day leaves no doubt about any delivery, so nothing is ever sent twice.
    (kills > 0 || sum('repeated') === 0) &&
    accounts.unanswered.length === 0 &&
    order.every((check) => check.ok)
  return {
    balanced,
    kinds: accounts.kinds,
    order,
    kills,
    retries: files.incidents.filter((line) => line.t === 'retry').length,
    lost: accounts.lost,
    duplicated: accounts.duplicated,
    unexpected: accounts.unexpected,
    unanswered: accounts.unanswered,
  }
}
