import { PassThrough } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PacketError } from '../../../adapters/kit/sftp/bytes.ts'
import { readReply } from '../../../adapters/kit/sftp/replies.ts'
import { REQUEST, SftpWire } from '../../../adapters/kit/sftp/wire.ts'
import { requestPacket, wireAttributes } from '../../lib/sftp-wire.ts'

/** An answer as a server writes it: by the draft, without its length field. */
const packet = (...args: Parameters<typeof requestPacket>): Buffer => requestPacket(...args).subarray(4)
const name = Buffer.from('名称', 'utf8')
const attributes = wireAttributes({ size: 7, permissions: 0o100600, mtime: 9 })

describe('an SFTP answer', () => {
  it('reads as what it says', () => {
    expect(readReply(packet(2, [3, 'fsync@openssh.com', '1']))).toEqual({
      type: 'version',
      version: 3,
      extensions: new Set(['fsync@openssh.com']),
    })
    expect(readReply(packet(101, [5, 2, 'none', '']))).toEqual({ type: 'status', id: 5, code: 2, message: 'none' })
    expect(readReply(packet(101, [5, 4]))).toEqual({ type: 'status', id: 5, code: 4, message: '' })
    expect(readReply(packet(102, [6, name]))).toEqual({ type: 'handle', id: 6, handle: name })
    expect(readReply(packet(103, [7, 'bytes']))).toEqual({ type: 'data', id: 7, data: Buffer.from('bytes') })
    const read = { size: 7, owner: undefined, permissions: 0o100600, times: { read: 9, changed: 9 } }
    expect(readReply(packet(104, [8, 2, name, 'line', attributes, 'b', '', attributes]))).toEqual({
      type: 'name',
      id: 8,
      names: [
        { name, attributes: read },
        { name: Buffer.from('b'), attributes: read },
      ],
    })
    expect(readReply(packet(105, [9, attributes]))).toEqual({ type: 'attributes', id: 9, attributes: read })
  })

  it('is a PacketError where it is cut, lies about its length, or is of no type', () => {
    const whole = packet(104, [8, 1, name, 'line', attributes])
    for (let length = 0; length < whole.length; length++)
      expect(() => readReply(whole.subarray(0, length))).toThrow(PacketError)
    expect(() => readReply(packet(104, [8, 0xffffffff, name, 'line', attributes]))).toThrow(PacketError)
    expect(() => readReply(packet(99, [1]))).toThrow(PacketError)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        try {
          readReply(Buffer.from(bytes))
        } catch (error) {
          expect(error).toBeInstanceOf(PacketError)
        }
      }),
    )
  })
})

describe('the wire', () => {
  it('gives each request the answer with its id, and gives up on what it never asked', async () => {
    const [channel, sent, broken] = [new PassThrough(), [] as Buffer[], [] as Error[]]
    // What is written to the server is not read back.
    channel.write = ((bytes: Buffer) => sent.push(bytes)) as never
    const wire = new SftpWire(channel, (error) => broken.push(error))
    const greeted = wire.greet()
    channel.push(requestPacket(2, [3, 'posix-rename@openssh.com', '1']))
    await greeted
    expect([...wire.extensions]).toEqual(['posix-rename@openssh.com'])
    const answers: unknown[] = []
    wire.request(REQUEST.stat, [], (answer) => answers.push(answer))
    wire.request(REQUEST.stat, [], (answer) => answers.push(answer))
    const late = new Promise<void>((resolve) => channel.once('data', () => setImmediate(resolve)))
    channel.push(Buffer.concat([requestPacket(101, [2, 0, '', '']), requestPacket(101, [1, 4, 'no', ''])]))
    await late
    expect(answers).toEqual([
      { type: 'status', id: 2, code: 0, message: '' },
      { type: 'status', id: 1, code: 4, message: 'no' },
    ])
    expect(broken).toEqual([])
    channel.push(requestPacket(101, [77, 0, '', '']))
    await new Promise((resolve) => setImmediate(resolve))
    expect(broken[0]).toBeInstanceOf(PacketError)
    expect(sent).toHaveLength(3)
  })
})
