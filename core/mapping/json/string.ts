import type { Steps } from '../../util/turns.ts'

/** So many bytes are decoded in one step. */
const PIECE = 64 * 1024
const BACKSLASH = 0x5c

/**
 * What stands between the quotes of a JSON string (RFC 8259, 7), its escapes resolved; undefined where that is no
 * string, or holds half a surrogate pair. The bytes are valid UTF-8.
 */
export function* stringSteps(bytes: Buffer, start: number, end: number): Steps<string | undefined> {
  const pieces: string[] = []
  for (let from = start; from < end;) {
    const to = end - from <= PIECE ? end : cutBefore(bytes, from, from + PIECE)
    const piece = unescaped(bytes.toString('utf8', from, to))
    if (piece === undefined) return undefined
    pieces.push(piece)
    from = to
    if (from < end) yield
  }
  const text = pieces.length === 1 ? (pieces[0] as string) : pieces.join('')
  return text.isWellFormed() ? text : undefined
}

/** The last place up to `at` that is inside of no character and no escape; `from` is such a place. */
function cutBefore(bytes: Buffer, from: number, at: number): number {
  let cut = at
  while (((bytes[cut] ?? 0) & 0xc0) === 0x80) cut--
  // An escape has six bytes at most: \uXXXX.
  for (let back = cut - 1; back > cut - 6; back--) {
    if (bytes[back] !== BACKSLASH) continue
    let first = back
    while (first > from && bytes[first - 1] === BACKSLASH) first--
    // Of a run of backslashes, the first begins an escape, the third, and so on.
    const begins = (back - first) % 2 === 0 ? back : back - 1
    const length = bytes[begins + 1] === 0x75 ? 6 : 2
    return begins + length > cut ? begins : cut
  }
  return cut
}

function unescaped(raw: string): string | undefined {
  // eslint-disable-next-line no-control-regex
  if (!/[\\\u0000-\u001f]/.test(raw)) return raw
  try {
    return JSON.parse(`"${raw}"`) as string
  } catch {
    // It says no more than that, and would quote what it stumbled on.
    return undefined
  }
}
