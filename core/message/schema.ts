import { z } from 'zod'
import { archiveBatchMessage, archiveReceiptMessage } from './archive.ts'
import { collectionMessage } from './collection.ts'
import { directoryChangesMessage } from './directory.ts'
import { bodyRef, envelope, party, subject } from './envelope.ts'
import { noticeMessage, smsReplyMessage, smsReportMessage } from './notice.ts'
import { holdsMoreValues, MOST_PAYLOAD_VALUES } from '../util/json.ts'
import { repairable } from './repairable.ts'
import { petitionMessage } from './petition.ts'

export * from './archive.ts'
export * from './collection.ts'
export * from './directory.ts'
export * from './envelope.ts'
export * from './notice.ts'
export * from './petition.ts'

/**
 * Canonical messages: what flows, ledger and bus carry, whatever dialect a message came in.
 * Bodies are never inside: files are named by digest and live in the content store (claim check).
 * Every message says its schema and version, such as `document/1`; a field that is absent is `undefined`, never null.
 */

/**
 * Elements of an official document: GB/T 9704-2012 clause 7 and the 18 core elements of GB/T 33480-2016 (4.1–4.18).
 * What else the house has to know of each stands in `document-fields.ts`.
 */
export const documentBody = z.object({
  /** 下发 to lower units, 上报 upward, 平行 between units */
  direction: z.enum(['issue', 'report', 'peer']),
  /** 公文标识 */
  identifier: repairable(z.string().max(200).optional(), 'a registration number that some systems cannot take'),
  /** 文种, such as 通知 */
  documentType: z.string().max(20).optional(),
  /** 标题 */
  title: z.string().min(1).max(1000),
  /**
   * 发文机关 of a joint document (联合行文, GB/T 9704-2012, 7.2.4), the lead (主办机关) first, whose number it bears; a
   * unit outside the directory has its name only. Absent where the sender issues it alone: see `issuersOf`.
   */
  issuers: z
    .array(party.extend({ name: z.string().min(1).max(200) }))
    .min(2)
    .max(50)
    .optional(),
  /** 发文机关标志; of a joint document one a line */
  issuerMark: z.string().max(4000).optional(),
  /** 签发人, upward documents only; several one a line */
  signer: z.string().max(1000).optional(),
  /** 主送机关 as written on the document */
  mainRecipients: z.string().max(4000).optional(),
  /** 抄送机关 as written */
  copyRecipients: z.string().max(4000).optional(),
  /** 附件说明 */
  attachmentNote: repairable(z.string().max(2000).optional(), 'a note beside the attachments'),
  /** 发文机关或签发人署名; of a joint document one a line */
  signature: z.string().max(4000).optional(),
  /** 成文日期, YYYY-MM-DD */
  date: z.iso.date().optional(),
  /** 附注 */
  annotation: repairable(z.string().max(2000).optional(), 'a note'),
  /** 印发机关 */
  printer: repairable(z.string().max(200).optional(), 'how it was printed'),
  /** 印发日期, YYYY-MM-DD */
  printDate: repairable(z.iso.date().optional(), 'how it was printed'),
  /** 印发份数: how many paper copies were printed (not 份号) */
  copies: repairable(z.number().int().nonnegative().max(10_000_000).optional(), 'how it was printed'),
  /** 发布层次 */
  releaseLevel: z.string().max(100).optional(),
  /** 主题词 (GB/T 9704-1999 and older systems) */
  topicWords: repairable(z.array(z.string().max(100)).optional(), 'words to search by'),
  /** 密级 when it is not a state secret, such as 公开, 内部, 工作秘密; classified documents never get this far */
  securityClass: z.string().max(20).optional(),
  /** 正文 as text, where a dialect carries text and not a file */
  text: z.string().max(2_000_000).optional(),
})
export type DocumentBody = z.infer<typeof documentBody>

/** 公文 */
export const documentMessage = z.object({
  schema: z.literal('document/1'),
  kind: z.literal('document'),
  ...envelope,
  document: documentBody,
  /**
   * the text, UTF-8, where it is too long to travel in every message (`INLINE_TEXT_BYTES`); `document.text` is absent
   * then
   */
  textBody: bodyRef.optional(),
})
export type DocumentMessage = z.infer<typeof documentMessage>

/** 签收 (`signed`, a person's act) or 回执 (`taken`, by the receiving system). */
export const receiptMessage = z.object({
  schema: z.literal('receipt/1'),
  kind: z.literal('receipt'),
  ...envelope,
  about: subject,
  receipt: z.object({ state: z.enum(['signed', 'taken']), by: z.string().max(100).optional(), at: z.iso.datetime() }),
})
export type ReceiptMessage = z.infer<typeof receiptMessage>

/** 退文 */
export const returnMessage = z.object({
  schema: z.literal('return/1'),
  kind: z.literal('return'),
  ...envelope,
  about: subject,
  return: z.object({
    reason: z.string().min(1).max(2000),
    reasonCode: z.string().max(40).optional(),
    by: z.string().max(100).optional(),
    at: z.iso.datetime(),
  }),
})
export type ReturnMessage = z.infer<typeof returnMessage>

/** 撤回 */
export const withdrawalMessage = z.object({
  schema: z.literal('withdrawal/1'),
  kind: z.literal('withdrawal'),
  ...envelope,
  about: subject,
  withdrawal: z.object({
    reason: z.string().max(2000).optional(),
    by: z.string().max(100).optional(),
    at: z.iso.datetime(),
  }),
})
export type WithdrawalMessage = z.infer<typeof withdrawalMessage>

