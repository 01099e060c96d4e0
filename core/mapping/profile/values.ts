import { parseNumber } from '../../message/number.ts'
import { plain } from '../../text/normal.ts'
import type { CodeTable } from './codes.ts'
import {
  dateFormat,
  dateOf,
  instantOf,
  looseDate,
  looseInstant,
  partsOfDate,
  partsOfInstant,
  type DateFormat,
} from './dates.ts'
import type { ValueType } from './fields.ts'

/** A value that breaks a rule. */
export class Broken {
  readonly rule: string

  constructor(rule: string) {
    this.rule = rule
  }
}

export type PlainValue = string | number | boolean | readonly string[]

/** How values of one node turn into text and back. `note` tells a tolerated deviation, for the log. */
export interface Codec {
  read(text: string, note: (quirk: string) => void): PlainValue | undefined | Broken
  write(value: PlainValue): string | Broken
}

/** What a node says about its values, defaults filled in. */
export interface ValueRules {
  readonly type: ValueType
  readonly max: number | undefined
  readonly table: CodeTable | undefined
  readonly accept: readonly string[]
  readonly format: string | undefined
  readonly separator: string
  readonly trueAs: readonly string[]
  readonly falseAs: readonly string[]
  readonly trailingSeparator: boolean
}

/** The codec of a node; a string names the rule that the node itself breaks. */
export function codecOf(rules: ValueRules): Codec | string {
  switch (rules.type) {
    case 'date':
      return dateCodec(rules)
    case 'instant':
      return instantCodec(rules)
    case 'number':
      return numberCodec(rules)
    case 'code':
      return rules.table === undefined ? '须指定 table / needs a table' : codeCodec(rules.table, rules.max)
    case 'boolean':
      return booleanCodec(rules)
    case 'integer':
      return integerCodec(rules)
    case 'list':
      return listCodec(rules)
    case 'content':
      return 'content 不是文本 / content is no text'
    case 'text':
    case 'link':
      return textCodec(rules.max)
  }
}

/**
 * More of one kind than any document has, be it units, files or words to search by: each costs time at every step
 * behind.
 */
export const MOST_ITEMS = 5_000
export const tooMany = `至多 ${MOST_ITEMS} 个 / at most ${MOST_ITEMS}`

export function tooLong(max: number): string {
  return `至多 ${max} 个字符 / at most ${max} characters`
}

function textCodec(max: number | undefined): Codec {
  const check = (text: string): string | Broken =>
    max !== undefined && text.length > max ? new Broken(tooLong(max)) : text
  return {
    read: check,
    // Of several values each keeps to the limit.
    write: (value) =>
      Array.isArray(value) ? (broken(value.map((one: string) => check(one))) ?? asText(value)) : check(asText(value)),
  }
}

function broken(checked: readonly (string | Broken)[]): Broken | undefined {
  return checked.find((one) => one instanceof Broken)
}

/** Formats that are read, the written one first, and a rule that names them. */
function formatsOf(rules: ValueRules, written: string): { formats: DateFormat[]; rule: string } | string {
  const patterns = [...new Set([written, ...rules.accept])].filter((pattern) => pattern !== 'iso')
  const formats = patterns.map((pattern) => dateFormat(pattern))
  const wrong = patterns.find((_, at) => formats[at] === undefined)
  if (wrong !== undefined) return `“${wrong}” 不是日期格式 / is no date pattern`
  return { formats: formats as DateFormat[], rule: `日期格式 / a date as ${[written, ...rules.accept].join(' | ')}` }
}

function dateCodec(rules: ValueRules): Codec | string {
  const written = rules.format ?? 'yyyy-MM-dd'
  const found = formatsOf(rules, written)
  if (typeof found === 'string') return found
  const { formats, rule } = found
  const [first] = formats
  if (first === undefined) return 'iso 是时刻而非日期 / iso is for instants'
  return {
    read(text, note) {
      const written = plain(text)
      for (const format of formats) {
        const parts = format.read(written)
        if (parts === undefined) continue
        if (format !== first) note('date-format')
        return dateOf(parts)
      }
      const parts = looseDate(written)
      if (parts === undefined) return new Broken(rule)
      note('date-format')
      return dateOf(parts)
    },
    write: (value) =>
      /^\d{4}-\d{2}-\d{2}$/.test(asText(value)) ? first.write(partsOfDate(asText(value))) : new Broken(rule),
  }
}

/** RFC 3339 date-time. */
const iso = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/

