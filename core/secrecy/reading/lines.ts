import { MOST_CHARACTERS } from './port.ts'

/** A piece of text and where it stands on its page; y grows downward. */
export interface Placed {
  readonly x: number
  readonly y: number
  readonly text: string
}

/** Pieces that stand this near are on one line; in millimetres or points, both are much less than a line. */
const NEAR = 2.5
const MOST_PIECES = 20_000

/** The lines of a page from top to bottom, each from left to right. */
export function linesOf(pieces: readonly Placed[]): string {
  const rows: { y: number; pieces: Placed[] }[] = []
  const sorted = pieces
    .slice(0, MOST_PIECES)
    .filter(({ x, y }) => Number.isFinite(x) && Number.isFinite(y))
    .sort((a, b) => a.y - b.y)
  for (const piece of sorted) {
    const row = rows.at(-1)
    if (row !== undefined && piece.y - row.y <= NEAR) row.pieces.push(piece)
    else rows.push({ y: piece.y, pieces: [piece] })
  }
  return rows
    .map(({ pieces: row }) =>
      row
        .sort((a, b) => a.x - b.x)
        .map(({ text }) => text)
        .join(''),
    )
    .join('\n')
    .slice(0, MOST_CHARACTERS)
}
