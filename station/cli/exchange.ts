import { request as plain } from 'node:http'
import { request as secure } from 'node:https'
import { X509Certificate } from 'node:crypto'
import type { SecureContextOptions, PeerCertificate } from 'node:tls'
import { asError, YizhanError } from '../../core/errors/error.ts'

/** A station that takes a connection and then says nothing is given up, in milliseconds. */
const SILENCE_MS = 60_000

/** One request to the station; it follows no redirection, since the token is for the station only. */
export function callStation(
  url: URL,
  options: {
    readonly method: string
    /** the header of that name and others; none: nobody is logged in */
    readonly headers: Readonly<Record<string, string>>
    /** PEM of the station's; absent: it is known by its name and an authority of the system's */
    readonly certificate: string | undefined
    readonly body: object | undefined
    /** what takes as long as the ledger is large */
    readonly patient: boolean
  },
): Promise<{ readonly status: number; readonly text: string }> {
  const { method, headers, patient } = options
  const body = options.body === undefined ? undefined : Buffer.from(JSON.stringify(options.body))
  return new Promise((resolve, reject) => {
    const fail = (thrown: unknown): void => {
      const { message, code } = asError(thrown) as NodeJS.ErrnoException
      reject(
        new YizhanError(
          'STATION_UNREACHABLE',
          { field: url.origin, detail: message || (code ?? '') },
          { cause: thrown },
        ),
      )
    }
    const request = (url.protocol === 'https:' ? secure : plain)(
      url,
      {
        method,
        ...(options.certificate === undefined ? {} : pinned(options.certificate)),
        timeout: patient ? 0 : SILENCE_MS,
        headers: {
          ...headers,
          ...(body === undefined ? {} : { 'content-type': 'application/json', 'content-length': body.length }),
        },
      },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', fail)
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
        )
      },
    )
    request.on('error', fail)
    request.on('timeout', () => request.destroy(new Error(`${SILENCE_MS / 1000} 秒没有应答 / no answer`)))
    request.end(body)
  })
}

/** That certificate and no other, whatever names it has: the address is the machine's own. */
function pinned(pem: string): object {
  const { fingerprint256 } = new X509Certificate(pem)
  return {
    ca: pem,
    allowPartialTrustChain: true,
    checkServerIdentity: (_host: string, shown: PeerCertificate) =>
      shown.fingerprint256 === fingerprint256
        ? undefined
        : new Error(`证书不是 station.json 所记的 / another certificate than that of station.json`),
  } satisfies SecureContextOptions & { checkServerIdentity: unknown }
}
