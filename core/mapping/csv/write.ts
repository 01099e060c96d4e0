/** What begins a formula for spreadsheets, full-width as well; and what they pass over before it. */
const FORMULA = /^[\p{Cc}\p{Z}]*[=+\-@＝＋－＠]/u

/**
 * A line of a CSV (RFC 4180), with its end. What a spreadsheet would run is only shown by it: an apostrophe stands
 * before it.
 */
export function csvLine(cells: readonly string[]): string {
  return `${cells.map(cellOf).join(',')}\r\n`
}

function cellOf(text: string): string {
  const shown = FORMULA.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(shown) ? `"${shown.replaceAll('"', '""')}"` : shown
}
