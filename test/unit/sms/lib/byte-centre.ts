import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { SECRET } from './house.ts'

/** What a client sent, cut by its own length field. */
export interface Seen {
  readonly command: number
  readonly sequence: number
  readonly body: Buffer
}

/** A centre that does what a test says, byte for byte. */
export interface ByteCentre {
  readonly port: number
  /** everything received, CONNECT included */
  readonly seen: Seen[]
  readonly connections: () => number
  of(command: number): Seen[]
  send(...bytes: Buffer[]): void
}

/** @param script answers one frame; what it returns is sent */
export async function byteCentre(script: (seen: Seen, connection: number) => Buffer | undefined): Promise<ByteCentre> {
  const seen: Seen[] = []
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    const connection = sockets.push(socket)
    let rest = Buffer.alloc(0)
    socket.on('error', () => undefined)
    socket.on('data', (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk])
      while (rest.length >= 12 && rest.length >= rest.readUInt32BE(0)) {
        const frame = {
          command: rest.readUInt32BE(4),
          sequence: rest.readUInt32BE(8),
          body: rest.subarray(12, rest.readUInt32BE(0)),
        }
        rest = rest.subarray(rest.readUInt32BE(0))
        seen.push(frame)
        const answer = script(frame, connection)
        if (answer !== undefined) socket.write(answer)
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    connections: () => sockets.length,
    of: (command) => seen.filter((one) => one.command === command),
    send: (...bytes) => void sockets.at(-1)?.write(Buffer.concat(bytes)),
  }
}

/** Commands of CMPP (QB-GF-028-2003, 8.2); an answer's has the highest bit set. */
export const CONNECT = 1
export const SUBMIT = 4
export const DELIVER = 5
export const RESP = 0x8000_0000

/** A text in a field of this width, filled with zeros, in hexadecimal. */
export function ascii(text: string, width: number): string {
  return Buffer.concat([Buffer.from(text), Buffer.alloc(width - text.length)]).toString('hex')
}

/** So many zero bytes. */
export function nul(count: number): string {
  return '00'.repeat(count)
}

/** A frame by hand; the body in hexadecimal, blanks allowed. */
export function frame(command: number, sequence: number, hex = ''): Buffer {
  const body = Buffer.from(hex.replace(/\s/g, ''), 'hex')
  const header = Buffer.alloc(12)
  header.writeUInt32BE(12 + body.length, 0)
  header.writeUInt32BE(command, 4)
  header.writeUInt32BE(sequence, 8)
  return Buffer.concat([header, body])
}

/** CONNECT_RESP of 2.x that proves the centre. */
export function welcome({ sequence, body }: Seen, secret = SECRET): Buffer {
  const proof = createHash('md5')
    .update(Buffer.from([0]))
    .update(body.subarray(6, 22))
    .update(secret, 'latin1')
    .digest('hex')
  return frame(0x8000_0001, sequence, `00 ${proof} 20`)
}

/** SUBMIT_RESP of 2.x with an id made of the sequence. */
export function taken({ sequence }: Seen, result = 0): Buffer {
  return frame(
    0x8000_0004,
    sequence,
    `${sequence.toString(16).padStart(16, '0')} ${result.toString(16).padStart(2, '0')}`,
  )
}
