import { InvalidArgumentError } from 'commander'

/** What options and arguments must be; commander says which one is not. */

export function stationName(text: string): string {
  if (/^[a-z][a-z0-9]{0,15}$/u.test(text)) return text
  throw new InvalidArgumentError(
    '小写字母开头，小写字母与数字，至多 16 位 / lower-case letters and digits, a letter first, at most 16',
  )
}

export function portNumber(text: string): number {
  const port = Number(text)
  if (/^\d{1,5}$/u.test(text) && port <= 65_535) return port
  throw new InvalidArgumentError('0 至 65535 / 0 to 65535')
}

export function loginName(text: string): string {
  if (/^[a-z][a-z0-9._-]{0,31}$/u.test(text)) return text
  throw new InvalidArgumentError(
    '小写字母开头，小写字母、数字与 . _ - / a small letter first, then small letters, digits and . _ -',
  )
}
