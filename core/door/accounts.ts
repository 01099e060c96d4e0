import type { AccountConfig, UnitConfig } from '../config/schema.ts'
import { YizhanError } from '../errors/error.ts'
import type { Clock } from '../util/clock.ts'
import type { Account } from './port.ts'

/** Failed attempts in a row that lock an account, and for how long (GB/T 22239-2019, 8.1.4.1). */
const LOCK_AFTER = 10
const LOCK_MS = 60_000
const MOST_NAMES = 10_000

/** The accounts in force; replaced as a whole when the configuration changes. */
export interface AccountBook {
  readonly accounts: readonly AccountConfig[]
  /** whether a unit belongs to a system at this instant */
  boundTo(unit: string, system: string): boolean
  find(text: string): { readonly id: string; readonly name: string } | undefined
  readonly units: readonly UnitConfig[]
  secret(name: string): string
}

/** Who calls, and for which unit. */
export class Accounts {
  readonly #book: () => AccountBook
  readonly #clock: Clock
  readonly #failures = new Map<string, { count: number; until: number }>()

  constructor(book: () => AccountBook, clock: Clock) {
    this.#book = book
    this.#clock = clock
  }

  /** The check runs even for unknown names, so that timing does not tell which names exist. */
  authenticate(system: string, name: string, check: (secret: string) => boolean): Account {
    const book = this.#book()
    const account = book.accounts.find((a) => a.id === name && a.system === system)
    const failure = this.#failures.get(name)
    if (failure !== undefined && failure.count >= LOCK_AFTER && failure.until > this.#clock.now()) {
      throw new YizhanError('UNAUTHENTICATED', { field: name, rule: 'locked' })
    }
    const matches = check(account === undefined ? '\0' : book.secret(`account.${account.id}`))
    if (account === undefined || !matches) {
      // Names that nobody has are forgotten; an account that is locked stays so, however many of them somebody tries.
      if (this.#failures.size > MOST_NAMES)
        for (const other of this.#failures.keys())
          if (!book.accounts.some(({ id }) => id === other)) this.#failures.delete(other)
      this.#failures.set(name, { count: (failure?.count ?? 0) + 1, until: this.#clock.now() + LOCK_MS })
      throw new YizhanError('UNAUTHENTICATED', { field: name })
    }
    if (failure !== undefined) this.#failures.delete(name)
    return { id: account.id, system, units: account.units }
  }

  unitOf(account: Account, named: string | undefined): { readonly id: string; readonly name: string } {
    const book = this.#book()
    if (named === undefined) {
      const only = account.units === '*' || account.units.length !== 1 ? undefined : book.find(account.units[0] ?? '')
      if (only === undefined)
        throw new YizhanError('NOT_ENTITLED', { field: account.id, value: '', rule: 'the unit must be named' })
      return only
    }
    const unit = book.find(named)
    const entitled =
      unit !== undefined &&
      (account.units === '*' ? book.boundTo(unit.id, account.system) : account.units.includes(unit.id))
    if (!entitled)
      throw new YizhanError('NOT_ENTITLED', {
        field: account.id,
        value: named,
        rule: account.units === '*' ? `units of ${account.system}` : account.units.join(','),
      })
    return unit
  }
}
