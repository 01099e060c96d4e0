/** Columns on a terminal: CJK and full-width characters take two, combining ones none. */
export function columns(text: string): number {
  let total = 0
  for (const character of text) total += NONE.test(character) ? 0 : TWO.test(character) ? 2 : 1
  return total
}

const TWO =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3ffff}]/u
const NONE = /[\p{Mn}\p{Me}\p{Cf}]/u

export function padEnd(text: string, to = 0): string {
  return text + ' '.repeat(Math.max(0, to - columns(text)))
}

export function padStart(text: string, to = 0): string {
  return ' '.repeat(Math.max(0, to - columns(text))) + text
}
