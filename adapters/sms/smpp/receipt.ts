import type { Pdu } from 'smpp'
import { YizhanError } from '../../../core/errors/error.ts'
import { numberFrom } from '../numbers.ts'
import { smsStateOf } from '../reports.ts'
import type { SmppConfig } from '../config.ts'
import type { StatusReport } from '../transport.ts'
import { sevenBits } from './texts.ts'

/** message_state (SMPP 3.4, 5.2.28) in the words of the receipt's text. */
const STATES: readonly string[] = [
  '',
  'ENROUTE',
  'DELIVRD',
  'EXPIRED',
  'DELETED',
  'UNDELIV',
  'ACCEPTD',
  'UNKNOWN',
  'REJECTD',
]

/** The longest id of a message (SMPP 3.4, 5.2.23): what is kept of a receipt is small. */
const MOST_ID = 65

/** esm_class, bits 5–2: a delivery receipt of the centre. */
export function isReceipt({ esm_class: esmClass = 0 }: Pdu): boolean {
  return (esmClass & 0x3c) === 0x04
}

/**
 * A delivery receipt (SMPP 3.4, appendix B): the optional parameters where the centre sends them, else the text
 * `id:… submit date:… done date:… stat:… err:…`.
 *
 * @throws YizhanError SMS_FRAME when it names no text or no state
 */
export function readSmppReceipt(system: string, pdu: Pdu, ids: SmppConfig['receiptIds'] = 'auto'): StatusReport {
  const { message: content = '' } = (pdu.short_message?.message.length ? pdu.short_message : pdu.message_payload) ?? {}
  const text = sevenBits(pdu, content)?.toString('latin1') ?? String(content)
  const part = pdu.receipted_message_id ?? /\bid:([^\s]+)/i.exec(text)?.[1]
  const stat = /\bstat:([A-Z]{1,8})/i.exec(text)?.[1]?.toUpperCase() ?? STATES[pdu.message_state ?? 0]
  if (part === undefined || part === '' || stat === undefined || stat === '')
    throw new YizhanError('SMS_FRAME', { field: system, detail: 'deliver_sm: receipt without id or stat' })
  if (part.length > MOST_ID)
    throw new YizhanError('SMS_FRAME', {
      field: system,
      detail: `deliver_sm: a receipt's id of ${part.length} characters`,
    })
  const err = /\berr:([^\s]{1,20})/i.exec(text)?.[1]
  const state = smsStateOf(stat)
  const [known = part, ...otherwise] = idsOf(part, ids)
  return {
    part: known,
    ...(otherwise.length === 0 ? {} : { otherwise }),
    to: numberFrom(pdu.source_addr ?? ''),
    state,
    code: state === 'failed' && err !== undefined && !/^0*$/.test(err) ? `${stat}:${err}` : stat,
    at: doneAt(/\bdone date:(\d{10,12})/i.exec(text)?.[1]),
  }
}

/** YYMMDDhhmm[ss] of Asia/Shanghai. */
function doneAt(text: string | undefined): number | undefined {
  const [, year, month, day, hour, minute, second = '00'] =
    /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?$/.exec(text ?? '') ?? []
  if (year === undefined) return undefined
  const at = Date.parse(`20${year}-${month ?? ''}-${day ?? ''}T${hour ?? ''}:${minute ?? ''}:${second}+08:00`)
  return Number.isNaN(at) ? undefined : at
}

/** Ids under which the answer to the submission may have named the part, likeliest first. */
export function idsOf(id: string, ids: SmppConfig['receiptIds']): string[] {
  const isDecimal = /^\d{1,40}$/.test(id)
  const isHexadecimal = /^[0-9a-f]{1,40}$/i.test(id)
  const found = []
  if (ids === 'same' || ids === 'auto') found.push(id, plainId(id))
  if ((ids === 'decimal' || ids === 'auto') && isDecimal) found.push(BigInt(id).toString(16))
  if ((ids === 'hexadecimal' || ids === 'auto') && isHexadecimal) found.push(BigInt(`0x${id}`).toString(10))
  return [...new Set(found)]
}

/** Numbers are told apart by neither leading zeros nor the case of their digits. */
export function plainId(id: string): string {
  return /^[0-9a-f]{1,40}$/i.test(id) ? id.toLowerCase().replace(/^0+(?=.)/, '') : id
}
