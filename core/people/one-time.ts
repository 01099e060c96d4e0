import { randomInt } from 'node:crypto'

/** Read from a screen and typed by somebody else: none that look alike. */
const LETTERS = 'abcdefghjkmnpqrstuvwxyz23456789'

/** A password to log in with once and change, nearly 100 random bits. */
export function oneTimePassword(): string {
  const group = (): string => Array.from({ length: 5 }, () => LETTERS[randomInt(LETTERS.length)] ?? '').join('')
  return Array.from({ length: 4 }, group).join('-')
}
