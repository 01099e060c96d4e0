import { YizhanError } from '../../../core/errors/error.ts'
import type { CmppConfig } from '../config.ts'
import { VERSION_BYTE } from './commands.ts'
import { authenticatorSource, isCentre, readConnectAnswer, statusText, timestampOf, writeConnect } from './connect.ts'

/** One login: our proof, and the centre's. */
export class CmppLogin {
  /** the body of CONNECT */
  readonly body: Buffer
  readonly #system: string
  readonly #config: CmppConfig
  readonly #secret: string
  readonly #authenticator: Buffer

  constructor(system: string, config: CmppConfig, secret: string, now: number) {
    const timestamp = timestampOf(now)
    this.#system = system
    this.#config = config
    this.#secret = secret
    this.#authenticator = authenticatorSource(config.account, secret, timestamp)
    this.body = writeConnect({
      account: config.account,
      authenticator: this.#authenticator,
      version: VERSION_BYTE[config.version],
      timestamp,
    })
  }

  /** @throws YizhanError SMS_LOGIN when the centre refuses us, or cannot prove that it knows the secret; SMS_FRAME */
  check(body: Buffer): void {
    const answer = readConnectAnswer(body)
    const failed = (value: string, detail: string): YizhanError =>
      new YizhanError('SMS_LOGIN', { field: this.#system, value, detail })
    if (answer.status !== 0) throw failed(`Status ${answer.status}`, statusText(answer.status))
    if (this.#config.checkCentre && !isCentre(answer, this.#authenticator, this.#secret))
      throw failed(
        'AuthenticatorISMG',
        '对方不能证明自己是短信中心：核对密码；中心算法确实不同的，设 checkCentre: false / the centre does not prove itself: check the secret; if its proof is computed otherwise, set checkCentre: false',
      )
  }
}
