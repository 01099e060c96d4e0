import { readFile } from 'node:fs/promises'
import { CsvError, parse } from 'csv-parse/sync'
import iconv from 'iconv-lite'
import { asError, YizhanError } from '../../core/errors/error.ts'

/** A file with more rows is none of units or accounts. */
const MOST_ROWS = 10_000

/**
 * The rows of a CSV file (RFC 4180), as spreadsheets save it: UTF-8 with or without a byte order mark, else GB 18030.
 *
 * @param columns column → what may also stand in the header for it, such as its Chinese name
 * @param required columns that must be there
 * @throws YizhanError FIELD_INVALID, which names the file and the row
 */
export async function readCsv<Column extends string>(
  path: string,
  columns: Readonly<Record<Column, string>>,
  required: readonly Column[],
): Promise<readonly Readonly<Partial<Record<Column, string>>>[]> {
  const wrong = (value: string, rule: string, cause?: unknown): YizhanError =>
    new YizhanError('FIELD_INVALID', { field: path, value, rule }, { cause })
  let rows: readonly Record<string, string>[]
  try {
    const bytes = await readFile(path)
    rows = parse(textOf(bytes), {
      columns: (header: string[]) => header.map((name) => columnOf(name.trim(), columns) ?? name.trim()),
      skip_empty_lines: true,
      trim: true,
      to: MOST_ROWS + 1,
    })
  } catch (error) {
    throw wrong(
      error instanceof CsvError ? `第 ${String(error['lines'])} 行 line ${String(error['lines'])}` : '',
      `CSV，首行为表头 / CSV with a header line: ${asError(error).message}`,
      error,
    )
  }
  const [first] = rows
  if (first === undefined) throw wrong('', '至少一行数据 / at least one row')
  if (rows.length > MOST_ROWS) throw wrong(String(rows.length), `至多 ${MOST_ROWS} 行 / at most ${MOST_ROWS} rows`)
  const known = Object.entries<string>(columns).map(([column, name]) => `${column}（${name}）`)
  for (const name of Object.keys(first))
    if (!(name in columns)) throw wrong(name, `列名只能是 / columns: ${known.join(', ')}`)
  for (const column of required)
    if (!(column in first)) throw wrong(column, `缺少列 / missing column: ${column}（${columns[column]}）`)
  return rows as readonly Readonly<Partial<Record<Column, string>>>[]
}

function columnOf(name: string, columns: Readonly<Record<string, string>>): string | undefined {
  return Object.entries(columns).find(([column, other]) => name === column || name === other)?.[0]
}

function textOf(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    // What Excel saves on a Chinese Windows.
    return iconv.decode(bytes, 'gb18030')
  }
}
