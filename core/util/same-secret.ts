import { hash, timingSafeEqual } from 'node:crypto'

/** Whether two secrets are the same, in a time that tells nothing about either, its length included. */
export function sameSecret(one: string | Uint8Array, other: string | Uint8Array): boolean {
  return timingSafeEqual(hash('sha256', one, 'buffer'), hash('sha256', other, 'buffer'))
}

/** Whether it is one of these; every one is looked at, so that the time does not tell which. */
export function isOneOf(given: string, secrets: readonly string[]): boolean {
  return secrets.map((secret) => sameSecret(given, secret)).includes(true)
}
