import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CATALOGUE } from '../core/errors/catalogue.ts'
import type { StationConfig } from '../core/config/schema.ts'
import { YizhanError } from '../core/errors/error.ts'
import { Certificates, type TlsNews } from '../core/http/certificates.ts'
import { Front } from '../core/http/front.ts'
import { systemClock } from '../core/util/clock.ts'
import { sameSecret } from '../core/util/same-secret.ts'
import { spaceToStart } from './disk-space.ts'
import { isOwn } from './http/server.ts'

/** A station that must not go on until a person decides, or until there is room. */
export class HeldBack extends Error {
  readonly reason: YizhanError
  readonly http: StationConfig['http']
  readonly adminToken: string
  /** whether it may be started by now; absent: a person starts it */
  readonly over: (() => Promise<boolean>) | undefined

  constructor(reason: YizhanError, http: HeldBack['http'], adminToken: string, over?: () => Promise<boolean>) {
    super(reason.message, { cause: reason })
    this.reason = reason
    this.http = http
    this.adminToken = adminToken
    this.over = over
  }
}

/** @throws HeldBack where the disk is too full to start; it goes on by itself once there is room */
export async function roomToStart(data: string, { http, limits }: StationConfig, adminToken: string): Promise<void> {
  const enough = (): Promise<void> => spaceToStart(data, limits)
  const now = (): Promise<boolean> =>
    enough().then(
      () => true,
      () => false,
    )
  try {
    await enough()
  } catch (thrown) {
    if (!(thrown instanceof YizhanError) || thrown.code !== 'DISK_FULL') throw thrown
    throw new HeldBack(thrown, http, adminToken, now)
  }
}

/**
 * Stays and takes nothing: everything is refused for now, so that callers keep what they have. Why, the bearer of the
 * operators' token is told under `/admin`.
 */
export async function standBy({
  reason,
  http,
  adminToken,
}: HeldBack): Promise<{ readonly port: number; readonly certificate: string | undefined; close(): Promise<void> }> {
  const answer = ({ url = '', headers }: IncomingMessage): readonly [status: number, body: object] => {
    if (url === '/healthz') return [200, { status: 'up' }]
    if (!url.startsWith('/admin/')) return [503, { ready: false }]
    return sameSecret(headers.authorization ?? '', `Bearer ${adminToken}`)
      ? [503, told(reason)]
      : [401, told(new YizhanError('UNAUTHENTICATED', { field: 'Authorization' }))]
  }
  const certificates =
    http.tls === undefined
      ? undefined
      : await Certificates.open({ name: 'http.tls', config: http.tls, clock: systemClock, tell })
  const { listener, server } = new Front({ proxies: http.proxies, certificates, isOwn }, (request, response) => {
    const [status, body] = answer(request)
    response.writeHead(status, { 'content-type': 'application/json', 'retry-after': '60' }).end(JSON.stringify(body))
  })
  await new Promise<void>((resolve, reject) => {
    listener.once('error', reject)
    listener.listen(http.port, http.host, resolve)
  })
  return {
    port: (listener.address() as AddressInfo).port,
    certificate: certificates?.pem,
    close: () =>
      new Promise((resolve) => {
        certificates?.close()
        listener.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** There is no log yet: whoever started it reads this. */
function tell(code: TlsNews, detail: string): void {
  process.stderr.write(`${code}: ${detail}\n`)
}

/** What an operator reads: what is wrong, and the way out. */
export function reasonText({ message, code }: YizhanError): string {
  const { zh, en } = CATALOGUE[code].remedy
  return `${message}\n→ ${zh} / ${en}`
}

/** As the operators' interface tells an error. */
function told(error: YizhanError): object {
  return { error: { ...error.toJSON(), remedy: CATALOGUE[error.code].remedy } }
}
