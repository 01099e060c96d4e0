import { compact } from './normal.ts'

/**
 * The one reader of telephone numbers: full-width digits, blanks, brackets, hyphens and dots of all kinds, and the
 * country's code (+86, 0086, 86) before them.
 */

/** Mobile numbers of the mainland, 11 digits (工信部《电信网编号计划》, 2017). */
const MOBILE = /^1[3-9]\d{9}$/
/** Area code, number, extension. */
const LANDLINE = /^(0(?:10|2\d|[3-9]\d{2}))-?(\d{7,8})(?:(?:-|转|x|ext\.?)(\d{1,6}))?$/iu
const DASHES = /[\p{Pd}\u2212\u30fc\u00b7.]/gu

/** A mobile number of the mainland as 11 digits; undefined for anything else. */
export function readMobile(text: string): string | undefined {
  if (text.length > 60) return undefined
  const digits = bare(text).replace(/-/g, '')
  return MOBILE.test(digits) ? digits : undefined
}

/** A mobile number, or a fixed one as `0394-8260000` or `0394-8260000-12`; undefined for anything else. */
export function readPhone(text: string): string | undefined {
  const mobile = readMobile(text)
  if (mobile !== undefined || text.length > 60) return mobile
  const [, area, number, extension] = LANDLINE.exec(bare(text)) ?? []
  if (area === undefined || number === undefined) return undefined
  return [area, number, ...(extension === undefined ? [] : [extension])].join('-')
}

/** Without blanks and brackets, dashes as hyphens, without the country's code. */
function bare(text: string): string {
  const plain = compact(text)
    .replace(DASHES, '-')
    .replace(/[()[\]【】〔〕]/g, '-')
    .replace(/-{2,}/g, '-')
    .replace(/^-|-$/g, '')
  const national = plain.replace(/^(?:\+-?|00)86-?(?=[01])/, '').replace(/^(?:\+-?|00)86-?(?=[1-9]\d{1,2}-?\d{7})/, '0')
  return national === plain ? plain.replace(/^86-?(?=1\d{2}-?\d{4}-?\d{4}$)/, '') : national
}
