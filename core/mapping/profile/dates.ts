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

/** Compiles a pattern such as `yyyy年M月d日` or `yyyy-MM-dd HH:mm:ss`, or the name `chinese`; `undefined` for what is none. */
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

const shanghai = 8 * 3600_000

/** Parts of an instant as clocks in Asia/Shanghai show it (UTC+8 without daylight saving time since 1991). */
export function partsOfInstant(instant: string): DateParts {
  const local = new Date(Date.parse(instant) + shanghai)
  return {
    year: local.getUTCFullYear(),
    month: local.getUTCMonth() + 1,
    day: local.getUTCDate(),
    hour: local.getUTCHours(),
    minute: local.getUTCMinutes(),
    second: local.getUTCSeconds(),
  }
}

export function instantOf({ year, month, day, hour, minute, second }: DateParts): string {
  return new Date(Date.UTC(year, month - 1, day, hour, minute, second) - shanghai).toISOString()
}
