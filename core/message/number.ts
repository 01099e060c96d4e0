import { compact } from '../text/normal.ts'
import { chineseNumeral, readChineseNumeral } from '../text/numeral.ts'

/**
 * Numbers of official documents. The full one (发文字号, GB/T 9704-2012, 7.2.5) is the issuer's code, the year in
 * hexagonal brackets and a serial without leading zeros and without 第, as in 周政办〔2011〕83号. Orders, announcements
 * and minutes have less: 第12号, 2026年第5号, 第79期, 〔2026〕81号; and a few have a part behind them, 83号之一. Legacy
 * systems write all of them in many other ways.
 */
export interface DocumentNumber {
  /** 机关代字 such as 周政办, or the series such as 市政府令; absent in numbers that have neither */
  readonly code?: string | undefined
  /** 年号, four digits; absent where the series does not count by years, or the paper's date says it */
  readonly year?: number | undefined
  /** the year stands before 第 as 2026年, as announcements have it, and not in brackets */
  readonly spelled?: true | undefined
  /** 序号, from 1 */
  readonly serial: number
  /** what is counted: documents, issues, meetings */
  readonly unit: NumberUnit
  /** 之一, 之二 …, from 1 */
  readonly part?: number | undefined
}

const UNITS = ['号', '期', '次', '辑'] as const
type NumberUnit = (typeof UNITS)[number]

const OPEN = '[(\\[〔【〖{<《]'
const CLOSE = '[)\\]〕】〗}>》]'
const YEAR = '(?:19|20)\\d{2}'
/** Letters and digits, and what stands between them in codes that are in use: nothing that looks like nothing. */
const CODE = '[\\p{L}\\p{N}·\\-]{1,40}?'
const COUNT = `第?(\\d{1,7}|[〇零一二三四五六七八九十百千两]{1,9})([${UNITS.join('')}]?)`
const PART = '(?:之(\\d{1,2}|[一二三四五六七八九十]{1,3}))?'

/**
 * What is accepted, after `compact`: a code or none, a year in brackets of any kind or with 年 or none, the serial with
 * or without 第 and 号, a part; the serial and all behind it may stand in brackets (（第79期）), and a bracket with the
 * whole count of a periodical (总第1203期) may follow.
 */
const shape = new RegExp(
  `^(${CODE})??(?:${OPEN}(${YEAR})年?${CLOSE}|(${YEAR})年)?(?:${COUNT}${PART}|${OPEN}${COUNT}${PART}${CLOSE})令?(?:${OPEN}总第?\\d{1,6}[号期]?${CLOSE})?$`,
  'u',
)

/** A code has at least one letter: `12〔2011〕3号` is none. */
const letter = /\p{L}/u

/**
 * The parts of a number however it was written: `周政办[2011]83`, `周政办（２０１１）第083号`, `周政办【2011】83号`,
 * `第十二号`. `undefined` for what is no document number.
 */
export function parseNumber(text: string): DocumentNumber | undefined {
  if (text.length > 200) return undefined
  const written = compact(text)
  const match = shape.exec(written)
  if (match === null) return undefined
  const [, code, bracketed, plainYear, count1, unit1, part1, count2, unit2, part2] = match
  const [count = '', unit = '', part] = count1 === undefined ? [count2, unit2, part2] : [count1, unit1, part1]
  const year = bracketed ?? plainYear
  const serial = readCount(count)
  if (serial === undefined || serial < 1 || serial > 9_999_999) return undefined
  if (code !== undefined && !letter.test(code)) return undefined
  // 83 alone is a count of anything; and 八十三 for 83 is usual only where 第 stands before it.
  if (bracketed === undefined && unit === '') return undefined
  if (!/^\d/u.test(count) && !written.includes(`第${count}`)) return undefined
  const partNumber = part === undefined ? undefined : readCount(part)
  if (part !== undefined && (partNumber === undefined || partNumber < 1)) return undefined
  return {
    ...(code === undefined ? {} : { code }),
    ...(year === undefined ? {} : { year: Number(year) }),
    ...(plainYear === undefined ? {} : { spelled: true as const }),
    serial,
    unit: unit === '' ? '号' : (unit as NumberUnit),
    ...(partNumber === undefined ? {} : { part: partNumber }),
  }
}

function readCount(text: string): number | undefined {
  return /^\d+$/.test(text) ? Number(text) : readChineseNumeral(text)
}

/**
 * The number as GB/T 9704 prints it; without code or without year as orders, announcements and minutes print theirs.
 */
export function formatNumber({ code = '', year, spelled, serial, unit, part }: DocumentNumber): string {
  const count = `${serial}${unit}${part === undefined ? '' : `之${chineseNumeral(part)}`}`
  if (year === undefined) return `${code}第${count}`
  return spelled === true ? `${code}${year}年第${count}` : `${code}〔${year}〕${count}`
}

/** What the same series is called by different senders. */
const SERIES: Readonly<Record<string, string>> = { 命令令: '令', 命令: '令', 会议纪要: '纪要' }

/**
 * What of an issuer's numbers may not stand for two live documents: the number in full, what it lacks filled in from
 * the document. Without a code it is unique within the type (文种), without a year within the year of the document's
 * date.
 *
 * @param number in the form of `normalizeNumber`
 * @param day YYYY-MM-DD: the document's own date, else the day on which it came
 */
export function numberInFull(number: string, documentType: string | undefined, day: string): string {
  const parsed = parseNumber(number)
  if (parsed === undefined) return number
  const type = compact(documentType ?? '').replace(/[()[\]]/g, '')
  const { code = SERIES[type] ?? type, year = Number(day.slice(0, 4)), serial, unit, part } = parsed
  return formatNumber({ code, year, serial, unit, part })
}

/**
 * The one form under which a number is compared and kept; `undefined` for what is none. Keep the raw text beside it.
 */
export function normalizeNumber(text: string): string | undefined {
  const number = parseNumber(text)
  return number === undefined ? undefined : formatNumber(number)
}
