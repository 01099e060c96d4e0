import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** Passes TCP on to a port of 127.0.0.1 and breaks the connection after so many bytes from the client. */
export interface CutProxy {
  readonly port: number
  /** for connections from now on; `Infinity` never cuts */
  cutAfter(bytes: number): void
  /** bytes that the last connection's client has sent */
  readonly sent: number
  close(): Promise<void>
}

export async function cutProxy(target: number): Promise<CutProxy> {
  const sockets = new Set<Socket>()
  let limit = Number.POSITIVE_INFINITY
  let sent = 0
  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1')
    let left = limit
    sent = 0
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(one)
      one.on('error', () => other.destroy())
      one.on('close', () => {
        sockets.delete(one)
        other.destroy()
      })
    }
    upstream.pipe(client)
    client.on('data', (bytes) => {
      sent += bytes.length
      upstream.write(bytes.subarray(0, Math.min(bytes.length, left)))
      left -= bytes.length
      // what was let through shall arrive: the server gets an end, the client nothing more
      if (left <= 0) {
        upstream.end()
        client.destroy()
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    cutAfter(bytes) {
      limit = bytes
    },
    get sent() {
      return sent
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
