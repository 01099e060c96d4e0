import fc from 'fast-check'
import { MessageParser } from 'ldapts'
import { describe, expect, it } from 'vitest'
import { Frames, NotLdap, TooMuch } from '../../../adapters/directory/frames.ts'
import { entry, message, octets, pagingControl, result, tlv } from './lib/ber.ts'
import { mutate, random } from './lib/random.ts'

const LIMIT = 64 * 1024
const good = [
  message(1, result(0x61, 0)),
  message(1, result(0x61, 14, tlv(0x87, 'credentials'))),
  message(
    2,
    entry('ou=市教育局,dc=x', { ou: ['市教育局'], businessCategory: ['ZK-003', '11411600LQDDD24245'], empty: [] }),
  ),
  message(2, tlv(0x73, octets('ldap://elsewhere/dc=y'))),
  message(2, result(0x65, 0), pagingControl('page 1')),
  message(2, result(0x65, 10, tlv(0xa3, octets('ldap://elsewhere')))),
  message(0, result(0x78, 52, tlv(0x8a, '1.3.6.1.4.1.1466.20036'))),
]

describe('Frames', () => {
  it('finds the messages however the stream is cut', () => {
    const stream = Buffer.concat(good)
    fc.assert(
      fc.property(fc.array(fc.nat(stream.length), { maxLength: 12 }), (cuts) => {
        const frames = new Frames(LIMIT)
        const places = [0, ...cuts.sort((a, b) => a - b), stream.length]
        const found = places.slice(1).flatMap((end, at) => frames.take(stream.subarray(places[at], end)))
        expect(found).toEqual(good)
        expect(frames.pending).toBe(0)
      }),
    )
  })

  it('knows whether further pages follow', () => {
    const frames = new Frames(LIMIT)
    frames.take(message(2, result(0x65, 0), pagingControl('next')))
    expect(frames.moreFollows).toBe(true)
    frames.take(message(2, entry('ou=a', {})))
    expect(frames.moreFollows).toBe(true)
    frames.take(message(3, result(0x65, 0), pagingControl('')))
    expect(frames.moreFollows).toBe(false)
  })

  it.each([
    ['text', Buffer.from('HTTP/1.1 400 Bad Request\r\n')],
    ['an indefinite length', Buffer.from([0x30, 0x80, 0, 0])],
    ['a length of five bytes', Buffer.from([0x30, 0x85, 0, 0, 0, 0, 1])],
    ['an unknown operation', message(1, tlv(0x42))],
    ['an operation of a client', message(1, tlv(0x63, octets('dc=x')))],
    ['bytes after the operation', tlv(0x30, tlv(0x02, Buffer.from([1])), result(0x65, 0), octets('more'))],
    ['a message without a number', tlv(0x30, result(0x65, 0))],
    ['a number of eight bytes', tlv(0x30, tlv(0x02, Buffer.alloc(8)), result(0x65, 0))],
    ['attributes that are no sequence', message(1, tlv(0x64, octets('dc=x'), octets('\x04')))],
    [
      'a value longer than its attribute',
      message(
        1,
        tlv(
          0x64,
          octets('dc=x'),
          tlv(0x30, tlv(0x30, octets('ou'), tlv(0x31, Buffer.from([0x04, 0x84, 0x7f, 0xff, 0xff, 0xff])))),
        ),
      ),
    ],
    [
      'a value without its length',
      message(1, tlv(0x64, octets('dc=x'), tlv(0x30, tlv(0x30, octets('ou'), tlv(0x31, Buffer.from([0x04])))))),
    ],
    [
      'a paging control without a cookie',
      message(1, result(0x65, 0), tlv(0x30, octets('1.2.840.113556.1.4.319'), octets(''))),
    ],
  ])('refuses %s', (_what, bytes) => {
    expect(() => new Frames(LIMIT).take(bytes)).toThrow(NotLdap)
  })

  it('refuses a message over the limit at its first bytes', () => {
    expect(() => new Frames(LIMIT).take(Buffer.from([0x30, 0x84, 0x00, 0x01, 0x00, 0x00]))).toThrow(TooMuch)
    expect(() => new Frames(LIMIT).take(Buffer.from([0x30, 0x84, 0xff, 0xff, 0xff, 0xff]))).toThrow(TooMuch)
  })

  it('lets through 20,000 mutations nothing that ldapts could stumble over', () => {
    const next = random(20_110_083)
    let passed = 0
    let refused = 0
    for (let times = 0; times < 20_000; times++) {
      const bytes = mutate(good[next(good.length)]!, next)
      const frames = new Frames(LIMIT)
      let messages: Buffer[]
      try {
        messages = frames.take(bytes)
      } catch (error) {
        expect(error instanceof NotLdap || error instanceof TooMuch).toBe(true)
        refused++
        continue
      }
      for (const one of messages) {
        const parser = new MessageParser()
        let seen = 0
        parser.on('message', () => seen++)
        parser.on('error', () => seen++)
        parser.read(one, new Map())
        expect(seen).toBe(1)
        passed++
      }
    }
    expect(passed).toBeGreaterThan(500)
    expect(refused).toBeGreaterThan(5_000)
  })
})
