import { SHANGHAI_MS } from '../../util/shanghai.ts'
/** A date pattern compiled: texts to parts and back. */
export interface DateFormat {
  readonly pattern: string
  /** `undefined` where the text does not have this format or names no day of the calendar */
  read(text: string): DateParts | undefined
  write(parts: DateParts): string
}

export interface DateParts {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
}

type Part = keyof DateParts

const tokens: Readonly<Record<string, { readonly part: Part; readonly digits: string; readonly width: number }>> = {
  yyyy: { part: 'year', digits: '(\\d{4})', width: 4 },
  MM: { part: 'month', digits: '(\\d{2})', width: 2 },
  M: { part: 'month', digits: '(\\d{1,2})', width: 1 },
  dd: { part: 'day', digits: '(\\d{2})', width: 2 },
  d: { part: 'day', digits: '(\\d{1,2})', width: 1 },
  HH: { part: 'hour', digits: '(\\d{2})', width: 2 },
  H: { part: 'hour', digits: '(\\d{1,2})', width: 1 },
  mm: { part: 'minute', digits: '(\\d{2})', width: 2 },
  ss: { part: 'second', digits: '(\\d{2})', width: 2 },
}

/**
 * Compiles a pattern such as `yyyy年M月d日` or `yyyy-MM-dd HH:mm:ss`, or the name `chinese`; `undefined` for what is
 * none.
 */
export function dateFormat(pattern: string): DateFormat | undefined {
  if (pattern === 'chinese') return chinese
  const pieces = pattern.match(/yyyy|MM|M|dd|d|HH|H|mm|ss|[^A-Za-z]|[A-Za-z]+/g) ?? []
  const fields = pieces.flatMap((piece) => tokens[piece] ?? [])
  if (!['year', 'month', 'day'].every((part) => fields.some((field) => field.part === part))) return undefined
  if (pieces.some((piece) => tokens[piece] === undefined && /[A-SU-Za-z]/.test(piece))) return undefined
  const shape = new RegExp(
    `^${pieces.map((piece) => tokens[piece]?.digits ?? piece.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('')}$`,
  )
  return {
    pattern,
    read(text) {
      const match = shape.exec(text)
      if (match === null) return undefined
      const parts: Record<Part, number> = { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0 }
      fields.forEach((field, at) => {
        parts[field.part] = Number(match[at + 1])
      })
      return exists(parts) ? parts : undefined
    },
    write: (parts) =>
      pieces
        .map((piece) => {
          const token = tokens[piece]
          return token === undefined ? piece : String(parts[token.part]).padStart(token.width, '0')
        })
        .join(''),
  }
}

/** A date as generated clients and old programs write it: year first, so that it can mean one day only. */
const yearFirst =
  /^(\d{4})(?:-(\d{1,2})-|\/(\d{1,2})\/|\.(\d{1,2})\.|年(\d{1,2})月)(\d{1,2})日?(?:[T ]\s?(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?)?\s?(Z|[+-]\d{2}:?\d{2})?$/

/** What such a text says: its parts as written, whether it has a time of day, and its zone in minutes east of UTC. */
interface WrittenDate {
  readonly parts: DateParts
  readonly hasTime: boolean
  readonly zone: number | undefined
}

/** `undefined` where the text is no date of a year-first form, or names no day of the calendar. */
function readYearFirst(text: string): WrittenDate | undefined {
  const match = yearFirst.exec(text)
  if (match === null) return undefined
  const [, year, dashed, slashed, dotted, chinese, day, hour, minute, second, zone] = match
  const parts = {
    year: Number(year),
    month: Number(dashed ?? slashed ?? dotted ?? chinese),
    day: Number(day),
    hour: Number(hour ?? 0),
    minute: Number(minute ?? 0),
    second: Number(second ?? 0),
  }
  return exists(parts) ? { parts, hasTime: hour !== undefined, zone: zoneOf(zone) } : undefined
}

function zoneOf(zone: string | undefined): number | undefined {
  if (zone === undefined || zone === 'Z') return zone === undefined ? undefined : 0
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2))
  return zone.startsWith('-') ? -minutes : minutes
}

function instantIn({ year, month, day, hour, minute, second }: DateParts, zone: number): string {
  return new Date(Date.UTC(year, month - 1, day, hour, minute, second) - zone * 60_000).toISOString()
}

