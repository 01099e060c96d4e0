import type { House } from '../../core/adapter/port.ts'
import { YizhanError } from '../../core/errors/error.ts'
import { Callers } from '../kit/exchange/callers.ts'
import type { Caller } from '../kit/exchange/caller.ts'
import { speaks, type Dialect } from './dialect.ts'
import { isFresh, NonceCache, verifyDigest, type UsernameToken } from './soap/security.ts'

/** Who calls one of our SOAP services: as everywhere, or by a UsernameToken. */
export class SoapCallers extends Callers {
  readonly #nonces: NonceCache

  /** @param profile only for systems of this profile; absent: of the dialect */
  constructor(house: House, dialect: Dialect, nonces = new NonceCache(), profile?: string) {
    super(house, (system) => speaks(system, dialect) && (profile === undefined || system.profile === profile))
    this.#nonces = nonces
  }

  /** WS-Security UsernameToken, text or digest; a digest within five minutes and once only. */
  token(token: UsernameToken, source = 'unknown'): Caller {
    const now = this.house.clock.now()
    const caller = this.proven(
      token.username,
      (secret) => verifyDigest(token, secret) && isFresh(token, new Date(now)),
      source,
    )
    if (token.type !== 'PasswordDigest' || token.nonce === undefined) return caller
    const use = this.#nonces.use(token.username, token.nonce, now)
    if (use === 'replayed')
      throw this.rejected(
        new YizhanError('UNAUTHENTICATED', { field: token.username, rule: 'Nonce' }),
        token.username,
        source,
      )
    // Nothing is wrong with the token: there are more of them than can be remembered.
    if (use === 'full') throw new YizhanError('OVERLOADED', { rule: 'UsernameToken Nonce' })
    return caller
  }
}
