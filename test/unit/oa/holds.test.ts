import iconv from 'iconv-lite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { holdOf } from '../../lib/holds.ts'
import { bareHouse, handle, type BareAnswer, type BareHouse } from './lib/bare.ts'
import { PASSWORD } from './lib/house.ts'
import { basic, envelope } from './lib/soap.ts'
import { WORST, WORST_PARAS } from './lib/worst.ts'

const MOST_MS = 100

let bare: BareHouse
beforeAll(async () => {
  bare = await bareHouse()
})

const table: string[] = []
afterAll(() => void process.stdout.write(`${table.join('\n')}\n`))

describe('no request to our own service holds the event loop', () => {
  const headers = { authorization: basic('office', PASSWORD), 'content-type': 'text/xml; charset=utf-8' }
  const send = (bytes: Buffer, more = {}) => handle(bare.mount('/oa/yizhan'), bytes, { ...headers, ...more })
  // Where a header names who it is, nobody looks into the message for it.
  const named = (text: string) => (text.includes('wsse:Security') ? { authorization: undefined } : {})
  const cases = [
    ...Object.entries(WORST).map(([what, text]) => [what, 'UTF-8', Buffer.from(text), named(text)] as const),
    // Decoding takes its time where there is little else.
    ...['text', 'stars', 'an attribute', 'text of brackets', 'line ends'].map(
      (what) =>
        [
          what,
          'GB18030',
          iconv.encode(WORST[what] ?? '', 'gb18030'),
          { 'content-type': 'text/xml; charset=gb18030' },
        ] as const,
    ),
  ]
  it.each(cases)(
    '%s, %s',
    async (what, how, bytes, more) => {
      let answer: BareAnswer | undefined
      const ms = await holdOf(async () => (answer = await send(bytes, more)), MOST_MS)
      const code = /<e:code>(\w+)</.exec(answer?.bytes.toString('latin1') ?? '')?.[1] ?? 'answered'
      table.push(
        `${ms.toFixed(0).padStart(5)} ms  ${what}, ${how} (${(bytes.length / 1e6).toFixed(1)} MB): ${answer?.status} ${code}`,
      )
      expect.soft(ms, 'ms').toBeLessThan(MOST_MS)
    },
    180_000,
  )
})

describe('no request to the exchange centre of dialect A holds the event loop', () => {
  const call = (xml: string): string =>
    envelope(
      `<OutboxArchive_Send xmlns="http://tempuri.org/"><TokenBase64>${Buffer.from(`edu:${PASSWORD}`).toString('base64')}</TokenBase64><ParasXml>${xml.replace(/&/g, '&amp;').replace(/</g, '&lt;')}</ParasXml></OutboxArchive_Send>`,
    )
  const cases = Object.entries(WORST_PARAS).flatMap(([what, xml]) =>
    (['utf-8', 'gbk'] as const).map((encoding) => [what, encoding, iconv.encode(call(xml), encoding)] as const),
  )
  it.each(cases)(
    '%s, %s',
    async (what, encoding, bytes) => {
      const headers = { 'content-type': `text/xml; charset=${encoding}` }
      let answer: BareAnswer | undefined
      const ms = await holdOf(
        async () => (answer = await handle(bare.mount('/oa/epoint/ArchiveExchange.asmx'), bytes, headers)),
        MOST_MS,
      )
      table.push(
        `${ms.toFixed(0).padStart(5)} ms  ${what}, ${encoding} (${(bytes.length / 1e6).toFixed(1)} MB): ${answer?.status}`,
      )
      expect.soft(ms, 'ms').toBeLessThan(MOST_MS)
    },
    180_000,
  )
})
