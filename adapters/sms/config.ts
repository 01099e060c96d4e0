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
    perSecond: z
      .number()
      .positive()
      .optional()
      .describe('每秒提交几条；没有则我方不限 / submissions a second; absent: no limit of ours'),
    slowPerSecond: z
      .number()
      .positive()
      .default(5)
      .describe(
        '短信中心限流（CMPP 结果 8、SMPP 节流）后每秒几条 / submissions a second after the centre limited the flow (CMPP result 8, SMPP throttling)',
      ),
    slowMs: ms.default(30_000).describe('限流后慢这么久 / slow for so long'),
  })
  .prefault({})
export type PaceConfig = z.infer<typeof paceSchema>

const linkSchema = z
  .strictObject({
    connectMs: ms
      .default(10_000)
      .describe('TCP 连接，登录的应答另计 / for the TCP connection, and again for the answer to the login'),
    answerMs: ms
      .default(60_000)
      .describe(
        'T：没有应答的请求这么久后重发（SMPP 则放弃） / T: an unanswered request is sent again after this (SMPP: given up)',
      ),
    tries: z.number().int().min(1).max(10).default(3).describe('N：至多几次 / N: so often at most'),
    idleMs: ms
      .default(180_000)
      .describe('C：这么久没有消息就测一次线路 / C: nothing heard for so long, so the line is tested'),
    backoffMs: ms
      .default(1_000)
      .describe('重连前先等多久，逐次加倍 / first wait before connecting again, doubled each time'),
    maxBackoffMs: ms.default(60_000).describe('至多等多久 / and at most so long'),
    closeMs: ms.default(5_000).describe('关闭时等未到的应答多久 / closing waits so long for answers under way'),
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
  host: z.string().min(1).describe('短信中心 / the centre'),
  accessNumber: z
    .string()
    .regex(/^\d{1,20}$/)
    .describe('接入号 Src_Id，不含扩展 / our own number (Src_Id), before an extension'),
  window: z
    .number()
    .int()
    .min(1)
    .max(1000)
    .default(16)
    .describe('同时几条可以未应答（W） / submissions that may be unanswered at a time (W)'),
  maxParts: z
    .number()
    .int()
    .min(1)
    .max(STANDARD_PARTS)
    .optional()
    .describe(
      '一条长短信至多几段，不多于 window；没有则 10，window 更小时为 window / parts of one long text, not more than window; absent: 10, or window where that is less',
    ),
  partsMs: ms
    .max(24 * 3600_000)
    .default(180_000)
    .describe(
      '手机来的长短信这么久还缺段，就照现有的上交 / a long text from a phone that is still incomplete after this is passed on as it is',
    ),
  link: linkSchema.describe('线路 / the line'),
  pace: paceSchema.describe('快慢 / how fast'),
}
const fits = (config: PartsConfig): boolean => partsLimit(config) <= config.window
const FITS = {
  path: ['maxParts'],
  message:
    '不得多于 window：一条短信的各段须一并放进窗口 / not more than window: all parts of a text go into it together',
}

export const cmppSchema = z
  .strictObject({
    kind: z.literal('cmpp').describe('协议 / protocol'),
    ...connected,
    port: port.default(7890).describe('端口 / port'),
    version: z
      .enum(['2.0', '2.1', '3.0'])
      .default('2.0')
      .describe('短信中心所用的版本：现场多为 2.0 / as the centre speaks it: most in the field are 2.0'),
    account: octets(6).min(1).describe('企业代码 SP_Id / SP_Id'),
    service: octets(10).default('').describe('业务代码 Service_Id / Service_Id'),
    feeUserType: z
      .number()
      .int()
      .min(0)
      .max(3)
      .default(2)
      .describe(
        '谁付费（Fee_UserType）：0 收方、1 发方、2 企业、3 其他 / who pays (Fee_UserType): 0 the receiver, 1 the sender, 2 the SP, 3 another',
      ),
    feeType: z
      .string()
      .regex(/^\d{2}$/)
      .default('01')
      .describe('资费类别 FeeType：01 免费、02 按条 … / FeeType: 01 free, 02 by the message …'),
    feeCode: octets(6).default('0').describe('资费代码 FeeCode，分 / FeeCode, in fen'),
    checkCentre: z
      .boolean()
      .default(true)
      .describe(
        '短信中心也须证明自己（AuthenticatorISMG）；只有它做错时才关 / the centre must prove itself too (AuthenticatorISMG); off only for centres that do it wrong',
      ),
  })
  .refine(fits, FITS)
export type CmppConfig = z.infer<typeof cmppSchema>

export const smppSchema = z
  .strictObject({
    kind: z.literal('smpp').describe('协议 / protocol'),
    ...connected,
    port: port.default(2775).describe('端口 / port'),
    account: octets(15).min(1).describe('登录名 system_id / system_id'),
    systemType: octets(12).default('').describe('system_type / system_type'),
    service: octets(5).default('').describe('service_type / service_type'),
    sourceTon: z
      .number()
      .int()
      .min(0)
      .max(6)
      .default(0)
      .describe('我方号码的类型（TON） / type of our own number (TON)'),
    destinationTon: z
      .number()
      .int()
      .min(0)
      .max(6)
      .default(0)
      .describe('手机号码的类型（TON） / type of phones’ numbers (TON)'),
    npi: z.number().int().min(0).max(18).default(1).describe('号码方案（NPI） / numbering plan (NPI)'),
    alphabet: z.enum(ALPHABETS).default('gsm').meta({
      description:
        '短信中心说 data_coding 0 时，手机来的文字所用的字符集 / what texts from phones are written in where the centre says data_coding 0, its own default alphabet',
      since: '0.2.0',
    }),
    receiptIds: z.enum(['auto', 'same', 'decimal', 'hexadecimal']).default('auto').meta({
      description:
        '状态报告怎样写 submit_sm_resp 给的编号：same 一样；decimal 十六进制写成十进制；hexadecimal 反之；auto 依次试 / How receipts write the id that submit_sm_resp gave: same; decimal of an id that was hexadecimal; hexadecimal of one that was decimal; auto tries these in this order',
      since: '0.2.0',
    }),
  })
  .refine(fits, FITS)
export type SmppConfig = z.infer<typeof smppSchema>

export const httpSchema = z.strictObject({
  kind: z.literal('http').describe('协议 / protocol'),
  url: z
    .url({ protocol: /^https?$/ })
    .describe('操作的完整网址：https://…/sms/norsubmit / the whole address of the operation: https://…/sms/norsubmit'),
  company: z.string().min(1).describe('企业名称 ecName / ecName'),
  account: z.string().min(1).describe('接口账号 apId / apId'),
  sign: z.string().min(1).describe('签名编码 sign，由平台给 / sign, as the centre issued it'),
  addSerial: z
    .string()
    .regex(/^\d{0,12}$/)
    .default('')
    .describe('扩展码 addSerial，在短信自己的扩展之前 / addSerial, before a text’s own extension'),
  deliveredCodes: z
    .array(z.string().min(1))
    .min(1)
    .default(['DELIVRD', 'CM:0000'])
    .describe('推送的状态码中哪些表示手机已收到 / codes of report pushes that mean that the phone has it'),
  accountCodes: z
    .array(z.string().min(1))
    .default(['InvalidUsrOrPwd', 'IllegalMac', 'IllegalSignId', 'NoSignId'])
    .describe(
      '哪些 rspcod 是账号的事，由人改正：因此被拒的会重发 / rspcod values that are a matter of the account, to be mended by an operator: what is refused with them is retried',
    ),
  flowCodes: z
    .array(z.string().min(1))
    .default([])
    .describe('哪些 rspcod 是让稍后再来 / rspcod values that ask to come later'),
  extraFields: z.array(z.string().min(1)).default([]).meta({
    description:
      '此平台推送中多出的、与我方无关的字段 / fields of its pushes that this platform adds to the documented ones, and that say nothing to us',
    since: '0.2.0',
  }),
  maxCharacters: z
    .number()
    .int()
    .min(1)
    .max(2000)
    .default(670)
    .describe('一条几个字；长短信由平台自己拆 / characters in one text: the platform divides long ones itself'),
  pace: paceSchema.describe('快慢 / how fast'),
})
export type HttpConfig = z.infer<typeof httpSchema>

export const smsSchema = z.discriminatedUnion('kind', [cmppSchema, smppSchema, httpSchema])
export type SmsConfig = z.infer<typeof smsSchema>
