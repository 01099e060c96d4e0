import { YizhanError } from '../../../core/errors/error.ts'

/** What an Authorization header says of the caller. */
export type Credentials =
  | { readonly scheme: 'basic'; readonly name: string; readonly password: string }
  | { readonly scheme: 'bearer'; readonly token: string }

/** Longer than any password that somebody chose; a header of this size is still cheap to compare. */
const LONGEST = 2048

/** Both ways in for the WWW-Authenticate header (RFC 7235, 4.1); an ordinary client picks the first that it knows. */
export function challenge(realm: string): string {
  return `Basic realm="${realm}", charset="UTF-8", Bearer realm="${realm}"`
}

/**
 * What an Authorization header says (RFC 7617, RFC 6750); UNAUTHENTICATED where it says nothing usable. Never quotes
 * it.
 */
export function readCredentials(header: string | undefined): Credentials {
  if (header === undefined) throw new YizhanError('UNAUTHENTICATED', { field: 'Authorization', rule: 'Basic、Bearer' })
  const [, scheme = '', token = ''] = /^(\w+) +([A-Za-z0-9\-._~+/]+=*) *$/.exec(header.slice(0, LONGEST + 1)) ?? []
  if (header.length <= LONGEST && scheme.toLowerCase() === 'bearer') return { scheme: 'bearer', token }
  const text = Buffer.from(token, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  if (header.length > LONGEST || scheme.toLowerCase() !== 'basic' || colon === -1)
    throw new YizhanError('UNAUTHENTICATED', { field: 'Authorization', rule: 'Basic (account:password)、Bearer' })
  return { scheme: 'basic', name: text.slice(0, colon), password: text.slice(colon + 1) }
}
