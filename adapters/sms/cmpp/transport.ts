import { YizhanError } from '../../../core/errors/error.ts'
import type { CmppConfig } from '../config.ts'
import { LinkTransport, type Incoming, type LinkProtocol, type PartAnswer, type PartOut } from '../link/transport.ts'
import type { WindowPlace } from '../link/window.ts'
import { smsStateOf } from '../reports.ts'
import type { SmsHouse, SmsTransport } from '../transport.ts'
import { layoutOf, RESULT_FLOW, resultText } from './commands.ts'
import { CmppConnection } from './connection.ts'
import { readReport, type Deliver } from './deliver.ts'
import { validityOf, writeSubmit } from './submit.ts'

const UCS2 = 8

/** Short messages over CMPP 2.0, 2.1 or 3.0. */
export function cmppTransport(house: SmsHouse, config: CmppConfig): SmsTransport {
  return new LinkTransport(house, config, new CmppProtocol(house, config))
}

class CmppProtocol implements LinkProtocol<CmppConnection> {
  readonly #house: SmsHouse
  readonly #config: CmppConfig

  constructor(house: SmsHouse, config: CmppConfig) {
    this.#house = house
    this.#config = config
  }

  open(incoming: Incoming, signal: AbortSignal): Promise<CmppConnection> {
    const { system, tls, secret, clock } = this.#house
    return CmppConnection.open(
      {
        system,
        config: this.#config,
        tls,
        secret: secret(`${system}.password`),
        now: clock.now(),
        deliver: (deliver) => this.#deliver(deliver, incoming),
        trouble: incoming.trouble,
      },
      signal,
    )
  }

  async submit(
    connection: CmppConnection,
    part: PartOut,
    place: WindowPlace,
    signal: AbortSignal,
  ): Promise<PartAnswer> {
    const { account, service, feeUserType, feeType, feeCode, version } = this.#config
    const { to, source, hasHeader, content, expiresAt } = part
    const body = writeSubmit(
      layoutOf(version),
      { account, service, feeUserType, feeTerminal: '', feeType, feeCode },
      {
        to,
        source,
        part,
        hasHeader,
        content,
        format: UCS2,
        validUntil: expiresAt === undefined ? '' : validityOf(expiresAt),
      },
    )
    const { id, result } = await connection.submit(body, place, signal)
    if (result === 0) return { id }
    if (result === RESULT_FLOW) return { busy: `Result ${result}` }
    // The centre has seen this Sequence_Id: an earlier copy arrived, and its answer got lost.
    const isDuplicate = result === 3
    throw new YizhanError(
      'SMS_REFUSED',
      { field: this.#house.system, value: `Result ${result}`, detail: resultText(result) },
      { inDoubt: isDuplicate },
    )
  }

  async #deliver(deliver: Deliver, incoming: Incoming): Promise<void> {
    if (deliver.isReport) {
      const { id, stat, to, doneAt } = readReport(deliver.content)
      return incoming.report({ part: id, to, state: smsStateOf(stat), code: stat, at: doneAt })
    }
    const { id, source, destination, format, hasHeader, content } = deliver
    const at = this.#house.clock.now()
    return incoming.reply({ id, isNamed: true, from: source, destination, at, format, hasHeader, content })
  }
}
