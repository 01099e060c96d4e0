import { isUtf8 } from 'node:buffer'
import { TextDecoder } from 'node:util'
import { YizhanError } from '../../errors/error.ts'
import type { Steps } from '../../util/turns.ts'
import { byteOrderMark, type ReadEncoding } from '../encoding/label.ts'
import { decodePart } from '../encoding/text.ts'

export interface CsvTable {
  /** the first line, white space around the names aside; `''` only for a column in which nothing stands */
  readonly header: readonly string[]
  /** the first line as it stands */
  readonly head: string
  /** lines in which something stands */
  readonly rows: readonly CsvLine[]
}

export interface CsvLine {
  /** on which it begins, 1-based */
  readonly line: number
  /** as many as the header has */
  readonly cells: readonly string[]
  /** as it stands, without its end */
  readonly text: string
}

/** How large a table may be; `rows` without the header, `cells` with it, `cell` and `text` in UTF-16 units. */
export interface CsvLimits {
  /** bytes */
  readonly size: number
  readonly rows: number
  readonly columns: number
  readonly cells: number
  readonly cell: number
  readonly text: number
}

const DEFAULT_LIMITS: CsvLimits = {
  size: 64 * 1024 * 1024,
  rows: 5_000,
  columns: 200,
  cells: 100_000,
  cell: 1024 * 1024,
  text: 16 * 1024 * 1024,
}

/** What is decoded in one step, bytes; and so many cells are read in one. */
const PIECE = 256 * 1024
const STEP = 1_000

/**
 * Reads a table (RFC 4180) in steps: UTF-8 or GB 18030, whichever it is, with or without a byte order mark; commas;
 * lines that end in CRLF, LF or CR; quotes around a cell, doubled inside. Lines without content are passed over.
 *
 * @throws YizhanError CSV_MALFORMED (with line:column, never what stands there), ENCODING_INVALID
 */
export function* csvSteps(bytes: Buffer, limits: Partial<CsvLimits> = {}): Steps<CsvTable> {
  const all = { ...DEFAULT_LIMITS, ...limits }
  if (bytes.length > all.size) throw malformed('1:1', `${bytes.length} > ${all.size} 字节 / bytes`)
  const lines = yield* new CsvReader(yield* decoded(bytes), all).lines()
  const [head, ...rest] = lines
  if (head === undefined) throw malformed('1:1', '没有表头 / no header')
  return tableOf(head, rest)
}

/** Old spreadsheets write the machine's own encoding, and say nothing. */
function* decoded(bytes: Buffer): Steps<string> {
  const mark = byteOrderMark(bytes)
  const encoding: ReadEncoding = mark?.encoding ?? (isUtf8(bytes) ? 'utf-8' : 'gb18030')
  const decoder = new TextDecoder(encoding, { fatal: true, ignoreBOM: true })
  const start = mark?.length ?? 0
  let text = ''
  try {
    for (let from = start; from < bytes.length; from += PIECE) {
      text += decoder.decode(bytes.subarray(from, from + PIECE), { stream: true })
      yield
    }
    return text + decoder.decode()
  } catch (error) {
    // This one says where.
    decodePart(bytes, encoding, start, bytes.length)
    throw error
  }
}

function tableOf(head: CsvLine, rest: readonly CsvLine[]): CsvTable {
  const filled = head.cells.findLastIndex((name) => name.trim() !== '')
  const header = head.cells.slice(0, filled + 1).map((name) => name.trim())
  const seen = new Set<string>()
  for (const [at, name] of header.entries()) {
    if (name !== '' && seen.has(name))
      throw malformed(`${head.line}`, `表头“${name.slice(0, 40)}”出现两次 / the column stands twice`)
    seen.add(name)
    if (name === '' && rest.some(({ cells }) => (cells[at] ?? '').trim() !== ''))
      throw malformed(`${head.line}`, `第 ${at + 1} 列有内容而没有表头 / column ${at + 1} has content and no name`)
  }
  const rows = rest.map(({ line, cells, text }) => {
    const more = cells.findLastIndex((cell) => cell.trim() !== '') + 1
    if (more > header.length)
      throw malformed(`${line}`, `有 ${more} 格，表头只有 ${header.length} 格 / ${more} cells, the header has fewer`)
    // A line that ends early has nothing in the rest.
    return { line, cells: header.map((_, at) => cells[at] ?? ''), text }
  })
  return { header, head: head.text, rows }
}