function instantCodec(rules: ValueRules): Codec | string {
  const written = rules.format ?? 'iso'
  const found = formatsOf(rules, written)
  if (typeof found === 'string') return found
  const { formats, rule } = found
  const takesIso = written === 'iso' || rules.accept.includes('iso')
  const writer = written === 'iso' ? undefined : formats[0]
  return {
    read(text, note) {
      if (takesIso && iso.test(text) && !Number.isNaN(Date.parse(text))) return new Date(text).toISOString()
      for (const format of formats) {
        const parts = format.read(text)
        if (parts === undefined) continue
        if (format.pattern !== written) note('date-format')
        return instantOf(parts)
      }
      const instant = looseInstant(plain(text))
      if (instant === undefined) return new Broken(rule)
      note('date-format')
      return instant
    },
    write(value) {
      if (Number.isNaN(Date.parse(asText(value)))) return new Broken(rule)
      return writer === undefined ? new Date(asText(value)).toISOString() : writer.write(partsOfInstant(asText(value)))
    },
  }
}

/** A whole document number is kept as written: the house's rules are applied behind the profile. */
function numberCodec(rules: ValueRules): Codec {
  const text = textCodec(rules.max)
  return {
    read(value, note) {
      if (!/^[^[\]()]*〔\d{4}〕[1-9]\d*号$/u.test(value) && parseNumber(value) !== undefined) note('number-form')
      return text.read(value, note)
    },
    write: (value) => text.write(value),
  }
}

function codeCodec(table: CodeTable, max: number | undefined): Codec {
  const rule = `取值 / one of: ${table.texts.join('、')}`
  return {
    read(text, note) {
      const found = table.read(text)
      if (found === undefined) return new Broken(rule)
      if (max !== undefined && found.value.length > max) return new Broken(tooLong(max))
      if (found.tolerated) note('tolerated-code')
      return found.value
    },
    write: (value) => table.write(asText(value)) ?? new Broken(rule),
  }
}

function booleanCodec({ trueAs, falseAs }: ValueRules): Codec {
  const values = new Map([
    ...trueAs.map((text) => [text.toLowerCase(), true] as const),
    ...falseAs.map((text) => [text.toLowerCase(), false] as const),
  ])
  const rule = `取值 / one of: ${[...trueAs, ...falseAs].join('、')}`
  return {
    read: (text) => values.get(plain(text).toLowerCase()) ?? new Broken(rule),
    write: (value) => (value === true ? trueAs[0] : falseAs[0]) ?? String(value),
  }
}

function integerCodec({ max = Number.MAX_SAFE_INTEGER }: ValueRules): Codec {
  const rule = `0 到 ${max} 的整数 / an integer from 0 to ${max}`
  const check = (value: number): number | Broken =>
    Number.isSafeInteger(value) && value >= 0 && value <= max ? value : new Broken(rule)
  return {
    read(text) {
      const digits = plain(text)
      return /^\d{1,16}$/.test(digits) ? check(Number(digits)) : new Broken(rule)
    },
    write(value) {
      const checked = check(Number(value))
      return checked instanceof Broken ? checked : String(checked)
    },
  }
}

/** The separator in its other width. */
function twinOf(separator: string): string | undefined {
  return { ';': '；', ',': '，', '；': ';', '，': ',' }[separator]
}

/** The items of a text; both widths of the separator separate. One more than there may be, where there are too many. */
export function itemsIn(text: string, separator: string): string[] {
  const twin = twinOf(separator)
  return (twin === undefined ? text : text.replaceAll(twin, separator))
    .split(separator, MOST_ITEMS + 1)
    .map((part) => part.trim())
}

function listCodec({ separator, max, trailingSeparator }: ValueRules): Codec {
  const twin = twinOf(separator)
  return {
    read(text, note) {
      const parts = itemsIn(text, separator)
      if (parts.length > MOST_ITEMS) return new Broken(tooMany)
      const items = parts.filter((part) => part !== '')
      if (items.length < parts.length) {
        if (!trailingSeparator)
          return new Broken(`以 ${separator} 分隔，不得有空项 / separated by ${separator}, no empty items`)
        note('trailing-separator')
      }
      if (max !== undefined && items.some((item) => item.length > max)) return new Broken(`每项${tooLong(max)}`)
      return items.length === 0 ? undefined : items
    },
    write(value) {
      const items = Array.isArray(value) ? (value as readonly string[]) : [asText(value)]
      const wrong = items.find((item) => item.includes(separator) || (twin !== undefined && item.includes(twin)))
      return wrong === undefined
        ? items.join(separator)
        : new Broken(`各项不得含分隔符 ${separator} / items must not hold the separator`)
    },
  }
}

/** Several values, where a dialect has room for one text, as Chinese lists them. */
function asText(value: PlainValue): string {
  if (typeof value === 'object') return value.join('、')
  return typeof value === 'string' ? value : String(value)
}
