import { readFileSync } from 'node:fs'

/** A row of units.tsv, as far as counting needs it. */
export interface CountedUnit {
  readonly id: string
  readonly name: string
  readonly groups: readonly string[]
  readonly system: string
  readonly aliases: readonly string[]
  readonly codes: readonly string[]
}

/**
 * Reads units.tsv: a header line names the columns, `#` starts a comment, lists are separated by commas or semicolons.
 */
export function readUnits(path: string): CountedUnit[] {
  const lines = readFileSync(path, 'utf8')
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
  const header = (lines[0] ?? '').split('\t').map((name) => name.trim())
  const column = (cells: readonly string[], name: string): string => cells[header.indexOf(name)]?.trim() ?? ''
  const list = (text: string): string[] =>
    text
      .split(/[,;，；|]/)
      .map((piece) => piece.trim())
      .filter((piece) => piece !== '')
  return lines.slice(1).map((line) => {
    const cells = line.split('\t')
    return {
      id: column(cells, 'id'),
      name: column(cells, 'name'),
      system: column(cells, 'system'),
      groups: list(column(cells, 'groups')),
      aliases: list(column(cells, 'aliases')),
      codes: list(column(cells, 'codes')),
    }
  })
}
