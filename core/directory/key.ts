import { compact } from '../text/normal.ts'

/**
 * The form under which names are compared: full and half width, brackets, blanks and letter case do not matter, nor
 * does 人民政府 against 政府 or 管理委员会 against 管委会. Separators inside brackets are one: (市、区) is (市，区).
 */
export function keyOf(text: string): string {
  return compact(text)
    .toLowerCase()
    .replace(/[[{〔【〖「『《〈]/gu, '(')
    .replace(/[\]}〕】〗」』》〉]/gu, ')')
    .replace(/\([^()]*\)/gu, (inner) => inner.replace(/[,;/、，；]/gu, '、'))
    .replaceAll('人民政府', '政府')
    .replaceAll('管理委员会', '管委会')
}

const stops = new Set(':：。.')

/** A piece without the blanks around it, a leading label such as 主送： and trailing stops. */
function trimPiece(text: string): string {
  const piece = text
    .trim()
    .replace(/^(?:主送(?:机关)?|抄送(?:机关)?|抄报)\s*[:：]/u, '')
    .trim()
  let end = piece.length
  while (end > 0 && stops.has(piece.charAt(end - 1))) end--
  return piece.slice(0, end).trimEnd()
}

const open = new Set('(（[［{〔【〖「『《〈')
const close = new Set(')）]］}〕】〗」』》〉')
const separators = new Set(',，､、;；\n\r')

/** A piece of a line and whether 、 or a comma (not a semicolon or a new line) stands before it. */
export interface Piece {
  readonly text: string
  readonly joined: boolean
}

/** Cuts a line at ，,、；; and line breaks outside brackets; an unclosed bracket closes at the end of its line. */
export function splitLine(line: string): Piece[] {
  const pieces: Piece[] = []
  let depth = 0
  let start = 0
  let joined = false
  const cut = (end: number, separator: string): void => {
    const text = trimPiece(line.slice(start, end))
    if (text !== '') {
      pieces.push({ text, joined })
      joined = true
    }
    if (!/[,，､、]/u.test(separator)) joined = false
    start = end + 1
  }
  for (let at = 0; at < line.length; at++) {
    const character = line.charAt(at)
    if (open.has(character)) depth++
    else if (close.has(character)) depth = Math.max(0, depth - 1)
    else if (character === '\n' || character === '\r') {
      depth = 0
      cut(at, character)
    } else if (depth === 0 && separators.has(character)) cut(at, character)
  }
  cut(line.length, '')
  return pieces
}
