import { createHash } from 'node:crypto'
import { z } from 'zod'
import { YizhanError } from '../../../core/errors/error.ts'
import { parseForeignJson } from '../../../core/util/json.ts'
import type { HttpConfig } from '../config.ts'
import { numberFrom } from '../numbers.ts'
import { smsStateOf } from '../reports.ts'
import type { SmsReply, StatusReport } from '../transport.ts'

/** One push has at most so many entries. */
const ENTRIES = 5_000
const text = (longest: number) => z.union([z.string().max(longest), z.number().transform(String)])

const reportSchema = z.strictObject({
  msgGroup: text(64).refine((value) => value !== ''),
  mobile: text(32),
  reportStatus: text(64).default(''),
  errorCode: text(64).default(''),
  receiveDate: text(32).default(''),
  /** when the platform took the text: known, and nothing that we keep */
  submitDate: text(32).optional(),
})

const replySchema = z.strictObject({
  mobile: text(32).refine((value) => value !== ''),
  smsContent: text(4_000),
  sendTime: text(32).default(''),
  addSerial: text(32).default(''),
})

const RULE = 'JSON：状态报告或上行短信 / a report or a reply'

/**
 * Both pushes come as one object or as a list. A field that neither we nor `extraFields` know is refused: it may
 * matter.
 */
function entriesOf<T>(schema: z.ZodType<T>, { extraFields }: HttpConfig, body: Buffer): T[] {
  const value = jsonOf(body)
  const entries = (Array.isArray(value) ? (value as unknown[]) : [value]).map((entry) => without(entry, extraFields))
  const checked = z.array(schema).max(ENTRIES).safeParse(entries)
  if (checked.success) return checked.data
  const [issue] = checked.error.issues
  const place = issue?.path.join('.') ?? 'body'
  if (issue?.code !== 'unrecognized_keys') throw invalid(place, RULE)
  throw invalid(
    `${place}.${issue.keys.join(', ')}`.slice(0, 200),
    '没有这个字段；平台确有此字段的，列入 settings.centre.extraFields / no such field; list it in settings.centre.extraFields if the platform sends it',
  )
}

function jsonOf(body: Buffer): unknown {
  try {
    return parseForeignJson(body.toString('utf8'))
  } catch (cause) {
    if (!(cause instanceof YizhanError)) throw cause
    throw new YizhanError('FIELD_INVALID', { field: cause.facts.field ?? 'body', value: '—', rule: RULE }, { cause })
  }
}

function without(entry: unknown, extra: readonly string[]): unknown {
  if (typeof entry !== 'object' || entry === null || extra.length === 0) return entry
  return Object.fromEntries(Object.entries(entry).filter(([key]) => !extra.includes(key)))
}

function invalid(field: string, rule: string): YizhanError {
  return new YizhanError('FIELD_INVALID', { field, value: '—', rule })
}

/** @throws YizhanError FIELD_INVALID */
export function readReports(config: HttpConfig, body: Buffer): StatusReport[] {
  const { deliveredCodes } = config
  return entriesOf(reportSchema, config, body).map(({ msgGroup, mobile, reportStatus, errorCode, receiveDate }) => {
    const isDelivered = [reportStatus, errorCode].some((code) => deliveredCodes.includes(code))
    // The platform's reports are final: a code that looks like "on the way" is none here.
    const told = smsStateOf(errorCode)
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
export function readReplies(config: HttpConfig, body: Buffer, now: number): SmsReply[] {
  const { addSerial: own } = config
  return entriesOf(replySchema, config, body).map(({ mobile, smsContent, sendTime, addSerial }) => ({
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