/**
 * The day that a text names in one of the forms that generated clients send for xs:date (XML Schema part 2, 3.2.9: a
 * zone may follow) or old programs write: `2026-08-30+08:00`, `2026/8/30`, `2026.8.30`, `2026年8月30日`,
 * `2026-08-30 00:00:00`. A bare date is the day as written, whatever its zone; with a time and a zone it is the day in
 * Asia/Shanghai.
 */
export function looseDate(text: string): DateParts | undefined {
  const written = readYearFirst(text)
  if (written === undefined || !written.hasTime || written.zone === undefined) return written?.parts
  return partsOfInstant(instantIn(written.parts, written.zone))
}

/**
 * The instant that a text names in such a form, with a time of day; without a zone it is Asia/Shanghai's (xs:dateTime
 * leaves it open).
 */
export function looseInstant(text: string): string | undefined {
  const written = readYearFirst(text)
  if (written?.hasTime !== true) return undefined
  return instantIn(written.parts, written.zone ?? SHANGHAI_MINUTES)
}

const digits = '〇一二三四五六七八九'

/** 二〇一一年五月二十日, as documents printed dates before 2012; 零, ○, O and 0 stand for 〇 in practice. */
const chinese: DateFormat = {
  pattern: 'chinese',
  read(text) {
    const match =
      /^([零〇○ＯoO0一二三四五六七八九]{4})年([一二三四五六七八九十]{1,3})月([一二三四五六七八九十]{1,3})日$/u.exec(
        text,
      )
    if (match === null) return undefined
    const year = Number((match[1] ?? '').replace(/./gu, (digit) => String(Math.max(0, digits.indexOf(digit)))))
    const parts = {
      year,
      month: below100(match[2] ?? ''),
      day: below100(match[3] ?? ''),
      hour: 0,
      minute: 0,
      second: 0,
    }
    return exists(parts) ? parts : undefined
  },
  write: ({ year, month, day }) =>
    `${String(year)
      .padStart(4, '0')
      .replace(/\d/g, (digit) => digits.charAt(Number(digit)))}年${chineseNumber(month)}月${chineseNumber(day)}日`,
}

function below100(text: string): number {
  const match = /^([一二三四五六七八九])?(十)?([一二三四五六七八九])?$/u.exec(text)
  if (match === null || (match[2] === undefined && match[1] !== undefined && match[3] !== undefined)) return 0
  const [, tens, ten, ones] = match
  if (ten === undefined) return digits.indexOf(tens ?? ones ?? '〇')
  return (tens === undefined ? 1 : digits.indexOf(tens)) * 10 + (ones === undefined ? 0 : digits.indexOf(ones))
}

function chineseNumber(value: number): string {
  const tens = Math.floor(value / 10)
  const ones = value % 10
  return `${tens === 0 ? '' : `${tens === 1 ? '' : digits.charAt(tens)}十`}${ones === 0 ? '' : digits.charAt(ones)}`
}

/** Whether the calendar has such a day, between 1900 and 2999, and the clock such a time. */
function exists({ year, month, day, hour, minute, second }: DateParts): boolean {
  if (year < 1900 || year > 2999 || month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59)
    return false
  return day <= new Date(Date.UTC(year, month, 0)).getUTCDate()
}

/** Parts of a canonical date, YYYY-MM-DD. */
export function partsOfDate(date: string): DateParts {
  const [year = '', month = '', day = ''] = date.split('-')
  return { year: Number(year), month: Number(month), day: Number(day), hour: 0, minute: 0, second: 0 }
}

export function dateOf({ year, month, day }: DateParts): string {
  return `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`
}

const SHANGHAI_MINUTES = SHANGHAI_MS / 60_000

/** Parts of an instant as clocks in Asia/Shanghai show it (UTC+8 without daylight saving time since 1991). */
export function partsOfInstant(instant: string): DateParts {
  const local = new Date(Date.parse(instant) + SHANGHAI_MS)
  return {
    year: local.getUTCFullYear(),
    month: local.getUTCMonth() + 1,
    day: local.getUTCDate(),
    hour: local.getUTCHours(),
    minute: local.getUTCMinutes(),
    second: local.getUTCSeconds(),
  }
}

export function instantOf(parts: DateParts): string {
  return instantIn(parts, SHANGHAI_MINUTES)
}
