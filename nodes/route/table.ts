import { propertyText } from '../lib/text.ts'

/**
 * A decision table, as the `route` node's dialog has it. Columns are properties of the message, rows are rules: the
 * first row whose cells all fit wins.
 */
export interface RouteTable {
  readonly columns: readonly RouteColumn[]
  readonly rows: readonly RouteRow[]
}

export interface RouteColumn {
  /** such as `payload.petition.category` */
  readonly property: string
  /** what a clerk calls it, such as 内容分类 */
  readonly label?: string
}

export interface RouteRow {
  /** one for each column, see `fits`; one that is missing is empty */
  readonly cells: readonly string[]
  /** of the node's kind of result: a text, or units separated by 、 */
  readonly result?: string
  /** names the row at its output; empty: its cells do */
  readonly label?: string
}

/** Between the values of a cell: one of them suffices. */
const BETWEEN = /[、|｜]/u
const COMPARISON = /^(>=|<=|!=|<>|[<>=≥≤≠＞＜＝])(.*)$/su
/** What people type → what is meant. */
const SIGNS: Readonly<Record<string, string>> = {
  '≥': '>=',
  '≤': '<=',
  '≠': '!=',
  '<>': '!=',
  '＞': '>',
  '＜': '<',
  '＝': '=',
}
/** 2026-03-01, also with a time behind it: such texts are in the order of time */
const DATE = /^\d{4}-\d{2}-\d{2}/u

/** The place of the first row that fits, or undefined. `valueOf` gives a property of the message. */
export function firstFit({ columns, rows }: RouteTable, valueOf: (property: string) => unknown): number | undefined {
  const values = columns.map(({ property }) => valueOf(property))
  const at = rows.findIndex(({ cells }) => columns.every((_, column) => fits(cells[column] ?? '', values[column])))
  return at < 0 ? undefined : at
}

/**
 * Whether a value fits a cell: an empty cell takes any, and so none too; values separated by 、 or | take each of them,
 * `*` in them stands for any text (0201*), and alone for any value that is not missing; `>=`, `>`, `<=`, `<` compare
 * numbers or dates; `!=` takes what the rest of the cell does not. Of a list, one entry has to fit.
 */
export function fits(cell: string, value: unknown): boolean {
  const wanted = cell.trim()
  if (wanted === '') return true
  const [, typed = '', rest = ''] = COMPARISON.exec(wanted) ?? []
  const sign = SIGNS[typed] ?? typed
  const operand = rest.trim()
  if (sign === '!=') return !hasOne(operand, value)
  return sign === '' || sign === '='
    ? hasOne(sign === '' ? wanted : operand, value)
    : entriesOf(value).some((entry) => compares(sign, entry, operand))
}

/** Why a cell can fit nothing: `operand` of a comparison is neither number nor date, or `value` is missing. */
export function cellFault(cell: string): 'operand' | 'value' | undefined {
  const wanted = cell.trim()
  const [, typed, rest = ''] = COMPARISON.exec(wanted) ?? []
  if (typed === undefined) return wanted !== '' && valuesOf(wanted).length === 0 ? 'value' : undefined
  const sign = SIGNS[typed] ?? typed
  const operand = rest.trim()
  if (sign === '=' || sign === '!=') return valuesOf(operand).length === 0 ? 'value' : undefined
  return isNumber(operand) || DATE.test(operand) ? undefined : 'operand'
}

function hasOne(list: string, value: unknown): boolean {
  const patterns = valuesOf(list)
  return entriesOf(value).some((entry) => patterns.some((pattern) => like(pattern, entry)))
}

function valuesOf(list: string): string[] {
  return list
    .split(BETWEEN)
    .map((piece) => piece.trim())
    .filter((piece) => piece !== '')
}

/** A missing value has no entries, and neither has an empty text. */
function entriesOf(value: unknown): string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value]
  return list.map((entry) => propertyText(entry).trim()).filter((entry) => entry !== '')
}

/** Piece by piece, not by an expression made from the cell: no cell can take long. */
function like(pattern: string, text: string): boolean {
  const [first = '', ...others] = pattern.split('*')
  const last = others.pop()
  if (last === undefined) return text === pattern
  if (!text.startsWith(first)) return false
  let at = first.length
  for (const piece of others) {
    const found = text.indexOf(piece, at)
    if (found < 0) return false
    at = found + piece.length
  }
  return text.length - last.length >= at && text.endsWith(last)
}

function compares(sign: string, text: string, operand: string): boolean {
  const order = orderOf(text, operand)
  if (order === undefined) return false
  switch (sign) {
    case '>':
      return order > 0
    case '>=':
      return order >= 0
    case '<':
      return order < 0
    default:
      return order <= 0
  }
}

/** A day as an operand is compared with the day of an instant. */
function orderOf(text: string, operand: string): number | undefined {
  if (isNumber(text) && isNumber(operand)) return Number(text) - Number(operand)
  if (!DATE.test(text) || !DATE.test(operand)) return undefined
  const cut = text.slice(0, operand.length)
  return cut === operand ? 0 : cut < operand ? -1 : 1
}

function isNumber(text: string): boolean {
  return /^[+-]?\d+(\.\d+)?$/u.test(text)
}
