import { z } from 'zod'
import { ALPHABETS } from './text/read.ts'

/** Configuration of an SMS centre: `kind` decides the protocol. The password is the secret `<system>.password`. */

const ms = z.number().int().positive()
const port = z.number().int().min(1).max(65535)
/** octet strings of both protocols are ASCII */
const octets = (width: number) =>
  z
    .string()
    .regex(/^[\x21-\x7e]*$/)
    .max(width)

const paceSchema = z
  .strictObject({
    /** submissions a second; absent: no limit of ours */
    perSecond: z.number().positive().optional(),
    /** submissions a second after the centre limited the flow (CMPP result 8, SMPP throttling) … */
    slowPerSecond: z.number().positive().default(5),
    /** … for so long */
    slowMs: ms.default(30_000),
  })
  .prefault({})
export type PaceConfig = z.infer<typeof paceSchema>

const linkSchema = z
  .strictObject({
    /** for the TCP connection, and again for the answer to the login */
    connectMs: ms.default(10_000),
    /** T: an unanswered request is sent again after this (SMPP: given up) */
    answerMs: ms.default(60_000),
    /** N: so often at most */
    tries: z.number().int().min(1).max(10).default(3),
    /** C: nothing heard for so long, so the line is tested */
    idleMs: ms.default(180_000),
    /** first wait before connecting again, doubled each time … */
    backoffMs: ms.default(1_000),
    /** … up to this */
    maxBackoffMs: ms.default(60_000),
    /** closing waits so long for answers under way */
    closeMs: ms.default(5_000),
  })
  .prefault({})
export type LinkConfig = z.infer<typeof linkSchema>

/** what the standard can count in one long text (TS 23.040, 9.2.3.24.1) */
export const STANDARD_PARTS = 255
const USUAL_PARTS = 10

interface PartsConfig {
  readonly window: number
  readonly maxParts?: number | undefined
}

/** Parts that one long text may have. */
export function partsLimit({ window: places, maxParts: most }: PartsConfig): number {
  return most ?? Math.min(USUAL_PARTS, places)
}

/** Of centres that keep a connection, and take a long text in parts. */
const connected = {
  host: z.string().min(1),
  /** 接入号 Src_Id: our own number, before an extension */
  accessNumber: z.string().regex(/^\d{1,20}$/),
  /** submissions that may be unanswered at a time (W) */
  window: z.number().int().min(1).max(1000).default(16),
  /**
   * Parts of one long text, at most. Not more than `window`: a centre that puts a text together before it answers
   * would wait for the rest for ever. Absent: 10, or `window` where that is less.
   */
  maxParts: z.number().int().min(1).max(STANDARD_PARTS).optional(),
  /**
   * A long text from a phone that is still incomplete after this is passed on as it is. Every part is answered at
   * once, so it only has to cover what a centre takes to send a part again, T × N.
   */
  partsMs: ms.max(24 * 3600_000).default(180_000),
  link: linkSchema,
  pace: paceSchema,
}
const fits = (config: PartsConfig): boolean => partsLimit(config) <= config.window
const FITS = {
  path: ['maxParts'],
  message:
    '不得多于 window：一条短信的各段须一并放进窗口 / not more than window: all parts of a text go into it together',
}

export const cmppSchema = z
  .strictObject({
    kind: z.literal('cmpp'),
    ...connected,
    port: port.default(7890),
    /** as the centre speaks it: most in the field are 2.0 */
    version: z.enum(['2.0', '2.1', '3.0']).default('2.0'),
    /** 企业代码 SP_Id */
    account: octets(6).min(1),
    /** 业务代码 Service_Id */
    service: octets(10).default(''),
    /** who pays (Fee_UserType): 0 the receiver, 1 the sender, 2 the SP, 3 another */
    feeUserType: z.number().int().min(0).max(3).default(2),
    /** 资费类别 FeeType: 01 free, 02 by the message … */
    feeType: z
      .string()
      .regex(/^\d{2}$/)
      .default('01'),
    /** 资费代码 FeeCode, in 分 */
    feeCode: octets(6).default('0'),
    /** the centre must prove itself too (AuthenticatorISMG); off only for centres that do it wrong */
    checkCentre: z.boolean().default(true),
  })
  .refine(fits, FITS)
export type CmppConfig = z.infer<typeof cmppSchema>

export const smppSchema = z
  .strictObject({
    kind: z.literal('smpp'),
    ...connected,
    port: port.default(2775),
    /** system_id */
    account: octets(15).min(1),
    systemType: octets(12).default(''),
    service: octets(5).default(''),
    /** type of number and numbering plan of our own and of phones' addresses */
    sourceTon: z.number().int().min(0).max(6).default(0),
    destinationTon: z.number().int().min(0).max(6).default(0),
    npi: z.number().int().min(0).max(18).default(1),
    /** what texts from phones are written in where the centre says data_coding 0, its own default alphabet */
    alphabet: z.enum(ALPHABETS).default('gsm'),
    /**
     * How receipts write the id that submit_sm_resp gave: `same`; `decimal` of an id that was hexadecimal;
     * `hexadecimal` of one that was decimal; `auto` tries these in this order
     */
    receiptIds: z.enum(['auto', 'same', 'decimal', 'hexadecimal']).default('auto'),
  })
  .refine(fits, FITS)
export type SmppConfig = z.infer<typeof smppSchema>

export const httpSchema = z.strictObject({
  kind: z.literal('http'),
  /** the whole address of the operation: `https://…/sms/norsubmit` */
  url: z.url({ protocol: /^https?$/ }),
  /** 企业名称 ecName */
  company: z.string().min(1),
  /** 接口账号 apId */
  account: z.string().min(1),
  /** 签名编码 sign, as the centre issued it */
  sign: z.string().min(1),
  /** 扩展码 addSerial before a text's own extension */
  addSerial: z
    .string()
    .regex(/^\d{0,12}$/)
    .default(''),
  /** codes of report pushes that mean that the phone has it */
  deliveredCodes: z.array(z.string().min(1)).min(1).default(['DELIVRD', 'CM:0000']),
  /**
   * rspcod values that are a matter of the account, to be mended by an operator: what is refused with them is retried
   */
  accountCodes: z.array(z.string().min(1)).default(['InvalidUsrOrPwd', 'IllegalMac', 'IllegalSignId', 'NoSignId']),
  /** rspcod values that ask to come later */
  flowCodes: z.array(z.string().min(1)).default([]),
  /** fields of its pushes that this platform adds to the documented ones, and that say nothing to us */
  extraFields: z.array(z.string().min(1)).default([]),
  /** 字 in one text: the platform divides long ones itself */
  maxCharacters: z.number().int().min(1).max(2000).default(670),
  pace: paceSchema,
})
export type HttpConfig = z.infer<typeof httpSchema>

export const smsSchema = z.discriminatedUnion('kind', [cmppSchema, smppSchema, httpSchema])
export type SmsConfig = z.infer<typeof smsSchema>
