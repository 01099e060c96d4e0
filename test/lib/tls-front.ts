import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { createServer } from 'node:tls'
import { onTestFinished } from 'vitest'
import type { Signed } from './authority.ts'

/** Ends TLS before a plain server on this machine, until the test is over. */
export interface TlsFront {
  readonly port: number
  /** names of the client certificates of its connections; '' for none */
  readonly clients: readonly string[]
  /** bytes that came in over TLS */
  readonly bytes: () => number
  /** connections that are open end */
  hangUp(): void
}

/** @param caFile authority of client certificates, which are then required */
export async function tlsFront(target: number, { certFile, keyFile }: Signed, caFile?: string): Promise<TlsFront> {
  const sockets = new Set<Socket>()
  const clients: string[] = []
  let bytes = 0
  const own = { cert: readFileSync(certFile), key: readFileSync(keyFile) }
  const asked = caFile === undefined ? {} : { ca: readFileSync(caFile), requestCert: true, rejectUnauthorized: true }
  const server = createServer({ ...own, ...asked, minVersion: 'TLSv1.2' }, (client) => {
    clients.push(client.getPeerX509Certificate()?.subject ?? '')
    const behind = connect(target, '127.0.0.1')
    for (const [one, other] of [
      [client, behind],
      [behind, client],
    ] as const) {
      sockets.add(one)
      one.on('error', () => other.destroy()).on('close', () => other.destroy())
    }
    client.on('data', (chunk: Buffer) => (bytes += chunk.length))
    client.pipe(behind).pipe(client)
  })
  server.on('tlsClientError', () => undefined)
  const hangUp = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => {
    hangUp()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, clients, bytes: () => bytes, hangUp }
}
