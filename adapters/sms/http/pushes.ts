import { createHash } from 'node:crypto'
import { z } from 'zod'
import { YizhanError } from '../../../core/errors/error.ts'
import type { HttpConfig } from '../config.ts'
import { numberFrom } from '../numbers.ts'
import { stateOf } from '../reports.ts'
import type { SmsReply, StatusReport } from '../transport.ts'
import { parsed } from './request.ts'

/** One push has at most so many entries. */
const ENTRIES = 5_000
const text = (longest: number) => z.union([z.string().max(longest), z.number().transform(String)])

const reportSchema = z.object({
  msgGroup: text(64).refine((value) => value !== ''),
  mobile: text(32),
  reportStatus: text(64).default(''),
  errorCode: text(64).default(''),
  receiveDate: text(32).default(''),
})

const replySchema = z.object({
  mobile: text(32).refine((value) => value !== ''),
  smsContent: text(4_000),
  sendTime: text(32).default(''),
  addSerial: text(32).default(''),
})

/** Both pushes come as one object or as a list. */
function entriesOf<T>(schema: z.ZodType<T>, body: Buffer): T[] {
  const value = parsed(body)
  if (value === undefined) throw invalid('body')
  const checked = z
    .array(schema)
    .max(ENTRIES)
    .safeParse(Array.isArray(value) ? value : [value])
  if (checked.success) return checked.data
  throw invalid(checked.error.issues[0]?.path.join('.') ?? 'body')
}

function invalid(field: string): YizhanError {
  return new YizhanError('FIELD_INVALID', { field, value: '—', rule: 'JSON：状态报告或上行短信 / a report or a reply' })
}

/** @throws YizhanError FIELD_INVALID */
export function readReports({ deliveredCodes }: HttpConfig, body: Buffer): StatusReport[] {
  return entriesOf(reportSchema, body).map(({ msgGroup, mobile, reportStatus, errorCode, receiveDate }) => {
    const isDelivered = [reportStatus, errorCode].some((code) => deliveredCodes.includes(code))
    // The platform's reports are final: a code that looks like "on the way" is none here.
    const told = stateOf(errorCode)
    const state = isDelivered ? 'delivered' : told === 'expired' ? 'expired' : 'failed'
    const code = errorCode === '' ? reportStatus : errorCode
    return { part: msgGroup, to: numberFrom(mobile), state, code, at: timeOf(receiveDate) }
  })
}

/**
 * The push names no id: phone, time and text make one, so that the same push again is the same reply.
 *
 * @param now stands in for a time that is missing
 * @throws YizhanError FIELD_INVALID
 */
export function readReplies({ addSerial: own }: HttpConfig, body: Buffer, now: number): SmsReply[] {
  return entriesOf(replySchema, body).map(({ mobile, smsContent, sendTime, addSerial }) => ({
    id: createHash('sha256')
      .update(JSON.stringify([mobile, sendTime, addSerial, smsContent]))
      .digest('hex')
      .slice(0, 32),
    from: numberFrom(mobile),
    extension: addSerial.startsWith(own) ? addSerial.slice(own.length) : addSerial,
    text: smsContent,
    at: timeOf(sendTime) ?? now,
  }))
}

/** yyyyMMddHHmmss, also with separators, by the clock of Asia/Shanghai. */
function timeOf(stated: string): number | undefined {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)/.exec(stated.replace(/\D/g, '')) ?? []
  if (year === undefined) return undefined
  const at = Date.parse(`${year}-${month ?? ''}-${day ?? ''}T${hour ?? ''}:${minute ?? ''}:${second ?? ''}+08:00`)
  return Number.isNaN(at) ? undefined : at
}
