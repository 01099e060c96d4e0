import { expect, it } from 'vitest'
import { FrameReader, writeFrame } from '../../../adapters/sms/cmpp/frame.ts'
import { readDeliver } from '../../../adapters/sms/cmpp/deliver.ts'
import { readHeader } from '../../../adapters/sms/text/header.ts'
import { readText } from '../../../adapters/sms/text/read.ts'
import { holdOf, MOST_HOLD_MS } from '../../lib/holds.ts'

/** A socket gives at most so much at a time, bytes. */
const CHUNK = 64 * 1024

/** One chunk of a centre, read as far as the adapter reads it before it waits. */
function readChunk(chunk: Buffer): void {
  for (const { body } of new FrameReader().push(chunk)) {
    try {
      const { content, format } = readDeliver(3, body)
      readText(format, readHeader(content).text)
    } catch {
      // What is refused has been read as well.
    }
  }
}

it.each([
  ['the smallest frames', writeFrame({ command: 8, sequence: 1, body: Buffer.alloc(0) })],
  ['deliveries full of text', writeFrame({ command: 5, sequence: 1, body: Buffer.alloc(300, 0xff) })],
  ['the largest frames', writeFrame({ command: 5, sequence: 1, body: Buffer.alloc(4_084, 0x05) })],
])('a chunk of %s holds nothing up', async (_, frame) => {
  const chunk = Buffer.concat(Array.from({ length: Math.floor(CHUNK / frame.length) }, () => frame))
  expect(await holdOf(() => readChunk(chunk), MOST_HOLD_MS)).toBeLessThan(MOST_HOLD_MS)
})
