import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  attributesPacket,
  dataPacket,
  extendedPacket,
  handlePacket,
  namePacket,
  statusPacket,
  versionPacket,
} from '../../../adapters/files/sftp/answers.ts'
import { readRequest } from '../../../adapters/files/sftp/packets.ts'
import { PacketError, uint64Bytes } from '../../../adapters/kit/sftp/bytes.ts'
import { MOST_PACKET_BYTES, PacketReader } from '../../../adapters/kit/sftp/protocol.ts'
import { CODES, readAnswer, requestPacket, wireAttributes, type Part } from '../../lib/sftp-wire.ts'

const uint32 = fc.nat(0xffffffff)
const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array))
const offset = fc.bigInt({ min: 0n, max: 2n ** 53n - 1n })
const attributes = fc.record(
  { size: fc.nat(), permissions: uint32, mtime: uint32 },
  { requiredKeys: [] },
) as fc.Arbitrary<{ size?: number; permissions?: number; mtime?: number }>

/** Some request as bytes, and what it says. */
const request: fc.Arbitrary<readonly [Buffer, object]> = fc
  .record({ id: uint32, path: bytes, other: bytes, offset, length: uint32, flags: uint32, attributes })
  .chain(({ id, path, other, offset, length, flags, attributes }) => {
    const read = {
      size: attributes.size,
      owner: undefined,
      permissions: attributes.permissions,
      times: attributes.mtime === undefined ? undefined : { read: attributes.mtime, changed: attributes.mtime },
    }
    const made = (name: keyof typeof CODES, parts: readonly Part[], says: object): readonly [Buffer, object] => [
      requestPacket(CODES[name], [id, ...parts]),
      { type: name, id, ...says },
    ]
    const attrs = wireAttributes(attributes)
    return fc.constantFrom(
      made('open', [path, flags, attrs], { path, flags, attributes: read }),
      made('close', [path], { handle: path }),
      made('readdir', [path], { handle: path }),
      made('fstat', [path], { handle: path }),
      made('read', [path, offset, length], { handle: path, offset: Number(offset), length }),
      made('write', [path, offset, other], { handle: path, offset: Number(offset), data: other }),
      made('setstat', [path, attrs], { path, attributes: read }),
      made('fsetstat', [path, attrs], { handle: path, attributes: read }),
      made('mkdir', [path, attrs], { path, attributes: read }),
      made('rename', [path, other], { path, to: other }),
      made('symlink', [path, other], { path, to: other }),
      ...(['stat', 'lstat', 'opendir', 'remove', 'rmdir', 'realpath', 'readlink'] as const).map((name) =>
        made(name, [path], { path }),
      ),
      made('extended', ['x@y', { raw: other }], { name: 'x@y', data: other }),
    )
  })

describe('an SFTP request', () => {
  it('reads as what it says', () => {
    fc.assert(
      fc.property(request, ([packet, says]) => {
        expect(readRequest(packet.subarray(4))).toEqual(says)
      }),
    )
  })

  it('is found again however it is cut on its way', () => {
    fc.assert(
      fc.property(fc.array(request, { maxLength: 8 }), fc.array(fc.nat(40), { minLength: 1 }), (all, cuts) => {
        const stream = Buffer.concat(all.map(([packet]) => packet))
        const reader = new PacketReader()
        const found: object[] = []
        for (let at = 0, turn = 0; at < stream.length; turn++) {
          const length = 1 + (cuts[turn % cuts.length] ?? 0)
          for (const packet of reader.push(stream.subarray(at, at + length))) found.push(readRequest(packet))
          at += length
        }
        expect(found).toEqual(all.map(([, says]) => says))
      }),
    )
  })

  it('that is cut short names its id where that came, and throws nothing else', () => {
    fc.assert(
      fc.property(request, fc.nat(), ([packet, says], at) => {
        const whole = packet.subarray(4)
        const cut = whole.subarray(0, at % whole.length)
        try {
          // An extension's data may end anywhere.
          expect(readRequest(cut)).toMatchObject({ id: (says as { id: number }).id })
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(PacketError)
          expect((thrown as PacketError).id).toBe(cut.length < 5 ? undefined : (says as { id: number }).id)
        }
      }),
    )
  })

  it('of random bytes is a request or a PacketError, soon', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2_000 }), fc.constantFrom(...Object.values(CODES)), (noise, code) => {
        for (const packet of [Buffer.from(noise), Buffer.from([code, ...noise])])
          try {
            expect(readRequest(packet).type).toBeTypeOf('string')
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(PacketError)
          }
      }),
      { numRuns: 500 },
    )
  })

  it('with a length that none can have ends the reading', () => {
    for (const length of [0, MOST_PACKET_BYTES + 1, 0xffffffff]) {
      const head = Buffer.alloc(4)
      head.writeUInt32BE(length)
      expect(() => new PacketReader().push(head)).toThrow(PacketError)
    }
    const most = Buffer.alloc(4 + MOST_PACKET_BYTES)
    most.writeUInt32BE(MOST_PACKET_BYTES)
    expect(new PacketReader().push(most)).toHaveLength(1)
  })

  it('with attributes that claim four thousand million extensions is refused at once', () => {
    const lie = requestPacket(CODES.setstat, [7, '/a', 0x80000000, 0xffffffff])
    expect(() => readRequest(lie.subarray(4))).toThrow(PacketError)
  })

  it('at an offset beyond all files is at the largest that a number holds', () => {
    const far = requestPacket(CODES.read, [1, 'h', 2n ** 64n - 1n, 10])
    expect(readRequest(far.subarray(4))).toMatchObject({ offset: Number.MAX_SAFE_INTEGER })
  })
})

describe('an SFTP answer', () => {
  const answerOf = (packet: Buffer) => {
    expect(packet.readUInt32BE(0)).toBe(packet.length - 4)
    return readAnswer(packet.subarray(4))
  }

  it('is read by the draft as what was meant', () => {
    fc.assert(
      fc.property(uint32, bytes, fc.nat(), uint32, (id, name, size, permissions) => {
        const attributes = { size, permissions, times: { read: 1, changed: 2 } }
        const says = { size, permissions, mtime: 2 }
        expect(answerOf(handlePacket(id, name))).toEqual({ type: 'handle', id, handle: name })
        expect(answerOf(dataPacket(id, name))).toEqual({ type: 'data', id, data: name })
        expect(answerOf(attributesPacket(id, attributes))).toEqual({ type: 'attributes', id, attributes: says })
        expect(answerOf(namePacket(id, [{ name, long: name, attributes }]))).toEqual({
          type: 'name',
          id,
          names: [{ name, long: name, attributes: says }],
        })
        expect(answerOf(attributesPacket(id, { owner: { uid: 1, gid: 2 } }))).toMatchObject({ attributes: {} })
      }),
    )
  })

  it('says its status, its version and its extensions', () => {
    expect(answerOf(statusPacket(3, 4, '超限 / limit'))).toEqual({
      type: 'status',
      id: 3,
      code: 4,
      message: '超限 / limit',
    })
    expect(answerOf(versionPacket([['a@b', '1']]))).toEqual({ type: 'version', version: 3, extensions: ['a@b 1'] })
    expect(answerOf(extendedPacket(9, uint64Bytes(1, 2 ** 40)))).toMatchObject({
      data: Buffer.from('00000000000000010000010000000000', 'hex'),
    })
  })
})
