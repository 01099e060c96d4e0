import type { IncomingMessage, ServerResponse } from 'node:http'

type Headers = Readonly<Record<string, string>>

const EVERYWHERE: Headers = { 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' }

/**
 * For answers that are no pages: no browser runs, frames or guesses anything in them. A page sets its own policy.
 * X-Frame-Options is for browsers that do not know `frame-ancestors`, and for errors of Express, which set a policy
 * without it.
 */
export const FOR_PROGRAMS: Headers = {
  ...EVERYWHERE,
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-frame-options': 'DENY',
}

/**
 * For the editor: nobody else frames it, and nothing comes from elsewhere or goes there. Node-RED writes scripts and
 * styles into its page (dialogs of nodes), and its text editor works in a thread made of a blob.
 */
export const FOR_EDITOR: Headers = {
  ...EVERYWHERE,
  'content-security-policy': [
    "default-src 'self'",
    "script-src 'self' 'unsafe-inline'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self' data:",
    "worker-src 'self' blob:",
    "object-src 'none'",
    "base-uri 'self'",
    "form-action 'self'",
    "frame-ancestors 'self'",
  ].join('; '),
  'x-frame-options': 'SAMEORIGIN',
}

/** RFC 6797: a year, of this host alone. Browsers take it for every port of the host's. */
export const STRICT_TRANSPORT: Headers = { 'strict-transport-security': 'max-age=31536000' }

/** Before an answer is written: whoever writes it may say otherwise. */
export function withHeaders(headers: Headers) {
  const listed = Object.entries(headers)
  return (_request: IncomingMessage, response: Pick<ServerResponse, 'setHeader'>): void => {
    for (const [name, value] of listed) response.setHeader(name, value)
  }
}
