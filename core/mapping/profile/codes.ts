import { compact } from '../../text/normal.ts'
import type { CodeTableSource } from './schema.ts'

/** A code table compiled: texts of a dialect to canonical values and back. */
export interface CodeTable {
  /** canonical values that reading can give, `keep` aside */
  readonly values: readonly string[]
  /** all canonical values that can be written, `keep` aside */
  readonly writable: readonly string[]
  readonly default: string | undefined
  /** for rules: the texts that the dialect writes */
  readonly texts: readonly string[]
  /**
   * the canonical value of a text, and whether the text is only tolerated; `undefined` if the table does not have it
   */
  read(text: string): { readonly value: string; readonly tolerated: boolean } | undefined
  /** the text of a canonical value; `undefined` if the table does not have it */
  write(value: string): string | undefined
}

/** Compiles a table; problems are told as pairs of place and rule. */
export function compileTable(
  source: CodeTableSource,
  problem: (path: readonly PropertyKey[], value: string, rule: string) => void,
): CodeTable {
  const reading = new Map<string, { value: string; tolerated: boolean }>()
  const writing = new Map<string, string>()
  for (const [at, entry] of source.entries.entries()) {
    const text = entry.text ?? entry.value
    for (const [index, spelling] of [text, ...entry.tolerate].entries()) {
      const key = codeKey(spelling)
      const path = index === 0 ? ['entries', at] : ['entries', at, 'tolerate', index - 1]
      if (reading.has(key))
        problem(path, spelling, `已表示 ${reading.get(key)?.value ?? ''} / already stands for that value`)
      else reading.set(key, { value: entry.value, tolerated: index > 0 })
    }
    for (const value of [entry.value, ...entry.also]) {
      if (writing.has(value))
        problem(['entries', at], value, '每个取值只能写成一种文本 / each value is written in one way')
      else writing.set(value, text)
    }
  }
  const values = [...new Set(source.entries.map((entry) => entry.value))]
  if (source.default !== undefined && !values.includes(source.default))
    problem(['default'], source.default, '须为 entries 中的取值 / must be a value of the entries')
  const keep = source.unknown === 'keep'
  return {
    values,
    writable: [...writing.keys()],
    default: source.default,
    texts: source.entries.map((entry) => entry.text ?? entry.value),
    read: (text) => reading.get(codeKey(text)) ?? (keep ? { value: text, tolerated: false } : undefined),
    write: (value) => writing.get(value) ?? source.otherwise ?? (keep ? value : undefined),
  }
}

/** The table of a field whose canonical values stand in the dialect as they are. */
export function plainTable(values: readonly string[]): CodeTable {
  const entries = values.map((value) => ({ value, tolerate: [], also: [] }))
  return compileTable({ title: { zh: '', en: '' }, unknown: 'refuse', entries }, () => {})
}

/** Full and half width, letter case and blanks do not matter. */
function codeKey(text: string): string {
  return compact(text).toLowerCase()
}
