import { columns, padEnd, padStart } from '../../core/util/columns.ts'
import { shanghaiTime } from '../../core/util/shanghai.ts'

/** How answers are shown for eyes. No colour, and nothing that a terminal would take for a command. */

const HIDDEN = /[^\P{Cc}\n\t]|[\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu

/** Foreign text as it is: control and bidirectional characters are written out. */
export function visible(text: string): string {
  return text.replace(HIDDEN, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** In the city's time, as all that people read. */
export function when(at: number | string): string {
  return shanghaiTime(typeof at === 'number' ? at : Date.parse(at))
}

/** Columns under their heads, numbers to the right; Chinese characters count as two. */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string[] {
  const all = [head, ...rows].map((row) => row.map((cell) => visible(String(cell).replace(/\s+/gu, ' '))))
  const widths = head.map((_, column) => Math.max(...all.map((row) => columns(row[column] ?? ''))))
  const isNumber = head.map((_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === 'number'))
  return all.map((row) =>
    row
      .map((cell, column) => (isNumber[column] === true ? padStart : padEnd)(cell, widths[column]))
      .join('  ')
      .trimEnd(),
  )
}
