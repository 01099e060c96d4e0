import { certificateKey } from '../config/certificate-key.ts'
import type { AccountConfig, SystemConfig, UnitConfig } from '../config/schema.ts'
import type { AcceptedSecret } from '../config/secrets.ts'
import { YizhanError } from '../errors/error.ts'
import { plainAddress } from '../http/address.ts'
import type { ClientCertificate } from '../http/client-certificate.ts'
import { Networks } from '../http/networks.ts'
import type { Clock } from '../util/clock.ts'
import { Locks, waits } from './locks.ts'
import type { Account } from './port.ts'

/** The accounts in force; replaced as a whole when the configuration changes. */
export interface AccountBook {
  readonly accounts: readonly AccountConfig[]
  /** whether a unit belongs to a system at this instant */
  boundTo(unit: string, system: string): boolean
  find(text: string): { readonly id: string; readonly name: string } | undefined
  readonly units: readonly UnitConfig[]
  readonly systems: readonly Pick<SystemConfig, 'id' | 'name'>[]
  /** the account's passwords, that in force first; none: it is off */
  accepted(account: string): readonly AcceptedSecret[]
  /** it has logged in with a password that was replaced */
  usedOld(account: string, source: string, until: number): void
  /** who had the right password, key or certificate came from an address that is not the account's */
  elsewhere(account: AccountConfig, source: string): void
}

/** Who calls, and for which unit. */
export class Accounts {
  readonly #book: () => AccountBook
  readonly #locks: Locks
  readonly #networks = new WeakMap<AccountConfig, Networks>()

  constructor(book: () => AccountBook, clock: Clock) {
    this.#book = book
    this.#locks = new Locks(clock)
  }

  /**
   * The check runs even for unknown names, so that timing does not tell which names exist.
   *
   * @param source where the try comes from: whoever tries too often there waits there (ACCOUNT_WAITS)
   */
  authenticate(system: string, name: string, check: (secret: string) => boolean, source = 'unknown'): Account {
    const until = this.#locks.waitsUntil(name, source)
    if (until !== undefined) throw waits(name, until)
    const book = this.#book()
    const account = book.accounts.find((a) => a.id === name && a.system === system)
    const known = account === undefined ? [] : book.accepted(account.id)
    // Always two: nobody is to see who has an old one, or none.
    const matches = [known[0], known[1]].map((one) => check(one?.secret ?? '\0') && one !== undefined)
    const used = known[matches.indexOf(true)]
    if (account === undefined || used === undefined || !this.#mayFrom(account, source)) {
      this.#locks.failed(name, source)
      throw new YizhanError('UNAUTHENTICATED', { field: name })
    }
    this.#locks.succeeded(name, source)
    if (used.until !== undefined) book.usedOld(account.id, source, used.until)
    return { id: account.id, system, units: account.units }
  }

  /** By a key: whether its owner has proven that it is theirs. @throws YizhanError as `authenticate` */
  recognise(system: string, name: string, proven: boolean, source = 'unknown'): Account {
    const until = this.#locks.waitsUntil(name, source)
    if (until !== undefined) throw waits(name, until)
    const account = this.#book().accounts.find((a) => a.id === name && a.system === system && a.keys !== undefined)
    if (account === undefined || !proven || !this.#mayFrom(account, source)) {
      this.#locks.failed(name, source)
      throw new YizhanError('UNAUTHENTICATED', { field: name })
    }
    this.#locks.succeeded(name, source)
    return { id: account.id, system, units: account.units }
  }

  /**
   * By a client certificate: the account that it is written for; undefined where it holds and is nobody's.
   *
   * @throws YizhanError UNAUTHENTICATED for one that does not hold, and from where its account may not log in
   */
  certified({ fingerprint, subject, authorities, fault }: ClientCertificate, source = 'unknown'): Account | undefined {
    const refusal = (rule?: string): YizhanError =>
      new YizhanError('UNAUTHENTICATED', { field: '客户端证书 client certificate', rule })
    if (fault !== undefined) throw refusal(fault)
    const keys = [certificateKey({ fingerprint }), ...authorities.map((ca) => certificateKey({ subject, ca }))]
    const { accounts } = this.#book()
    for (const key of keys) {
      const account = accounts.find(({ certificates }) => certificates?.some((one) => certificateKey(one) === key))
      if (account === undefined) continue
      if (!this.#mayFrom(account, source)) throw refusal()
      return { id: account.id, system: account.system, units: account.units }
    }
    return undefined
  }

  /** Whoever may not is answered as for a wrong password, and told of inside. */
  #mayFrom(account: AccountConfig, source: string): boolean {
    if (account.addresses === undefined) return true
    let networks = this.#networks.get(account)
    if (networks === undefined) this.#networks.set(account, (networks = new Networks(account.addresses)))
    if (networks.has(plainAddress(source))) return true
    this.#book().elsewhere(account, source)
    return false
  }

  /** Its password is another now: whoever waits for having tried the one before need not. */
  renewed(account: string): void {
    this.#locks.forget(account)
  }

  unitOf(account: Account, named: string | undefined): { readonly id: string; readonly name: string } {
    const book = this.#book()
    if (named === undefined) {
      const only = account.units === '*' || account.units.length !== 1 ? undefined : book.find(account.units[0] ?? '')
      if (only === undefined)
        throw new YizhanError('NOT_ENTITLED', {
          field: account.id,
          value: '',
          rule: '须指明代表哪个单位 / the unit must be named',
        })
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
        rule:
          account.units === '*'
            ? `“${book.systems.find(({ id }) => id === account.system)?.name ?? account.system}”的单位 / its units`
            : account.units.map((id) => book.find(id)?.name ?? id).join('、'),
      })
    return unit
  }
}
