import type { IncomingMessage } from 'node:http'
import type { House } from '../../../core/adapter/port.ts'
import { accountSecret } from '../../../core/config/needed-secrets.ts'
import type { SystemConfig } from '../../../core/config/schema.ts'
import type { Account } from '../../../core/door/port.ts'
import { YizhanError } from '../../../core/errors/error.ts'
import { sameSecret } from '../../../core/util/same-secret.ts'
import { certificateOf, sourceOf } from '../http/source.ts'
import type { Caller } from './caller.ts'

/**
 * Tells who calls a service. An account may use only the services that are its own system's, and only where that
 * system calls us. Every failure is UNAUTHENTICATED or ACCOUNT_WAITS and an `account.rejected` of its source.
 */
export class Callers {
  protected readonly house: House
  readonly #serves: (system: SystemConfig) => boolean

  /** @param serves whether the service is for a system */
  constructor(house: House, serves: (system: SystemConfig) => boolean) {
    this.house = house
    this.#serves = serves
  }

  /**
   * By the client's certificate, which says who calls before anything in the request does; undefined where none is
   * shown, or one that holds and is no account's: then a password has to.
   */
  certified(request: IncomingMessage): Caller | undefined {
    const shown = certificateOf(request)
    if (shown === undefined) return undefined
    try {
      const account = this.house.door.certified(shown, sourceOf(request))
      if (account === undefined) return undefined
      const system = this.#systemOf(account.id)
      if (system === undefined) throw new YizhanError('UNAUTHENTICATED', { field: account.id })
      return { account, system }
    } catch (error) {
      throw this.rejected(error, shown.subject, sourceOf(request))
    }
  }

  /** HTTP Basic (RFC 7617), UTF-8. */
  basic(header: string, source = 'unknown'): Caller {
    const match = /^basic\s+([A-Za-z0-9+/=]+)\s*$/i.exec(header)
    if (match?.[1] === undefined)
      throw this.rejected(
        new YizhanError('UNAUTHENTICATED', { field: 'Authorization', rule: 'Basic' }),
        undefined,
        source,
      )
    return this.pair(match[1], source)
  }

  /** base64 of `account:password`, UTF-8. */
  pair(base64: string, source: string): Caller {
    const text = Buffer.from(base64, 'base64').toString('utf8')
    const colon = text.indexOf(':')
    if (colon === -1)
      throw this.rejected(
        new YizhanError('UNAUTHENTICATED', { field: 'account:password', rule: 'base64' }),
        undefined,
        source,
      )
    return this.named(text.slice(0, colon), text.slice(colon + 1), source)
  }

  /** Account and password as they stand in a request. */
  named(account: string, password: string, source: string): Caller {
    return this.proven(account, (secret) => sameSecret(password, secret), source)
  }

  /** Whoever shows that it knows the account's password. @param check asked of each password that it may be */
  proven(name: string, check: (secret: string) => boolean, source: string): Caller {
    const system = this.#systemOf(name)
    try {
      // Unknown names go the same way, so that neither answer nor timing tells which exist.
      const account: Account = this.house.door.authenticate(system?.id ?? '', name, check, source)
      if (system === undefined) throw new YizhanError('UNAUTHENTICATED', { field: name })
      return { account, system }
    } catch (error) {
      throw this.rejected(error, name, source)
    }
  }

  /** There is nothing that says who calls, or a certificate that is no account's. */
  nobody(request: IncomingMessage): YizhanError {
    const shown = certificateOf(request)
    const rule = shown === undefined ? 'required' : `证书未登记 / the certificate is no account's: ${shown.fingerprint}`
    return this.rejected(
      new YizhanError('UNAUTHENTICATED', { field: 'Authorization', rule }),
      shown?.subject,
      sourceOf(request),
    )
  }

  /** Notes a failed login, and gives it back; what is none is thrown. @param name undefined: no secret was offered */
  protected rejected(error: unknown, name: string | undefined, source: string): YizhanError {
    if (!(error instanceof YizhanError) || (error.code !== 'UNAUTHENTICATED' && error.code !== 'ACCOUNT_WAITS'))
      throw error
    this.house.rejections.note(
      {
        code: 'account.rejected',
        at: this.house.clock.now(),
        source,
        actor: name?.slice(0, 64),
        error: error.code,
        detail: this.#off(name) ?? error.facts.rule,
      },
      name !== undefined,
    )
    return error
  }

  #systemOf(name: string): SystemConfig | undefined {
    const city = this.house.city()
    const id = city.accounts.find((account) => account.id === name)?.system
    return city.systems.find((system) => system.id === id && system.roles.includes('calls-us') && this.#serves(system))
  }

  /** For operators only: to the caller it is a wrong password like any other. */
  #off(name: string | undefined): string | undefined {
    const account = this.house.city().accounts.find(({ id }) => id === name)
    if (account === undefined || this.house.accepted(accountSecret(account.id)).length > 0) return undefined
    return '账号暂停：缺少密钥 / the account is off: its secret is missing'
  }
}
