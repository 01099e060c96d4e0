import { createHmac } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { House } from '../../../core/adapter/port.ts'
import { accountSecret } from '../../../core/config/needed-secrets.ts'
import { YizhanError } from '../../../core/errors/error.ts'
import { sameSecret } from '../../../core/util/same-secret.ts'
import type { Caller } from '../../kit/exchange/caller.ts'
import { Callers } from '../../kit/exchange/callers.ts'
import { FILES_SECRET } from '../../kit/files/links.ts'
import { sourceOf } from '../../kit/http/source.ts'
import { restSettingsOf } from '../settings.ts'

const FORM = /^([^.]{1,200})\.(\d{10})\.([A-Za-z0-9_-]{43})$/

/**
 * Bearer tokens (RFC 6750) that say themselves whose they are and until when: signed with a key of the station and the
 * account's password, so that they outlive a restart and end with the password. Nothing is kept of them.
 */
export class TokenCallers extends Callers {
  constructor(house: House) {
    super(house, ({ adapter }) => adapter === 'rest')
  }

  /** A token for somebody who has logged in, and its seconds. */
  issue({ account, system }: Caller): { readonly token: string; readonly seconds: number } {
    const seconds = restSettingsOf(system).tokenSeconds
    const end = String(Math.floor(this.house.clock.now() / 1_000) + seconds)
    const name = Buffer.from(account.id, 'utf8').toString('base64url')
    const password = this.house.accepted(accountSecret(account.id))[0] ?? ''
    return { token: `${name}.${end}.${this.#signature(this.house.secret(FILES_SECRET), name, end, password)}`, seconds }
  }

  /** By client certificate or token. @throws YizhanError UNAUTHENTICATED, ACCOUNT_WAITS */
  bearer(request: IncomingMessage): Caller {
    const certified = this.certified(request)
    if (certified !== undefined) return certified
    const { authorization } = request.headers
    if (authorization === undefined) throw this.nobody(request)
    const [, name = '', end = '', signature = ''] =
      FORM.exec(/^bearer +(\S{1,400})$/i.exec(authorization)?.[1] ?? '') ?? []
    const account = Buffer.from(name, 'base64url').toString('utf8')
    const keys = this.house.accepted(FILES_SECRET)
    const caller = this.proven(
      account,
      (password) => keys.map((key) => sameSecret(this.#signature(key, name, end, password), signature)).includes(true),
      sourceOf(request),
    )
    // Not wrong, only old: whoever holds it gets a new one, and is locked out by nothing.
    if (Number(end) * 1_000 <= this.house.clock.now())
      throw new YizhanError('UNAUTHENTICATED', { field: account, rule: '令牌已过期 / the token has expired' })
    return caller
  }

  #signature(key: string, name: string, end: string, password: string): string {
    return createHmac('sha256', key).update(`rest-token\n${name}\n${end}\n${password}`).digest('base64url')
  }
}
