import fc from 'fast-check'
import iconv from 'iconv-lite'
import { describe, expect, it, onTestFinished } from 'vitest'
import { concatenationHeader, readHeader } from '../../../adapters/sms/text/header.ts'
import { LongReplies, type InPart } from '../../../adapters/sms/text/long-replies.ts'
import { readText } from '../../../adapters/sms/text/read.ts'
import { splitText } from '../../../adapters/sms/text/split.ts'
import type { SmsReply } from '../../../adapters/sms/transport.ts'

const anyText = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 400, size: 'max' })
  .filter((text) => text !== '' && !text.startsWith('\ufeff'))

function part(content: Buffer, more: Partial<InPart> = {}): InPart {
  return { id: 'id', from: '13800000001', extension: '', at: 1, format: 8, hasHeader: true, content, ...more }
}

function collector(waitMs = 60_000): { replies: SmsReply[]; long: LongReplies } {
  const replies: SmsReply[] = []
  const long = new LongReplies(async (reply) => void replies.push(reply), waitMs)
  onTestFinished(() => long.close())
  return { replies, long }
}

describe('splitText', () => {
  it.each([
    [1, 1],
    [70, 1],
    [71, 2],
    [134, 2],
    [135, 3],
    [67 * 10, 10],
  ])('%s characters make %s parts', (length, total) => {
    const parts = splitText('督'.repeat(length), 300, 10)
    expect(parts.map(({ number, total: of }) => [number, of])).toEqual(parts.map((_, index) => [index + 1, total]))
    for (const { content, hasHeader, number } of parts) {
      expect(content.length).toBeLessThanOrEqual(140)
      expect(hasHeader).toBe(total > 1)
      if (hasHeader) expect([...content.subarray(0, 6)]).toEqual([5, 0, 3, 300 & 0xff, total, number])
    }
  })

  it('never divides a UTF-16 pair, and loses nothing', () => {
    fc.assert(
      fc.property(anyText, fc.nat(255), (text, reference) => {
        const parts = splitText(text, reference, 255)
        const texts = parts.map(({ content, hasHeader }) => readText(8, hasHeader ? readHeader(content).text : content))
        // A part of its own would lose a byte order mark: U+FEFF at its beginning is taken for one.
        fc.pre(!texts.some((one, index) => index > 0 && parts[index]!.content.readUInt16BE(6) === 0xfeff && one !== ''))
        expect(texts.join('')).toBe(text)
        expect(parts.every(({ content }) => content.length <= 140)).toBe(true)
      }),
    )
    const pairs = splitText(`a${'😀'.repeat(50)}`, 1, 10)
    expect(pairs.map(({ content }) => (content.length - 6) / 2)).toEqual([67, 34])
    expect(splitText('😀'.repeat(50), 1, 10).map(({ content }) => (content.length - 6) / 2)).toEqual([66, 34])
  })

  it.each(['', '督'.repeat(671), '\ud83d'])('refuses what cannot be sent', (text) => {
    expect(() => splitText(text, 1, 10)).toThrow(/SMS_LENGTH|ENCODING_UNMAPPABLE/)
  })
})

describe('readText', () => {
  it.each([
    [8, iconv.encode('参加会议', 'utf16-be'), '参加会议'],
    [8, Buffer.concat([Buffer.from([0xfe, 0xff]), iconv.encode('好', 'utf16-be')]), '好'],
    [8, Buffer.from('53c252', 'hex'), '参\ufffd'],
    [8, Buffer.from('d83d0041', 'hex'), '\ufffdA'],
    [15, iconv.encode('派人参加', 'gbk'), '派人参加'],
    [0, Buffer.from('OK 1'), 'OK 1'],
    [0, iconv.encode('请假', 'gbk'), '请假'],
    [4, Buffer.from([1, 0xff]), '0x01ff'],
  ])('format %s', (format, bytes, text) => {
    expect(readText(format, bytes)).toBe(text)
  })
})

