import type { ServerResponse } from 'node:http'

type Headers = Pick<ServerResponse, 'setHeader'>

/** For answers that are no pages: no browser runs, frames or guesses anything in them. A page sets its own policy. */
export function forPrograms(_request: unknown, response: Headers, next: () => void): void {
  response.setHeader('content-security-policy', "default-src 'none'; frame-ancestors 'none'")
  withoutGuessing(response)
  next()
}

/** For the editor, whose scripts are its own matter: nobody else frames it. */
export function forEditor(_request: unknown, response: Headers, next: () => void): void {
  response.setHeader('content-security-policy', "frame-ancestors 'self'")
  withoutGuessing(response)
  next()
}

function withoutGuessing(response: Headers): void {
  response.setHeader('x-content-type-options', 'nosniff')
  response.setHeader('referrer-policy', 'no-referrer')
}
