import { z } from 'zod'
import { readMobile } from '../text/phone.ts'
import { RECIPIENT_STATES } from './recipient-state.ts'
import { repairable } from './repairable.ts'
import { envelope, subject } from './envelope.ts'

/** Whom a notice goes to; the person's unit stands in `recipients`. */
const addressee = z.object({
  /** the directory's id of the person */
  person: z.string().max(100).optional(),
  name: z.string().max(100).optional(),
  /** mobile number, for SMS: as 11 digits, however it was given */
  phone: repairable(
    z
      .string()
      .max(40)
      .overwrite((text) => readMobile(text) ?? text)
      .optional(),
    'a number that was wrong or has changed',
  ),
  /** address, for mail */
  mail: repairable(z.string().max(254).optional(), 'an address that was wrong or has changed'),
})

/** By what a person can be reached: one field of the addressee. */
export type NoticeAddress = Exclude<keyof z.infer<typeof addressee>, 'person' | 'name'>

/** Characters of a notice and of a mail's subject, at most. */
export const NOTICE_MOST = { text: 20_000, subject: 200 } as const

/** 提醒: a short text to one person, by SMS or mail. */
export const noticeMessage = z.object({
  schema: z.literal('notice/1'),
  kind: z.literal('notice'),
  ...envelope,
  about: subject,
  notice: z.object({
    to: addressee,
    /** what it is about: one notice an event and person, whatever is repeated */
    event: z.string().min(1).max(200),
    /** of a mail */
    subject: z.string().max(NOTICE_MOST.subject).optional(),
    text: z.string().min(1).max(NOTICE_MOST.text),
    /**
     * of a notice about a document: it goes out only while some unit of its person is in one of these states there,
     * looked at again before each attempt
     */
    onlyWhile: z.array(z.enum(RECIPIENT_STATES)).min(1).max(RECIPIENT_STATES.length).optional(),
  }),
})
export type NoticeMessage = z.infer<typeof noticeMessage>

/** 状态报告: what the operator says became of an SMS. */
export const smsReportMessage = z.object({
  schema: z.literal('sms-report/1'),
  kind: z.literal('sms-report'),
  ...envelope,
  /** of the notice: what it was about */
  about: subject,
  report: z.object({
    /** our id of the notice */
    notice: z.string(),
    state: z.enum(['delivered', 'failed', 'expired']),
    /** the centre's own word, such as UNDELIV or MK:0001 */
    code: z.string().max(40),
    at: z.iso.datetime(),
  }),
})
export type SmsReportMessage = z.infer<typeof smsReportMessage>

/** 短信回复: what somebody wrote back. */
export const smsReplyMessage = z.object({
  schema: z.literal('sms-reply/1'),
  kind: z.literal('sms-reply'),
  ...envelope,
  reply: z.object({
    phone: z.string().max(32),
    /** our number and the extension that it was sent to */
    to: z.string().max(32),
    text: z.string().max(10_000),
    at: z.iso.datetime(),
    /**
     * set where parts of a long text never came: how many it has, and which are missing, from 1; each stands as … in
     * the text
     */
    incomplete: z
      .object({ parts: z.number().int().min(2).max(255), missing: z.array(z.number().int().min(1).max(255)).min(1) })
      .optional(),
    /** the last notice that this phone got from us, and what that was about */
    notice: z.object({ id: z.string(), event: z.string(), about: subject, person: addressee }).optional(),
  }),
})
export type SmsReplyMessage = z.infer<typeof smsReplyMessage>
