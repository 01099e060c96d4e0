import { createHmac } from 'node:crypto'
import { compact } from '../../core/text/normal.ts'

/**
 * Digits and letters without those that are mistaken for one another (0 O, 1 I L). 31 is prime, which the check needs.
 */
const ALPHABET = '23456789ABCDEFGHJKMNPQRSTUVWXYZ'
const BASE = ALPHABET.length
/** 31^15 is about 2^74: nobody guesses one at the rates that we allow. */
const PAYLOAD = 15
export const QUERY_CODE_LENGTH = PAYLOAD + 1
/** Bytes from here on would make some characters likelier than others. */
const EVEN = 256 - (256 % BASE)

/** A well-formed code that is given to nobody: looking it up costs what looking up any other costs. */
export const NOBODYS_CODE = withCheck(ALPHABET.charAt(0).repeat(PAYLOAD))

/**
 * The query code of an id: HMAC-SHA-256 (RFC 2104) under a secret, so that the same submission gets the same code again
 * and nobody without the secret can compute it.
 */
export function queryCodeOf(id: string, secret: string): string {
  let block = 0
  return withCheck(
    payloadFrom(() => createHmac('sha256', secret).update(`yizhan.query-code\n${block++}\n${id}`).digest()),
  )
}

/**
 * A code as somebody typed it (lower case, blanks, hyphens, full-width forms), in its one form; undefined where it
 * cannot be one. Every single wrong character and every exchange of two characters is found out.
 */
export function parseQueryCode(typed: string): string | undefined {
  if (typed.length > 64) return undefined
  const code = compact(typed)
    .toUpperCase()
    .replace(/[\p{Pd}\u2212]/gu, '')
  if (code.length !== QUERY_CODE_LENGTH) return undefined
  if (!Array.from(code).every((character) => ALPHABET.includes(character))) return undefined
  return withCheck(code.slice(0, PAYLOAD)) === code ? code : undefined
}

/** In groups of four, for people: `ABCD-EFGH-JKMN-PQRS`. */
export function showQueryCode(code: string): string {
  return code.replace(/(.{4})(?=.)/g, '$1-')
}

function payloadFrom(more: () => Buffer): string {
  let payload = ''
  while (payload.length < PAYLOAD) {
    for (const byte of more()) {
      if (byte < EVEN && payload.length < PAYLOAD) payload += ALPHABET.charAt(byte % BASE)
    }
  }
  return payload
}

/**
 * Appends the check digit: powers of 3, a primitive root of 31, are the weights (as in GB 32100), all different, so
 * that the weighted sum is 0 modulo 31 for no code with one wrong character or two exchanged ones.
 */
function withCheck(payload: string): string {
  let weight = 1
  let sum = 0
  for (const character of payload) {
    weight = (weight * 3) % BASE
    sum += ALPHABET.indexOf(character) * weight
  }
  return payload + ALPHABET.charAt((BASE - (sum % BASE)) % BASE)
}
