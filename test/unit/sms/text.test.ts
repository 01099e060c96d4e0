import fc from 'fast-check'
import iconv from 'iconv-lite'
import { describe, expect, it } from 'vitest'
import { readHeader } from '../../../adapters/sms/text/header.ts'
import { readText } from '../../../adapters/sms/text/read.ts'
import { splitText } from '../../../adapters/sms/text/split.ts'

const anyText = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 400, size: 'max' })
  .filter((text) => text !== '' && !text.startsWith('\ufeff'))

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
    ['050003070201 41', { bits: 8, reference: 7, total: 2, number: 1 }],
    ['0608040107 0302 41', { bits: 16, reference: 0x0107, total: 3, number: 2 }],
    ['0a 2401 01 00 03 07 02 01 7000 41', { bits: 8, reference: 7, total: 2, number: 1 }],
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
