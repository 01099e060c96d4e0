import { createHash } from 'node:crypto'
import { YizhanError } from '../../../core/errors/error.ts'
import { decodeBase64 } from '../../../core/mapping/xml/base64.ts'
import { childOf, childrenOf, textOf, type XmlElement } from '../../../core/mapping/xml/element.ts'
import { sameSecret } from '../../../core/util/same-secret.ts'

export { NonceCache } from './nonce-cache.ts'

/** WS-Security 1.0 (OASIS 200401). */
export const securityNamespace = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd'
const utilityNamespace = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd'
const profile = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0'

/** A UsernameToken (UsernameToken Profile 1.0). */
export interface UsernameToken {
  readonly username: string
  readonly type: 'PasswordText' | 'PasswordDigest'
  /** The password itself, with PasswordText. Never to be logged. */
  readonly password?: string
  /** Base64 of SHA-1(nonce + created + password), with PasswordDigest. */
  readonly digest?: string
  /** Base64 in its one canonical form, so that a replayed nonce cannot come in another spelling. */
  readonly nonce?: string
  /** xsd:dateTime, as it was sent: it goes into the digest. */
  readonly created?: string
}

/**
 * The UsernameToken among the header blocks, or undefined where there is none.
 *
 * @throws YizhanError SOAP_SECURITY when there is one that cannot be used
 */
export function readUsernameToken(headers: readonly XmlElement[]): UsernameToken | undefined {
  const tokens = headers
    .filter((block) => block.local === 'Security' && block.uri === securityNamespace)
    .flatMap((block) => childrenOf(block, 'UsernameToken', securityNamespace))
  const [token, second] = tokens
  if (token === undefined) return undefined
  if (second !== undefined) throw unusable('Security/UsernameToken', '= 1')
  const username = text(token, 'Username', securityNamespace)
  if (username === undefined || username === '') throw unusable('UsernameToken/Username', 'required')
  const password = childOf(token, 'Password', securityNamespace)
  if (password === undefined) throw unusable('UsernameToken/Password', 'required')
  const nonce = nonceOf(token)
  const created = text(token, 'Created', utilityNamespace)
  const extras = { ...(nonce === undefined ? {} : { nonce }), ...(created === undefined ? {} : { created }) }
  const type = password.attributes.get('Type') ?? `${profile}#PasswordText`
  if (type.endsWith('#PasswordText')) return { username, type: 'PasswordText', password: textOf(password), ...extras }
  if (!type.endsWith('#PasswordDigest'))
    throw unusable('UsernameToken/Password/@Type', '#PasswordText | #PasswordDigest')
  // The profile has both optional; without them a digest could be replayed for ever.
  if (nonce === undefined || created === undefined) throw unusable('UsernameToken', 'PasswordDigest: Nonce, Created')
  return { username, type: 'PasswordDigest', digest: textOf(password).trim(), ...extras }
}

/** Whether a password stands in these header blocks as it is: in any token, whether that can be used or not. */
export function carriesPassword(headers: readonly XmlElement[]): boolean {
  return headers.some(
    (element) =>
      (element.local === 'Password' && element.attributes.get('Type')?.endsWith('#PasswordDigest') !== true) ||
      carriesPassword(element.children),
  )
}

function nonceOf(token: XmlElement): string | undefined {
  const nonce = text(token, 'Nonce', securityNamespace)
  if (nonce === undefined) return undefined
  try {
    return decodeBase64(nonce).toString('base64')
  } catch (cause) {
    throw new YizhanError('SOAP_SECURITY', { field: 'UsernameToken/Nonce', rule: 'base64' }, { cause })
  }
}

function text(parent: XmlElement, local: string, uri: string): string | undefined {
  const child = childOf(parent, local, uri)
  return child === undefined ? undefined : textOf(child).trim()
}

function unusable(field: string, rule: string): YizhanError {
  return new YizhanError('SOAP_SECURITY', { field, rule })
}

/** Whether the token proves knowledge of the secret; in constant time for tokens of either type. */
export function verifyDigest(token: UsernameToken, secret: string): boolean {
  if (token.type === 'PasswordText') return sameSecret(token.password ?? '', secret)
  if (token.digest === undefined || token.nonce === undefined || token.created === undefined) return false
  return sameSecret(token.digest, digestOf(Buffer.from(token.nonce, 'base64'), token.created, secret))
}

function digestOf(nonce: Buffer, created: string, secret: string): string {
  return createHash('sha1').update(nonce).update(created, 'utf8').update(secret, 'utf8').digest('base64')
}

/**
 * Whether the token was created within `window` of `now`, before or after it (clocks differ). A time without zone is
 * taken as UTC, as the profile demands. A PasswordText token without time is fresh: there is nothing to judge.
 *
 * @param window in ms; default 5 minutes
 */
export function isFresh(token: UsernameToken, now: Date, window: number = 5 * 60_000): boolean {
  if (token.created === undefined) return token.type === 'PasswordText'
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?)(Z|[+-]\d\d:\d\d)?$/.exec(token.created)
  if (match === null) return false
  // Date takes milliseconds; xsd:dateTime may have more digits.
  const created = Date.parse((match[1] ?? '').slice(0, 23) + (match[2] ?? 'Z'))
  return Math.abs(now.getTime() - created) <= window
}
