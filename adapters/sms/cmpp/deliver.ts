import type { Layout } from './commands.ts'
import { badFrame, OctetReader, u32, u8 } from './octets.ts'

/** A text from a phone, or a status report. */
export interface Deliver {
  /** Msg_Id in 16 hexadecimal digits */
  readonly id: string
  /** Dest_Id: our access number and extension */
  readonly destination: string
  readonly source: string
  readonly hasHeader: boolean
  readonly format: number
  readonly isReport: boolean
  readonly content: Buffer
}

/**
 * The body of DELIVER (QB-GF-028-2003, 8.4.5.1).
 *
 * @throws YizhanError SMS_FRAME
 */
export function readDeliver(layout: Layout, body: Buffer): Deliver {
  const reader = new OctetReader(body, 'DELIVER')
  const id = reader.bytes(8).toString('hex')
  const destination = reader.text(21)
  reader.bytes(10) // Service_Id
  reader.bytes(1) // TP_pid
  const hasHeader = (reader.u8() & 1) === 1
  const format = reader.u8()
  const source = reader.text(layout === 3 ? 32 : 21)
  if (layout === 3) reader.bytes(1) // Src_terminal_type
  const isReport = reader.u8() === 1
  const content = reader.bytes(reader.u8())
  reader.bytes(layout === 3 ? 20 : 8) // LinkID, Reserved
  reader.end()
  return { id, destination, source, hasHeader, format, isReport, content }
}

/** The Msg_Id of a DELIVER that cannot be read otherwise: its answer must name it. */
export function deliverId(body: Buffer): string {
  return Buffer.concat([body, Buffer.alloc(8)]).toString('hex', 0, 8)
}

export function writeDeliverAnswer(layout: Layout, id: string, result: number): Buffer {
  return Buffer.concat([Buffer.from(id, 'hex'), layout === 3 ? u32(result) : u8(result)])
}

/** The content of a status report. */
export interface ReportContent {
  /** Msg_Id of the part that it is about */
  readonly id: string
  /** Stat: DELIVRD, EXPIRED, MK:0012 … */
  readonly stat: string
  readonly to: string
  /** Done_time as ms since 1970, to the minute; absent where it is no date */
  readonly doneAt: number | undefined
}

const REPORT_2 = 60
const REPORT_3 = 71

/**
 * Msg_Id 8, Stat 7, Submit_time 10, Done_time 10, Dest_terminal_Id 21 or 32, SMSC_sequence 4. Both lengths occur in
 * both versions, and some centres pad.
 *
 * @throws YizhanError SMS_FRAME
 */
export function readReport(content: Buffer): ReportContent {
  if (content.length < REPORT_2)
    throw badFrame(`status report: ${content.length} bytes, not ${REPORT_2} or ${REPORT_3}`)
  const reader = new OctetReader(content, 'status report')
  const id = reader.bytes(8).toString('hex')
  const stat = reader.text(7)
  reader.bytes(10) // Submit_time
  const doneAt = minuteOf(reader.text(10))
  return { id, stat, to: reader.text(content.length >= REPORT_3 ? 32 : 21), doneAt }
}

/** YYMMDDHHMM of Asia/Shanghai. */
function minuteOf(text: string): number | undefined {
  const [, year, month, day, hour, minute] = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(text) ?? []
  if (year === undefined) return undefined
  const at = Date.parse(`20${year}-${month ?? ''}-${day ?? ''}T${hour ?? ''}:${minute ?? ''}:00+08:00`)
  return Number.isNaN(at) ? undefined : at
}
