import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CATALOGUE } from '../core/errors/catalogue.ts'
import type { YizhanError } from '../core/errors/error.ts'
import { sameSecret } from '../core/util/same-secret.ts'

/** A station that must not go on until a person decides. */
export class HeldBack extends Error {
  readonly reason: YizhanError
  readonly http: { readonly host: string; readonly port: number }
  readonly adminToken: string

  constructor(reason: YizhanError, http: HeldBack['http'], adminToken: string) {
    super(reason.message, { cause: reason })
    this.reason = reason
    this.http = http
    this.adminToken = adminToken
  }
}

/**
 * Stays and takes nothing: everything is refused for now, so that callers keep what they have. Why, `/admin/health` tells
 * the bearer of the operators' token.
 */
export async function standBy({
  reason,
  http,
  adminToken,
}: HeldBack): Promise<{ readonly port: number; close(): Promise<void> }> {
  const { code } = reason
  const server = createServer((request, response) => {
    const alive = request.url === '/healthz'
    const operator = sameSecret(request.headers.authorization ?? '', `Bearer ${adminToken}`)
    const told = request.url === '/admin/health' && operator ? { waitingFor: [`${code} ${reasonText(reason)}`] } : {}
    const body = alive ? { status: 'up' } : { ready: false, ...told }
    response
      .writeHead(alive ? 200 : 503, { 'content-type': 'application/json', 'retry-after': '60' })
      .end(JSON.stringify(body))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(http.port, http.host, resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** What an operator reads: what is wrong, and the way out. */
export function reasonText({ message, code }: YizhanError): string {
  const { zh, en } = CATALOGUE[code].remedy
  return `${message}\n→ ${zh} / ${en}`
}
