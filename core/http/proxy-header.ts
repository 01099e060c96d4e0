import type { Socket } from 'node:net'

/** The signature of version 2 (haproxy's PROXY protocol, 2.2), and the beginning of version 1 (2.1). */
const V2 = Buffer.from('0d0a0d0a000d0a515549540a', 'hex')
const V1 = Buffer.from('PROXY ')
/**
 * The longest line of version 1 (2.1), and what version 2 may have behind its 16 bytes before it is no header of use.
 */
const V1_BYTES = 107
const V2_BYTES = 16
const V2_MOST = 2_048
/** A proxy sends its header at once. */
const HEADER_MS = 5_000

export interface ProxyHeader {
  /** bytes that it takes; what follows is the client's */
  readonly length: number
  /** where the client is; undefined where the proxy speaks for itself (a health check) or does not say */
  readonly source: string | undefined
}

/**
 * A PROXY header at the beginning of these bytes: `more` while it may still become one, undefined where there is none.
 */
export function proxyHeaderIn(bytes: Buffer): ProxyHeader | 'more' | undefined {
  if (startsWith(bytes, V2)) return bytes.length < V2.length ? 'more' : version2(bytes)
  if (startsWith(bytes, V1)) return bytes.length < V1.length ? 'more' : version1(bytes)
  return undefined
}

/** As far as there are bytes. */
function startsWith(bytes: Buffer, signature: Buffer): boolean {
  const length = Math.min(bytes.length, signature.length)
  return bytes.subarray(0, length).equals(signature.subarray(0, length))
}

function version1(bytes: Buffer): ProxyHeader | 'more' | undefined {
  const end = bytes.subarray(0, V1_BYTES).indexOf('\r\n')
  if (end === -1) return bytes.length < V1_BYTES ? 'more' : undefined
  const [, family, source] = bytes.toString('latin1', 0, end).split(' ')
  return { length: end + 2, source: family === 'TCP4' || family === 'TCP6' ? source : undefined }
}

function version2(bytes: Buffer): ProxyHeader | 'more' | undefined {
  if (bytes.length < V2_BYTES) return 'more'
  const [command = 0, family = 0] = [bytes[12], bytes[13]]
  const length = V2_BYTES + bytes.readUInt16BE(14)
  if (command >> 4 !== 2 || length > V2_MOST) return undefined
  if (bytes.length < length) return 'more'
  // LOCAL: the proxy's own connection.
  if ((command & 0x0f) === 0) return { length, source: undefined }
  const at = bytes.subarray(V2_BYTES, length)
  if (family >> 4 === 1 && at.length >= 12) return { length, source: [...at.subarray(0, 4)].join('.') }
  if (family >> 4 === 2 && at.length >= 36) return { length, source: ipv6(at.subarray(0, 16)) }
  return { length, source: undefined }
}

function ipv6(bytes: Buffer): string {
  return Array.from({ length: 8 }, (_, n) => bytes.readUInt16BE(n * 2).toString(16)).join(':')
}

/**
 * Takes the header off a connection; resolves with the client's address, if one is told. What does not speak in time is
 * ended.
 */
export function takeProxyHeader(socket: Socket): Promise<string | undefined> {
  return new Promise((resolve) => {
    let held: Buffer = Buffer.alloc(0)
    const timer = setTimeout(() => socket.destroy(), HEADER_MS)
    const done = (rest: Buffer, source: string | undefined): void => {
      clearTimeout(timer)
      socket.off('readable', read).off('close', gone)
      if (rest.length > 0) socket.unshift(rest)
      resolve(source)
    }
    const gone = (): void => {
      clearTimeout(timer)
    }
    const read = (): void => {
      for (let chunk = socket.read() as Buffer | null; chunk !== null; chunk = socket.read() as Buffer | null) {
        held = Buffer.concat([held, chunk])
        const header = proxyHeaderIn(held)
        if (header === 'more') continue
        return done(header === undefined ? held : held.subarray(header.length), header?.source)
      }
    }
    socket.on('readable', read).once('close', gone)
    // Whoever resets the connection meanwhile is gone: 'close' follows.
    socket.once('error', () => socket.destroy())
  })
}
