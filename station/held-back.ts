import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CATALOGUE } from '../core/errors/catalogue.ts'
import { plannedListeners, type PlannedListener } from '../core/config/listeners.ts'
import type { StationConfig } from '../core/config/schema.ts'
import { YizhanError } from '../core/errors/error.ts'
import { Certificates, type TlsNews } from '../core/http/certificates.ts'
import { Front } from '../core/http/front.ts'
import { systemClock } from '../core/util/clock.ts'
import { sameSecret } from '../core/util/same-secret.ts'
import { spaceToStart } from './disk-space.ts'
import { frontOptions, schemeOf } from './http/server.ts'
import { localUrl } from './station-file.ts'

/** A station that must not go on until a person decides, or until there is room. */
export class HeldBack extends Error {
  readonly reason: YizhanError
  readonly station: Pick<StationConfig, 'http' | 'listeners' | 'editor'>
  readonly adminToken: string
  /** whether it may be started by now; absent: a person starts it */
  readonly over: (() => Promise<boolean>) | undefined

  constructor(reason: YizhanError, station: HeldBack['station'], adminToken: string, over?: () => Promise<boolean>) {
    super(reason.message, { cause: reason })
    this.reason = reason
    this.station = station
    this.adminToken = adminToken
    this.over = over
  }
}

/** @throws HeldBack where the disk is too full to start; it goes on by itself once there is room */
export async function roomToStart(data: string, station: StationConfig, adminToken: string): Promise<void> {
  const enough = (): Promise<void> => spaceToStart(data, station.limits)
  const now = (): Promise<boolean> =>
    enough().then(
      () => true,
      () => false,
    )
  try {
    await enough()
  } catch (thrown) {
    if (!(thrown instanceof YizhanError) || thrown.code !== 'DISK_FULL') throw thrown
    throw new HeldBack(thrown, station, adminToken, now)
  }
}

/** Where a station stands by. */
interface Standing {
  /** where the command line reaches it */
  readonly near: string
  readonly certificate: string | undefined
  close(): Promise<void>
}

/**
 * Stays and takes nothing: everything is refused for now, at each listener, so that callers keep what they have. Why,
 * the bearer of the operators' token is told under `/admin`.
 */
export async function standBy(held: HeldBack): Promise<Standing> {
  const open: Standing[] = []
  try {
    for (const planned of plannedListeners(held.station)) open.push(await standAt(planned, held))
  } catch (error) {
    await Promise.all(open.map((one) => one.close()))
    throw error
  }
  const at = plannedListeners(held.station).findIndex(({ serves }) => serves.includes('operators'))
  const { near, certificate } = open[at] as Standing
  return {
    near,
    certificate,
    async close() {
      await Promise.all(open.map((one) => one.close()))
    },
  }
}

async function standAt(planned: PlannedListener, { reason, adminToken }: HeldBack): Promise<Standing> {
  const { name, config, serves, hosts, strict } = planned
  const answer = ({ url = '', headers }: IncomingMessage): readonly [status: number, body: object] => {
    if (url === '/healthz') return [200, { status: 'up' }]
    if (!serves.includes('operators') || !url.startsWith('/admin/')) return [503, { ready: false }]
    return sameSecret(headers.authorization ?? '', `Bearer ${adminToken}`)
      ? [503, told(reason)]
      : [401, told(new YizhanError('UNAUTHENTICATED', { field: 'Authorization' }))]
  }
  const { tls, proxies } = config
  const certificates =
    tls === undefined
      ? undefined
      : await Certificates.open({ name: `${name}.tls`, config: tls, clock: systemClock, tell })
  const options = frontOptions({ proxies, certificates, hosts, strict })
  const { listener, server } = new Front(options, (request, response) => {
    const [status, body] = answer(request)
    response.writeHead(status, { 'content-type': 'application/json', 'retry-after': '60' }).end(JSON.stringify(body))
  })
  await new Promise<void>((resolve, reject) => {
    listener.once('error', reject)
    listener.listen(config.port, config.host, resolve)
  })
  return {
    near: localUrl(config.host, (listener.address() as AddressInfo).port, schemeOf(config)),
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