class CsvReader {
  readonly #text: string
  readonly #limits: CsvLimits
  #at = 0
  #line = 1
  #lineStart = 0
  #cells = 0
  #length = 0

  constructor(text: string, limits: CsvLimits) {
    this.#text = text
    this.#limits = limits
  }

  *lines(): Steps<CsvLine[]> {
    const lines: CsvLine[] = []
    let cells: string[] = []
    let line = this.#line
    let from = this.#at
    while (this.#at < this.#text.length || cells.length > 0) {
      if (this.#cells % STEP === 0) yield
      cells.push(yield* this.#cell())
      this.#bound('cells', ++this.#cells)
      this.#bound('columns', cells.length)
      if (this.#text.charCodeAt(this.#at) === 0x2c) {
        this.#at++
        continue
      }
      const text = this.#text.slice(from, this.#at)
      this.#endLine()
      if (cells.some((cell) => cell.trim() !== '') && lines.push({ line, cells, text }) - 1 > this.#limits.rows)
        throw this.#malformed(`至多 ${this.#limits.rows} 行 / at most ${this.#limits.rows} rows`)
      cells = []
      line = this.#line
      from = this.#at
    }
    return lines
  }

  *#cell(): Steps<string> {
    const cell = this.#text.charCodeAt(this.#at) === 0x22 ? yield* this.#quoted() : this.#bare()
    this.#bound('cell', cell.length)
    this.#bound('text', (this.#length += cell.length))
    return cell
  }

  #bare(): string {
    const bare = /[^",\r\n]*/y
    bare.lastIndex = this.#at
    const cell = bare.exec(this.#text)?.[0] ?? ''
    this.#at += cell.length
    if (this.#text.charCodeAt(this.#at) === 0x22)
      throw this.#malformed('没有引号的格中不得有引号 / a quote in a cell that is not quoted')
    return cell
  }

  *#quoted(): Steps<string> {
    const start = this.#at + 1
    let end = start
    for (let quotes = 1; ; quotes++) {
      end = this.#text.indexOf('"', end)
      if (end === -1) throw this.#malformed('引号没有结束 / the quote has no end')
      this.#bound('cell', end - start)
      if (this.#text.charCodeAt(end + 1) !== 0x22) break
      end += 2
      if (quotes % STEP === 0) yield
    }
    const raw = this.#text.slice(start, end)
    for (let at = raw.indexOf('\n'); at !== -1; at = raw.indexOf('\n', at + 1)) {
      this.#line++
      this.#lineStart = start + at + 1
    }
    this.#at = end + 1
    if (this.#at < this.#text.length && !/[,\r\n]/.test(this.#text.charAt(this.#at)))
      throw this.#malformed('引号之后须为逗号或换行 / a comma or the line’s end follows the quote')
    return raw.replaceAll('""', '"')
  }

  #endLine(): void {
    if (this.#text.charCodeAt(this.#at) === 0x0d) this.#at++
    if (this.#text.charCodeAt(this.#at) === 0x0a) this.#at++
    this.#line++
    this.#lineStart = this.#at
  }

  #bound(what: keyof CsvLimits, is: number): void {
    if (is > this.#limits[what]) throw this.#malformed(`${what} ≤ ${this.#limits[what]}`)
  }

  #malformed(why: string): YizhanError {
    return malformed(`${this.#line}:${this.#at - this.#lineStart + 1}`, why)
  }
}

function malformed(field: string, why: string): YizhanError {
  return new YizhanError('CSV_MALFORMED', { field, detail: why })
}
