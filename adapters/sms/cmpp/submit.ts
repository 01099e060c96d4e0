import type { Layout } from './commands.ts'
import { OctetReader, octets, u8 } from './octets.ts'
import { shanghaiDigits } from '../../../core/util/shanghai.ts'

/** What differs from text to text; the rest is of the account (SubmitTerms). */
export interface Submit {
  /** 11 digits */
  readonly to: string
  /** Src_Id: access number and extension, at most 21 digits */
  readonly source: string
  readonly part: { readonly number: number; readonly total: number }
  /** TP_udhi: the content begins with a user data header */
  readonly hasHeader: boolean
  /** at most 140 bytes */
  readonly content: Buffer
  /** Msg_Fmt */
  readonly format: number
  /** ValId_Time, SMPP's absolute form in 16 characters; empty: the centre's own limit */
  readonly validUntil: string
}

/** Terms of the contract with the carrier. */
export interface SubmitTerms {
  readonly account: string
  readonly service: string
  readonly feeUserType: number
  /** Fee_terminal_Id, used where feeUserType is 3 */
  readonly feeTerminal: string
  readonly feeType: string
  readonly feeCode: string
}

/**
 * The body of SUBMIT (QB-GF-028-2003, 8.4.3.1; 2.x by the same document's history of changes). The centre names the
 * text, so Msg_Id is empty; a status report is always asked for.
 */
export function writeSubmit(layout: Layout, terms: SubmitTerms, submit: Submit): Buffer {
  const phone = layout === 3 ? 32 : 21
  const wide = layout === 3 ? [u8(0)] : []
  return Buffer.concat([
    Buffer.alloc(8),
    u8(submit.part.total),
    u8(submit.part.number),
    u8(1), // Registered_Delivery
    u8(1), // Msg_level
    octets('Service_Id', terms.service, 10),
    u8(terms.feeUserType),
    octets('Fee_terminal_Id', terms.feeTerminal, phone),
    ...wide, // Fee_terminal_type: a true number
    u8(0), // TP_pId
    u8(submit.hasHeader ? 1 : 0),
    u8(submit.format),
    octets('Msg_src', terms.account, 6),
    octets('FeeType', terms.feeType, 2),
    octets('FeeCode', terms.feeCode, 6),
    octets('ValId_Time', submit.validUntil, 17),
    Buffer.alloc(17), // At_Time: at once
    octets('Src_Id', submit.source, 21),
    u8(1), // DestUsr_tl
    octets('Dest_terminal_Id', submit.to, phone),
    ...wide, // Dest_terminal_type: a true number
    u8(submit.content.length),
    submit.content,
    Buffer.alloc(layout === 3 ? 20 : 8), // LinkID, Reserve
  ])
}

export interface SubmitAnswer {
  /** Msg_Id in 16 hexadecimal digits */
  readonly id: string
  readonly result: number
}

/** Msg_Id 8, Result 1 (2.x) or 4 (3.0): told by the length, as centres mix them. */
export function readSubmitAnswer(body: Buffer): SubmitAnswer {
  const reader = new OctetReader(body, 'SUBMIT_RESP')
  const answer = { id: reader.bytes(8).toString('hex'), result: body.length === 9 ? reader.u8() : reader.u32() }
  reader.end()
  return answer
}

/** SMPP 3.4, 7.1.1.1: YYMMDDhhmmss, tenths, quarter-hours from UTC and their sign. */
export function validityOf(at: number): string {
  return `${shanghaiDigits(at).slice(2)}032+`
}
