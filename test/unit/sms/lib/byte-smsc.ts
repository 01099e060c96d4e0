import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** An SMSC of bytes of its own (SMPP 3.4, 3.2 and 4), without the library that the adapter uses. */
export interface ByteSmsc {
  readonly port: number
  /** submit_sm received: their bodies */
  readonly submitted: Buffer[]
  /** command_status of deliver_sm_resp, by our sequence */
  readonly confirmed: Map<number, number>
  readonly isBound: () => boolean
  /** Sends deliver_sm; resolves nothing: see `confirmed`. @returns its sequence */
  deliver(message: {
    readonly esmClass?: number
    readonly dataCoding: number
    readonly text: Buffer
    readonly tlvs?: Buffer
  }): number
}

function pdu(command: number, sequence: number, body: Buffer): Buffer {
  const header = Buffer.alloc(16)
  header.writeUInt32BE(16 + body.length, 0)
  header.writeUInt32BE(command, 4)
  header.writeUInt32BE(sequence, 12)
  return Buffer.concat([header, body])
}

const cString = (text: string): Buffer => Buffer.from(`${text}\0`, 'latin1')

/** @param idOf the message_id that submit_sm_resp gives to the n-th submission, from 1 */
export async function byteSmsc(phone: string, access: string, idOf: (nth: number) => string): Promise<ByteSmsc> {
  const submitted: Buffer[] = []
  const confirmed = new Map<number, number>()
  let bound: Socket | undefined
  let sequence = 1_000
  const answer = (socket: Socket, command: number, own: number, body: Buffer): void => {
    if (command === 9) {
      bound = socket
      socket.write(pdu(0x8000_0009, own, cString('SMSC')))
    } else if (command === 4) {
      submitted.push(body)
      socket.write(pdu(0x8000_0004, own, cString(idOf(submitted.length))))
    } else if (command === 0x15 || command === 6) socket.write(pdu((command | 0x8000_0000) >>> 0, own, Buffer.alloc(0)))
  }
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    sockets.push(socket)
    let rest = Buffer.alloc(0)
    socket.on('error', () => undefined)
    socket.on('data', (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk])
      while (rest.length >= 16 && rest.length >= rest.readUInt32BE(0)) {
        const length = rest.readUInt32BE(0)
        const command = rest.readUInt32BE(4)
        const own = rest.readUInt32BE(12)
        if (command === 0x8000_0005) confirmed.set(own, rest.readUInt32BE(8))
        else answer(socket, command, own, rest.subarray(16, length))
        rest = rest.subarray(length)
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
    submitted,
    confirmed,
    isBound: () => bound !== undefined,
    deliver({ esmClass = 0, dataCoding, text, tlvs = Buffer.alloc(0) }) {
      sequence++
      bound?.write(
        pdu(
          5,
          sequence,
          Buffer.concat([
            cString(''), // service_type
            Buffer.from([1, 1]),
            cString(phone),
            Buffer.from([1, 1]),
            cString(access),
            Buffer.from([esmClass, 0, 0]),
            cString(''), // schedule_delivery_time
            cString(''), // validity_period
            Buffer.from([0, 0, dataCoding, 0, text.length]),
            text,
            tlvs,
          ]),
        ),
      )
      return sequence
    },
  }
}