describe('readHeader', () => {
  it.each([
    ['050003070201 41', { reference: 7, total: 2, number: 1 }],
    ['0608040107 0302 41', { reference: 0x0107, total: 3, number: 2 }],
    ['0a 2401 01 00 03 07 02 01 7000 41', { reference: 7, total: 2, number: 1 }],
    ['050003070203 41', undefined],
    ['050003070200 41', undefined],
    ['050003070101 41', undefined],
    ['03 2401 01 41', undefined],
    ['050005070201 41', undefined],
  ])('%s', (hex, concatenation) => {
    const content = Buffer.from(hex.replaceAll(' ', ''), 'hex')
    expect(readHeader(content)).toEqual({
      ...(concatenation === undefined ? {} : { concatenation }),
      text: Buffer.from('A'),
    })
  })

  it('leaves the text alone where the header’s length is impossible', () => {
    const content = Buffer.from([200, 65, 66])
    expect(readHeader(content)).toEqual({ text: content })
    expect(readHeader(Buffer.alloc(0))).toEqual({ text: Buffer.alloc(0) })
  })
})

describe('LongReplies', () => {
  it('puts parts together, in whatever order and however often they come', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyText.map((text) => text.padEnd(71, '督')),
        fc.array(fc.nat(), { maxLength: 20 }),
        async (text, order) => {
          const { replies, long } = collector()
          const parts = splitText(text, 9, 255).map(({ content }, index) => part(content, { id: `id${index}` }))
          const all = [...order.map((at) => parts[at % parts.length]!), ...parts.toReversed()]
          await Promise.all(all.map((one) => long.take(one)))
          expect(replies).toEqual([{ id: 'id0', from: '13800000001', extension: '', text, at: 1 }])
        },
      ),
      { numRuns: 50 },
    )
  })

  it('decodes over the parts’ borders: a centre may divide inside a character', async () => {
    const { replies, long } = collector()
    const bytes = iconv.encode('派人参加', 'gbk')
    await Promise.all([
      long.take(part(Buffer.concat([concatenationHeader(1, 2, 1), bytes.subarray(0, 3)]), { format: 15 })),
      long.take(part(Buffer.concat([concatenationHeader(1, 2, 2), bytes.subarray(3)]), { format: 15 })),
    ])
    expect(replies).toMatchObject([{ text: '派人参加' }])
  })

  it('keeps texts apart by phone, extension, reference and number of parts', async () => {
    const { replies, long } = collector()
    const piece = (number: number, total: number, text: string, reference = 1) =>
      Buffer.concat([concatenationHeader(reference, total, number), iconv.encode(text, 'utf16-be')])
    const open = [
      long.take(part(piece(1, 2, '甲'))),
      long.take(part(piece(1, 2, '乙'), { from: '13800000002' })),
      long.take(part(piece(1, 2, '丙'), { extension: '1' })),
      long.take(part(piece(1, 2, '丁', 2))),
      long.take(part(piece(1, 3, '戊'))),
      long.take(part(piece(2, 2, '二'))),
    ]
    await open[5]
    expect(replies.map(({ text }) => text)).toEqual(['甲二'])
    long.close()
    expect((await Promise.allSettled(open)).map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'rejected',
      'rejected',
      'rejected',
      'fulfilled',
    ])
  })

  it('begins no text when it is closed: its timer would outlive the line, and pass it on to a house that has ended', async () => {
    const { replies, long } = collector(10)
    long.close()
    const [first] = splitText('督'.repeat(71), 5, 3)
    await expect(long.take(part(first!.content))).rejects.toThrow('closed')
    expect(replies).toEqual([])
  })

  it('passes an incomplete text on after a while, with … for what is missing', async () => {
    const { replies, long } = collector(10)
    const [, second] = splitText('一'.repeat(67) + '二'.repeat(67) + '三', 5, 3)
    await long.take(part(second!.content))
    expect(replies).toEqual([
      { id: 'id', from: '13800000001', extension: '', at: 1, text: `…${'二'.repeat(67)}…`, incomplete: true },
    ])
  })

  it('answers no part before the whole is durable, and begins again when that fails', async () => {
    let failures = 1
    const texts: string[] = []
    const long = new LongReplies(async ({ text }) => {
      if (failures-- > 0) throw new Error('full')
      texts.push(text)
    }, 60_000)
    const parts = splitText('督'.repeat(100), 5, 3).map(({ content }) => part(content))
    const all = () => Promise.allSettled(parts.map((one) => long.take(one)))
    expect((await all()).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect((await all()).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled'])
    expect(texts).toEqual(['督'.repeat(100)])
  })
})
