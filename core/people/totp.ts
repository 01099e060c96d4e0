import { createHmac, hash, randomBytes } from 'node:crypto'
import { sameSecret } from '../util/same-secret.ts'

/** Time-based one-time passwords (RFC 6238): SHA-1, six digits, a step of 30 s; what every app has. */

const STEP_MS = 30_000
const DIGITS = 6
/** steps that a clock may be off, either way */
const DRIFT = 1
const SECRET_BYTES = 20
const RECOVERY_CODES = 10

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** 160 random bits (RFC 4226, 4, R6), as apps take them: base32 (RFC 4648, 6) without padding. */
export function newTotpSecret(): string {
  let bits = ''
  for (const byte of randomBytes(SECRET_BYTES)) bits += byte.toString(2).padStart(8, '0')
  return bits.replace(/.{5}/g, (five) => BASE32[Number.parseInt(five, 2)] ?? '')
}

/** The code of a step, counted from 1970. @param digits six, but for the vectors of RFC 6238 */
export function totpCode(secret: string, step: number, digits = DIGITS): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const mac = createHmac('sha1', keyOf(secret)).update(counter).digest()
  // RFC 4226, 5.3: dynamic truncation.
  const offset = (mac.at(-1) ?? 0) & 0xf
  const number = mac.readUInt32BE(offset) & 0x7fff_ffff
  return String(number % 10 ** digits).padStart(digits, '0')
}

export function stepAt(now: number): number {
  return Math.floor(now / STEP_MS)
}

/**
 * The step whose code this is: that of now, or the one before or after. A step that was used, or one before it, is none
 * (RFC 6238, 5.2: no code twice).
 *
 * @param lastStep the last one that was used; -1: none
 */
export function totpStep(secret: string, code: string, now: number, lastStep: number): number | undefined {
  const current = stepAt(now)
  let found: number | undefined
  for (let step = current - DRIFT; step <= current + DRIFT; step++) {
    const matches = step >= 0 && sameSecret(code, totpCode(secret, step))
    if (matches && step > lastStep) found ??= step
  }
  return found
}

/** For apps, as a link or a QR code (Key URI Format of Google Authenticator). */
export function totpUri(secret: string, person: string, station: string): string {
  const issuer = encodeURIComponent(`Yizhan ${station}`)
  return `otpauth://totp/${issuer}:${encodeURIComponent(person)}?secret=${secret}&issuer=${issuer}&algorithm=SHA1&digits=${DIGITS}&period=${STEP_MS / 1000}`
}

/** Each good once, in place of a code: 80 random bits, so that a plain digest keeps them. */
export function newRecoveryCodes(): readonly string[] {
  return Array.from({ length: RECOVERY_CODES }, () =>
    randomBytes(10)
      .toString('hex')
      .replace(/.{5}(?=.)/g, '$&-'),
  )
}

/** As it is kept. */
export function recoveryDigest(code: string): string {
  return hash('sha256', code.toLowerCase().replaceAll(/[\s-]/g, ''), 'hex')
}

function keyOf(secret: string): Buffer {
  let bits = ''
  for (const letter of secret) bits += BASE32.indexOf(letter).toString(2).padStart(5, '0')
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
}
