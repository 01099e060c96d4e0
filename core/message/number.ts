/**
 * Document numbers (发文字号, GB/T 9704-2012, 7.2.5): the issuer's code, the year in hexagonal brackets and a serial
 * without leading zeros and without 第, as in 周政办〔2011〕83号. Legacy systems write them in many other ways.
 */
export interface DocumentNumber {
  /** 机关代字, such as 周政办 */
  readonly code: string
  /** 年号, four digits */
  readonly year: number
  /** 序号, from 1 */
  readonly serial: number
}

/** What is accepted: any bracket pair, an optional 年, an optional 第, leading zeros, an optional 号. Matched after NFKC. */
const shape = /^([^\s()[\]〔〕【】〖〗{}<>]{1,40})[([〔【〖]((?:19|20)\d{2})年?[)\]〕】〗]第?0*([1-9]\d{0,6})号?$/u

/** A code has at least one letter: `12〔2011〕3号` is none. */
const letter = /\p{L}/u

/**
 * The parts of a number however it was written: `周政办[2011]83`, `周政办（２０１１）第083号`, `周政办【2011】83号`.
 * `undefined` for what is no document number.
 */
export function parseNumber(text: string): DocumentNumber | undefined {
  if (text.length > 200) return undefined
  const match = shape.exec(text.normalize('NFKC').replace(/\s+/gu, ''))
  if (match === null) return undefined
  const [, code = '', year = '', serial = ''] = match
  if (!letter.test(code)) return undefined
  return { code, year: Number(year), serial: Number(serial) }
}

/** The number as GB/T 9704 prints it. */
export function formatNumber(number: DocumentNumber): string {
  return `${number.code}〔${number.year}〕${number.serial}号`
}

/** The one form under which a number is compared and kept; `undefined` for what is none. Keep the raw text beside it. */
export function normalizeNumber(text: string): string | undefined {
  const number = parseNumber(text)
  return number === undefined ? undefined : formatNumber(number)
}
