import { createSocket } from 'node:dgram'
import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls, TLSSocket } from 'node:tls'
import { collectorAddress, syslogCredentials, type CollectorAddress, type SyslogConfig } from '../../config/syslog.ts'

/** A connection to the collector, or for UDP what stands for one. */
export interface Link {
  /** how many bytes of records one `write` should have; it has one record at least */
  readonly batchBytes: number
  /** Resolves when all of it has left our memory; rejects when the link is lost or takes nothing for too long. */
  write(records: readonly Buffer[]): Promise<void>
  /** aborted, with the error, when the link is lost */
  readonly lost: AbortSignal
  /** Says good-bye and resolves when the peer has all of it, or when the link is lost. */
  end(): Promise<void>
  destroy(): void
}

/** RFC 5425, 4.3.1 and RFC 5426, 3.2: receivers should take so much of a record. */
export const MOST_BYTES = { tls: 8192, tcp: 8192, udp: 2048 } as const

const BATCH_BYTES = 64 * 1024
const KEEP_ALIVE_MS = 30_000
/** In TLS 1.3 we are connected before the collector has judged our certificate; its session ticket says that it has. */
const JUDGED_MS = 1_000

export interface LinkLimits {
  /** to connect, milliseconds */
  readonly connectMs: number
  /** a collector that takes nothing for so long is given up, milliseconds */
  readonly stallMs: number
}

/** Connects. Rejects with what is wrong: no route, no TLS, a certificate that is not trusted or is another's. */
export async function openLink(config: SyslogConfig, limits: LinkLimits): Promise<Link> {
  const address = collectorAddress(config.url)
  if (address === undefined) throw new Error(`no address of a collector: ${config.url}`)
  if (address.over === 'udp') return openDatagrams(address)
  const { host, port } = address
  const socket =
    address.over === 'tcp'
      ? connectTcp({ host, port })
      : connectTls({
          host,
          port,
          // The name is checked in any case; an address is none that could be asked for (RFC 6066, 3).
          ...(isIP(host) === 0 ? { servername: host } : {}),
          ...(await syslogCredentials(config)),
          minVersion: 'TLSv1.2',
          rejectUnauthorized: true,
        })
  // Nothing that happens to the log ends or keeps the station.
  socket.unref()
  try {
    await once(socket, address.over === 'tcp' ? 'connect' : 'secureConnect', {
      signal: AbortSignal.timeout(limits.connectMs),
    })
  } catch (error) {
    socket.on('error', () => undefined).destroy()
    throw (error as Error).name === 'AbortError'
      ? new Error(`${limits.connectMs} ms 内未连上 / not connected in time`)
      : error
  }
  const link = streamLink(socket, limits)
  if (socket instanceof TLSSocket && socket.getProtocol() === 'TLSv1.3') await judged(socket, link.lost)
  link.lost.throwIfAborted()
  return link
}

/** Whatever is written before that may be thrown away with the connection. */
function judged(socket: TLSSocket, lost: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer)
      resolve()
    }
    // Not every collector gives tickets.
    const timer = setTimeout(end, JUDGED_MS).unref()
    socket.once('session', end)
    lost.addEventListener('abort', end)
  })
}

function streamLink(socket: Socket, { stallMs }: LinkLimits): Link {
  const lost = new AbortController()
  const lose = (error: Error): void => {
    lost.abort(error)
    socket.destroy()
  }
  socket.on('error', lose)
  for (const good of ['end', 'close'])
    socket.on(good, () => lose(new Error('采集服务器断开了连接 / the collector closed the connection')))
  // A collector has nothing to say (RFC 5425, 4.3), but its good-bye is only heard by who reads.
  socket.resume()
  socket.setKeepAlive(true, KEEP_ALIVE_MS)
  return {
    batchBytes: BATCH_BYTES,
    lost: lost.signal,
    async write(records) {
      const stalled = setTimeout(
        () => lose(new Error(`采集服务器 ${stallMs} ms 未收取 / the collector took nothing for so long`)),
        stallMs,
      ).unref()
      // RFC 6587, 3.4.1: octets counted, as in TLS
      const frames = records.flatMap((record) => [Buffer.from(`${record.length} `), record])
      const { promise, resolve, reject } = Promise.withResolvers<unknown>()
      const fail = (): void => reject(lost.signal.reason as Error)
      lost.signal.addEventListener('abort', fail)
      try {
        lost.signal.throwIfAborted()
        socket.write(Buffer.concat(frames), (error) => (error ? reject(error) : resolve(undefined)))
        await promise
      } finally {
        clearTimeout(stalled)
        lost.signal.removeEventListener('abort', fail)
      }
    },
    async end() {
      if (lost.signal.aborted) return
      const ended = once(lost.signal, 'abort')
      socket.end()
      await ended
    },
    destroy: () => socket.destroy(),
  }
}

async function openDatagrams({ host, port }: CollectorAddress): Promise<Link> {
  const lost = new AbortController()
  const { address, family } = await lookup(host)
  const socket = createSocket({ type: family === 6 ? 'udp6' : 'udp4' }).unref()
  socket.connect(port, address)
  try {
    await once(socket, 'connect')
  } catch (error) {
    socket.close()
    throw error
  }
  let isOpen = true
  // Nobody listens there: the host says so of a datagram before.
  socket.on('error', (error) => lost.abort(error))
  return {
    batchBytes: 1,
    lost: lost.signal,
    write: (records) =>
      new Promise((resolve, reject) => {
        socket.send([...records], (error) => (error === null ? resolve() : reject(error)))
      }),
    end: () => Promise.resolve(),
    destroy() {
      if (isOpen) socket.close()
      isOpen = false
    },
  }
}
