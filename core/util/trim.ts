/**
 * Cutting given characters off the ends of a text, in time that grows with what is cut: the patterns that one would
 * write for it (`/[,;]+$/`) take a time that grows with the square of the text's length.
 */

/** Without the characters of `set` at its end. */
export function trimEndOf(text: string, set: string): string {
  let end = text.length
  while (end > 0 && set.includes(text.charAt(end - 1))) end--
  return text.slice(0, end)
}

/** Without the characters of `set` at both ends. */
export function trimOf(text: string, set: string): string {
  let start = 0
  while (start < text.length && set.includes(text.charAt(start))) start++
  return trimEndOf(text.slice(start), set)
}
