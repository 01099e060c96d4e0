import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import type { Problems } from './problems.ts'
import { unitSchema, type UnitConfig } from './schema.ts'
import { inTurns, type Steps } from '../util/turns.ts'
import { checked, pathText } from './yaml.ts'

const required = ['id', 'name', 'groups', 'system'] as const
const columns: ReadonlySet<string> = new Set([...required, 'aliases', 'codes', 'spoken', 'from', 'to'])
const lists: ReadonlySet<string> = new Set(['aliases', 'groups', 'codes', 'spoken'])

/** No city has as many that exchange documents; the directory in memory is made of them at once. */
const MOST_ROWS = 5_000
/** Rows of one step of reading. */
const STEP = 32

/** A row of units.tsv and the line it stands on. */
export interface UnitRow {
  readonly unit: UnitConfig
  /** `units.tsv:12` */
  readonly place: string
}

/**
 * Reads units.tsv in turns: UTF-8, a header line, tabs between cells, `;` inside list cells, `#` starts a comment line;
 * at most 5,000 rows.
 */
export async function readUnits(path: string, problems: Problems): Promise<UnitRow[]> {
  const name = basename(path)
  try {
    return await inTurns(parseUnits(name, await readFile(path, 'utf8'), problems))
  } catch (error) {
    problems.add(name, path, `文件必须存在且可读 / the file must exist and be readable: ${(error as Error).message}`)
    return []
  }
}

/** Parses the text of a units table, noting every broken rule with its line. */
function* parseUnits(name: string, text: string, problems: Problems): Steps<UnitRow[]> {
  const rows: UnitRow[] = []
  let count = 0
  let header: readonly string[] | undefined
  for (const [at, line] of text.replace(/^﻿/u, '').split(/\r?\n/u).entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue
    const place = `${name}:${at + 1}`
    const cells = line.split('\t').map((cell) => cell.trim())
    if (header === undefined) {
      header = cells
      checkHeader(header, place, problems)
      continue
    }
    if (++count > MOST_ROWS) {
      problems.add(place, undefined, `至多 ${MOST_ROWS} 行单位 / at most ${MOST_ROWS} rows of units`)
      break
    }
    if (count % STEP === 0) yield
    if (cells.length > header.length)
      problems.add(
        place,
        line,
        `至多 ${header.length} 列，以制表符分隔 / at most ${header.length} cells, separated by tabs`,
      )
    const unit = checked(unitSchema, record(header, cells), problems, (keys) => `${place} ${pathText(keys)}`)
    if (unit !== undefined) rows.push({ unit, place })
  }
  if (header === undefined) problems.add(name, undefined, '缺少表头行 / a header line is required')
  return rows
}

function checkHeader(header: readonly string[], place: string, problems: Problems): void {
  for (const column of header)
    if (!columns.has(column)) problems.add(place, column, `列名只能是 / columns: ${[...columns].join(', ')}`)
  const twice = header.find((column, at) => header.indexOf(column) !== at)
  if (twice !== undefined) problems.add(place, twice, '列名只能出现一次 / each column once')
  for (const column of required)
    if (!header.includes(column)) problems.add(place, header.join(' '), `缺少列 / missing column: ${column}`)
}

function record(header: readonly string[], cells: readonly string[]): Record<string, unknown> {
  const row: Record<string, unknown> = { aliases: [], codes: [] }
  for (const [at, column] of header.entries()) {
    const cell = cells[at] ?? ''
    if (lists.has(column))
      row[column] = cell
        .split(/[;；]/u)
        .map((item) => item.trim())
        .filter((item) => item !== '')
    else if (columns.has(column) && cell !== '') row[column] = cell
  }
  return row
}
