import type { Pdu } from 'smpp'
import { YizhanError } from '../../../core/errors/error.ts'
import { validityOf } from '../cmpp/submit.ts'
import type { SmppConfig } from '../config.ts'
import { LinkTransport, type Incoming, type LinkProtocol, type PartAnswer, type PartOut } from '../link/transport.ts'
import type { WindowPlace } from '../link/window.ts'
import { concatenation, type Concatenation } from '../text/header.ts'
import type { SmsHouse, SmsTransport } from '../transport.ts'
import { SmppConnection } from './connection.ts'
import { isReceipt, plainId, readSmppReceipt } from './receipt.ts'
import { sevenBits } from './texts.ts'

const UCS2 = 8
/** esm_class: a user data header stands before the text (SMPP 3.4, 5.2.12). */
const HAS_HEADER = 0x40
/** ESME_RMSGQFUL, ESME_RTHROTTLED (SMPP 3.4, 5.1.3). */
const FLOW: ReadonlySet<number> = new Set([0x14, 0x58])
/** ESME_RSYSERR, ESME_RINVBNDSTS, ESME_RX_T_APPN: the centre is not well, or not ready. */
const LATER: ReadonlySet<number> = new Set([0x08, 0x04, 0x64])

/** Short messages over SMPP 3.4. */
export function smppTransport(house: SmsHouse, config: SmppConfig): SmsTransport {
  return new LinkTransport(house, config, new SmppProtocol(house, config))
}

class SmppProtocol implements LinkProtocol<SmppConnection> {
  readonly #house: SmsHouse
  readonly #config: SmppConfig
  #received = 0

  constructor(house: SmsHouse, config: SmppConfig) {
    this.#house = house
    this.#config = config
  }

  open(incoming: Incoming, signal: AbortSignal): Promise<SmppConnection> {
    const { system, tls, secret } = this.#house
    return SmppConnection.open(
      {
        system,
        config: this.#config,
        tls,
        password: secret(`${system}.password`),
        deliver: async (pdu) =>
          isReceipt(pdu)
            ? incoming.report(readSmppReceipt(system, pdu, this.#config.receiptIds))
            : incoming.reply(this.#partOf(pdu)),
        trouble: incoming.trouble,
      },
      signal,
    )
  }

  async submit(
    connection: SmppConnection,
    part: PartOut,
    place: WindowPlace,
    signal: AbortSignal,
  ): Promise<PartAnswer> {
    const { service, sourceTon, destinationTon, npi } = this.#config
    const { system } = this.#house
    const { command_status: status, message_id: id } = await connection.submit(
      {
        service_type: service,
        source_addr_ton: sourceTon,
        source_addr_npi: npi,
        source_addr: part.source,
        dest_addr_ton: destinationTon,
        dest_addr_npi: npi,
        destination_addr: part.to,
        esm_class: part.hasHeader ? HAS_HEADER : 0,
        validity_period: part.expiresAt === undefined ? '' : validityOf(part.expiresAt),
        registered_delivery: 1,
        data_coding: UCS2,
        short_message: part.content,
      },
      place,
      signal,
    )
    if (status === 0) {
      if (id !== undefined && id !== '') return { id: plainId(id) }
      throw new YizhanError(
        'SYSTEM_FAULT',
        { field: system, detail: 'submit_sm_resp without message_id' },
        { inDoubt: true },
      )
    }
    const value = `0x${status.toString(16).padStart(2, '0')}`
    if (FLOW.has(status)) return { busy: value }
    if (LATER.has(status)) throw new YizhanError('SYSTEM_FAULT', { field: system, detail: value })
    throw new YizhanError('SMS_REFUSED', { field: system, value, detail: 'submit_sm_resp' })
  }

  /** SMPP names no id in deliver_sm; a copy that the centre sends again cannot be told from a second text. */
  #partOf(pdu: Pdu): Parameters<Incoming['reply']>[0] {
    const now = this.#house.clock.now()
    const { udh = [], message } = pdu.short_message?.message.length
      ? pdu.short_message
      : (pdu.message_payload ?? { message: '' })
    const header = Buffer.concat(udh)
    const coding = (pdu.data_coding ?? 0) & 0x0f
    const bytes = sevenBits(pdu, message)
    // What else the library has decoded: UTF-16 keeps that, halves of pairs included.
    const text = bytes ?? Buffer.from(String(message), 'utf16le').swap16()
    return {
      id: `${now.toString(36)}-${(this.#received++).toString(36)}`,
      isNamed: false,
      from: pdu.source_addr ?? '',
      destination: pdu.destination_addr ?? '',
      at: now,
      format: bytes === undefined ? UCS2 : coding === 0 ? this.#config.alphabet : coding === 1 ? 'ascii' : coding,
      hasHeader: udh.length > 0,
      content: udh.length > 0 ? Buffer.concat([Buffer.from([header.length]), header, text]) : text,
      concatenation: segmentOf(pdu),
    }
  }
}

/** sar_msg_ref_num, sar_total_segments, sar_segment_seqnum (SMPP 3.4, 5.3.2.22–24): all three, or none counts. */
function segmentOf(pdu: Pdu): Concatenation | undefined {
  const { sar_msg_ref_num: reference, sar_total_segments: total, sar_segment_seqnum: number } = pdu
  if (reference === undefined || total === undefined || number === undefined) return undefined
  return concatenation(16, reference, total, number)
}
