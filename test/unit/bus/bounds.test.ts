import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EmbeddedChannels } from '../../../core/bus/embedded-channels.ts'
import { LineReader } from '../../../core/hop/lines.ts'
import { RecentMessages } from '../../../core/ledger/client/recent-messages.ts'
import { NonceCache } from '../../../adapters/oa/soap/nonce-cache.ts'
import type { ChannelMessage } from '../../../core/message/schema.ts'
import { Recent } from '../../../core/util/recent.ts'

/** What the house keeps in memory is bounded in bytes, however large one thing is. */

describe('what was used last', () => {
  it('never holds more bytes than its bound, and what it holds is right', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd'), size: fc.nat(60) }), { maxLength: 60 }),
        (steps) => {
          const recent = new Recent<number>(100, (size) => size)
          for (const { key, size } of steps) {
            recent.set(key, size)
            expect(recent.bytes).toBeLessThanOrEqual(100)
            expect(recent.get(key)).toBe(size)
          }
        },
      ),
    )
  })

  it('does not hold what alone is too large, nor what it replaced', () => {
    const recent = new Recent<number>(100, (size) => size)
    recent.set('a', 50)
    recent.set('a', 101)
    expect([recent.get('a'), recent.bytes]).toEqual([undefined, 0])
  })
})

it('messages of the last moments are bounded by their size, not by their number', () => {
  const recent = new RecentMessages()
  const message = (n: number) => ({ id: `m${n}`, kind: 'channel', channel: { payload: 'x'.repeat(2_000_000) } })
  for (let n = 0; n < 40; n++) recent.add(message(n) as unknown as ChannelMessage)
  expect(Array.from({ length: 40 }, (_, n) => recent.get(`m${n}`)).filter((found) => found !== undefined).length).toBe(
    4,
  )
})

it('a channel takes no more than fits, in bytes', async () => {
  const channels = new EmbeddedChannels(60_000, () => undefined)
  const accepting = Promise.withResolvers<undefined>()
  await channels.consume({ queue: 'q' }, 1, () => accepting.promise)
  const publish = (id: number) =>
    channels.publish({ queue: 'q' }, { id: `${id}`, body: Buffer.alloc(20 * 1024 * 1024), contentType: 'x' })
  const waiting = Array.from({ length: 3 }, (_, n) => publish(n).catch((error: unknown) => error))
  await expect(publish(4)).rejects.toMatchObject({ code: 'BUS_UNROUTABLE' })
  accepting.resolve(undefined)
  expect(await Promise.all(waiting)).toEqual([undefined, undefined, undefined])
  await publish(5)
  await channels.close()
})

it('a nonce is remembered in as many bytes however long it is', () => {
  const nonces = new NonceCache()
  expect(nonces.use('office', 'n'.repeat(1_000_000), 0)).toBe('first')
  expect(nonces.use('office', 'n'.repeat(1_000_000), 1)).toBe('replayed')
})

it('lines are cut wherever the chunks end, and a line without an end is refused', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 5 }),
      fc.integer({ min: 1, max: 9 }),
      (texts, step) => {
        const sent = texts.map((text) => text.replaceAll('\n', ' '))
        const lines: string[] = []
        const reader = new LineReader(1000, (line) => lines.push(line))
        const bytes = Buffer.from(sent.map((line) => `${line}\n`).join(''))
        for (let at = 0; at < bytes.length; at += step) reader.push(bytes.subarray(at, at + step))
        expect(lines).toEqual(sent.map((line) => line.toWellFormed()))
      },
    ),
  )
  const reader = new LineReader(10, () => undefined)
  reader.push(Buffer.from('123456'))
  expect(() => reader.push(Buffer.from('78901'))).toThrow(RangeError)
})
