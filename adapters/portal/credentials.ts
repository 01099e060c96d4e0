import { YizhanError } from '../../core/errors/error.ts'
import type { Credentials } from './port.ts'

/** Both ways in (RFC 7235, 4.1); an ordinary client picks the first that it knows. */
export const CHALLENGE = 'Basic realm="yizhan-portal", charset="UTF-8", Bearer realm="yizhan-portal"'

/** Longer than any password that somebody chose; a header of this size is still cheap to compare. */
const LONGEST = 2048

/** What an Authorization header says; UNAUTHENTICATED where it says nothing usable. Never quotes it. */
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
