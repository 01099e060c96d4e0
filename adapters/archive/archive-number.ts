import { YizhanError } from '../../core/errors/error.ts'

/** 保管期限: 永久, 30 years, 10 years (档案馆 rules since 2006). */
export const RETENTIONS = ['Y', 'D30', 'D10'] as const
export type Retention = (typeof RETENTIONS)[number]

/**
 * 档号 of a single document, DA/T 22-2015: 全宗号-门类代码·年度-保管期限-机构(问题)代码-件号,
 * such as `0094-WS·2021-D10-BGS-0533`, or without office `0094-WS·2021-D10-0533`.
 */
export interface ArchiveNumber {
  /** 全宗号, four characters */
  readonly fonds: string
  /** 门类代码, such as WS for 文书 */
  readonly category: string
  /** 年度 */
  readonly year: number
  /** 保管期限 */
  readonly retention: Retention
  /** 机构（问题）代码; absent where the fonds is not divided so */
  readonly office?: string | undefined
  /** 件号, 1–9999 */
  readonly item: number
}

/** U+00B7, in GBK A1A4. */
const DOT = '·'
/** Parts of a number that are configured. */
export const ARCHIVE_PARTS: Readonly<
  Record<'fonds' | 'category' | 'office', { readonly shape: RegExp; readonly rule: string }>
> = {
  fonds: { shape: /^[0-9A-Z]{4}$/, rule: '全宗号：4 位数字或大写字母 / fonds: 4 digits or capitals' },
  category: { shape: /^[A-Z]{2,4}$/, rule: '门类代码：2–4 个大写字母，如 WS / category: 2–4 capitals' },
  // A purely numeric code of four digits could not be told from an item number that follows nothing.
  office: {
    shape: /^(?=.*[A-Z\p{Script=Han}])[0-9A-Z\p{Script=Han}]{1,10}$/u,
    rule: '机构（问题）代码：1–10 个大写字母、数字或汉字，不全为数字 / office: 1–10 capitals, digits or 汉字, not digits only',
  },
}

/** @throws YizhanError ARCHIVE_NUMBER with the part, its value and the rule */
export function buildArchiveNumber(parts: ArchiveNumber): string {
  check('fonds', parts.fonds)
  check('category', parts.category)
  if (parts.office !== undefined) check('office', parts.office)
  if (!Number.isInteger(parts.year) || parts.year < 1900 || parts.year > 2999)
    throw broken('year', parts.year, '年度：4 位 / year: 4 digits, 1900–2999')
  if (!RETENTIONS.includes(parts.retention)) throw broken('retention', parts.retention, RETENTIONS.join(', '))
  if (!Number.isInteger(parts.item) || parts.item < 1 || parts.item > 9999)
    throw broken('item', parts.item, '件号：1–9999 / item: 1–9999')
  const office = parts.office === undefined ? '' : `-${parts.office}`
  return `${parts.fonds}-${parts.category}${DOT}${parts.year}-${parts.retention}${office}-${String(parts.item).padStart(4, '0')}`
}

function check(part: keyof typeof ARCHIVE_PARTS, value: string): void {
  if (!ARCHIVE_PARTS[part].shape.test(value)) throw broken(part, value, ARCHIVE_PARTS[part].rule)
}

function broken(field: string, value: string | number, rule: string): YizhanError {
  return new YizhanError('ARCHIVE_NUMBER', { field, value: String(value), rule })
}