/** 办理答复 to something received */
export const replyMessage = z.object({
  schema: z.literal('reply/1'),
  kind: z.literal('reply'),
  ...envelope,
  about: subject,
  reply: z.object({
    text: z.string().max(20000),
    result: z.string().max(100).optional(),
    by: z.string().max(100).optional(),
    at: z.iso.datetime(),
  }),
})
export type ReplyMessage = z.infer<typeof replyMessage>

/** States of a delivery that flows may act on. */
export const OUTCOME_STATES = ['delivered', 'refused', 'in-doubt', 'expired', 'given-up'] as const

/** What became of a delivery (made by the station). */
export const outcomeMessage = z.object({
  schema: z.literal('outcome/1'),
  kind: z.literal('outcome'),
  ...envelope,
  about: subject,
  outcome: z.object({
    state: z.enum(OUTCOME_STATES),
    delivery: z.string(),
    messageKind: z.string(),
    system: z.string(),
    unit: z.string().optional(),
    at: z.iso.datetime(),
    remoteId: z.string().optional(),
    error: z.object({ code: z.string(), zh: z.string(), en: z.string() }).optional(),
  }),
})
export type OutcomeMessage = z.infer<typeof outcomeMessage>

/** A message whose flow or delivery failed for good (made by the station). */
export const deadLetterMessage = z.object({
  schema: z.literal('dead-letter/1'),
  kind: z.literal('dead-letter'),
  ...envelope,
  about: subject,
  deadLetter: z.object({
    /** what died: the id of a hop or of a delivery; give it to replay or drop */
    id: z.string(),
    what: z.enum(['hop', 'delivery']),
    subscription: z.string().optional(),
    system: z.string().optional(),
    attempts: z.number().int(),
    at: z.iso.datetime(),
    error: z.object({
      code: z.string(),
      message: z.string(),
      node: z.string().optional(),
      nodeName: z.string().optional(),
      nodeType: z.string().optional(),
      tab: z.string().optional(),
    }),
  }),
})
export type DeadLetterMessage = z.infer<typeof deadLetterMessage>

/** Whatever another application sent over an AMQP channel, or a flow brought in with `accept`: `payload` is JSON. */
/** What flows made of JSON may hold `undefined`, which JSON writes as nothing, and in lists as null. */
export const jsonPayload = z.preprocess((value, context) => {
  if (!holdsMoreValues(value, MOST_PAYLOAD_VALUES)) return asWritten(value)
  const message = `至多 ${MOST_PAYLOAD_VALUES} 个值 / at most ${MOST_PAYLOAD_VALUES} values`
  context.issues.push({ code: 'custom', message, input: undefined })
  return z.NEVER
}, z.json())

function asWritten(value: unknown): unknown {
  if (Array.isArray(value)) {
    const written = value.map((item: unknown) => (item === undefined ? null : asWritten(item)))
    return written.every((item, at) => item === value[at]) ? value : written
  }
  // A Buffer or a Date is no JSON, and is refused as it is.
  if (typeof value !== 'object' || value === null || 'toJSON' in value) return value
  const entries = Object.entries(value)
  const written = entries
    .filter(([, inside]) => inside !== undefined)
    .map(([key, inside]): [string, unknown] => [key, asWritten(inside)])
  // What needs no change is not made anew: it may have many thousand members.
  const isSame = written.length === entries.length && written.every(([, inside], at) => inside === entries[at]?.[1])
  return isSame ? value : Object.fromEntries(written)
}

export const channelMessage = z.object({
  schema: z.literal('channel/1'),
  kind: z.literal('channel'),
  ...envelope,
  channel: z.object({
    name: z.string(),
    /** the content: JSON, or text, or `{base64}`; `{}` where it could not be read, and then it is the message's file */
    payload: repairable(jsonPayload, 'another application’s data, that it may have written wrongly'),
    contentType: z.string().optional(),
    /** as the message stated it, such as GBK; the payload is read already */
    charset: z.string().optional(),
    contentEncoding: z.string().optional(),
    exchange: z.string().optional(),
    /** routing key */
    key: z.string().optional(),
    headers: z.record(z.string(), z.string()).optional(),
    correlationId: z.string().optional(),
    replyTo: z.string().optional(),
    type: z.string().optional(),
    timestamp: z.iso.datetime().optional(),
  }),
})
export type ChannelMessage = z.infer<typeof channelMessage>

export const message = z.discriminatedUnion('kind', [
  documentMessage,
  receiptMessage,
  returnMessage,
  withdrawalMessage,
  replyMessage,
  outcomeMessage,
  deadLetterMessage,
  channelMessage,
  petitionMessage,
  noticeMessage,
  smsReportMessage,
  smsReplyMessage,
  archiveBatchMessage,
  archiveReceiptMessage,
  directoryChangesMessage,
  collectionMessage,
])
export type Message = z.infer<typeof message>
export type MessageKind = Message['kind']
export const MESSAGE_KINDS: readonly MessageKind[] = [
  'document',
  'receipt',
  'return',
  'withdrawal',
  'reply',
  'outcome',
  'dead-letter',
  'channel',
  'petition',
  'notice',
  'sms-report',
  'sms-reply',
  'archive-batch',
  'archive-receipt',
  'directory-changes',
  'collection',
]

/** The document a message belongs to: its own id, or that of the document it speaks about. Order is kept within it. */
export function subjectId(m: Message): string {
  return 'about' in m ? m.about.id : m.id
}
