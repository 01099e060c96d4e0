import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  canEncode,
  decodeText,
  encodeText,
  encodeXml,
  type WriteEncoding,
} from '../../../core/mapping/encoding/text.ts'
import { errorOf } from './lib/outcome.ts'

describe('decodeText', () => {
  const nihao = Buffer.from('c4e3bac3', 'hex')

  it.each(['gbk', 'GB2312', '"gb2312"', " 'Gbk' ", 'gb2313', 'gb18030', 'cp936'])(
    'reads GBK bytes under the label %s',
    (label) => {
      expect(decodeText(nihao, label)).toBe('你好')
    },
  )

  it('reads UTF-8 without a label and under its own', () => {
    expect(decodeText(Buffer.from('驿站'))).toBe('驿站')
    expect(decodeText(Buffer.from('驿站'), 'UTF8')).toBe('驿站')
  })

  it.each([
    ['efbbbf41', 'gbk'],
    ['fffe4100', 'utf-8'],
    ['feff0041', 'utf-8'],
    ['8431953341', 'utf-8'],
  ])('lets the byte order mark in %s win over %s and drops it', (hex, label) => {
    expect(decodeText(Buffer.from(hex, 'hex'), label)).toBe('A')
  })

  it('reads utf-16 without a mark as little endian', () => {
    expect(decodeText(Buffer.from('中文', 'utf16le'), 'utf-16')).toBe('中文')
  })

  it('refuses a label that it does not know', () => {
    const error = errorOf(() => decodeText(nihao, 'big5'))
    expect(error.code).toBe('ENCODING_UNKNOWN')
    expect(error.facts.value).toBe('big5')
  })

  it.each([
    ['utf-8', '4142ff43', 2],
    ['utf-8', 'e4b8ade4b8', 3],
    ['utf-8', 'eda080', 0],
    ['gbk', 'c4e3bac3ff', 4],
    ['gbk', 'c4e3ba', 2],
    ['gb18030', '4181303c', 1],
    ['gb18030', '41fe39fe39', 1],
    ['utf-16', '410000d84200', 2],
    ['utf-16', '410042', 2],
  ])('says where %s bytes %s go wrong', (label, hex, offset) => {
    const error = errorOf(() => decodeText(Buffer.from(hex, 'hex'), label))
    expect(error.code).toBe('ENCODING_INVALID')
    expect(error.facts.field).toBe(String(offset))
    expect(error.facts.rule).toContain(label.slice(0, 3))
  })

  it('finds the bad byte in a large text, and is usable afterwards', () => {
    const bytes = Buffer.concat([encodeText('公文a'.repeat(5000), 'gbk'), Buffer.from([0xff]), nihao])
    expect(errorOf(() => decodeText(bytes, 'gbk')).facts.field).toBe('25000')
    expect(decodeText(nihao, 'gbk')).toBe('你好')
  })

  it('finds the bad byte that mutation put in, or reads the text', () => {
    const text = encodeText('关于召开会议的通知 '.repeat(20), 'gb18030')
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.integer({ min: 0, max: 255 }), (at, byte) => {
        const bytes = Buffer.from(text)
        bytes[at] = byte
        let read: string | undefined
        try {
          read = decodeText(bytes, 'gb18030')
        } catch {
          const offset = Number(errorOf(() => decodeText(bytes, 'gb18030')).facts.field)
          // All before the offset reads; with the character at the offset it no longer does.
          expect(() => decodeText(bytes.subarray(0, offset), 'gb18030')).not.toThrow()
          expect(() => decodeText(bytes.subarray(0, offset + 4), 'gb18030')).toThrow()
        }
        if (read !== undefined) expect(read).not.toContain('\ufffd')
      }),
    )
  })
})

describe('encodeText', () => {
  it('writes the bytes of the standard', () => {
    expect(encodeText('〔2013〕·你', 'gbk').toString('hex')).toBe('a1b232303133a1b3a1a4c4e3')
    expect(encodeText('你', 'utf-8').toString('hex')).toBe('e4bda0')
    expect(encodeText('𠀀', 'gb18030').toString('hex')).toBe('95328236')
  })

  it.each<[string, WriteEncoding, string, number]>([
    ['一?𠀀', 'gbk', 'U+20000', 3],
    ['a😀', 'gbk', 'U+1F600', 2],
    ['ab\ud800', 'gbk', 'U+D800', 3],
    ['ab\ud800', 'utf-8', 'U+D800', 3],
    ['\udc00', 'gb18030', 'U+DC00', 1],
    ['\ue78d', 'gbk', 'U+E78D', 1],
    ['王䶮', 'gbk', 'U+4DAE', 2],
    ['㧟', 'gbk', 'U+39DF', 1],
    ['㭎', 'gbk', 'U+3B4E', 1],
    ['ǹ', 'gbk', 'U+01F9', 1],
    ['⿰', 'gbk', 'U+2FF0', 1],
    ['1€', 'gbk', 'U+20AC', 2],
    ['︐', 'gb18030', 'U+FE10', 1],
    ['\ue5e5', 'gb18030', 'U+E5E5', 1],
  ])('refuses %j in %s and names %s', (text, encoding, codePoint, position) => {
    const error = errorOf(() => encodeText(text, encoding))
    expect(error.code).toBe('ENCODING_UNMAPPABLE')
    expect(error.facts.value).toContain(codePoint)
    expect(error.facts.field).toContain(`character ${position}`)
    expect(error.facts.rule).toBe(encoding)
  })

  it('writes as references what GBK readers would take for private use, and reads them back', () => {
    const xml = encodeXml('<a b="王䶮">㧟€</a>', 'gbk')
    expect(decodeText(xml, 'gbk')).toBe('<a b="王&#x4DAE;">&#x39DF;&#x20AC;</a>')
    expect(() => encodeXml('<a>\ud800</a>', 'gbk')).toThrow(expect.objectContaining({ code: 'ENCODING_UNMAPPABLE' }))
  })

  it('keeps question marks that are meant', () => {
    expect(encodeText('是否?!', 'gbk').toString('latin1')).toMatch(/\?!$/)
  })

  it('has every character read back as itself, over all of GBK', () => {
    let mapped = 0
    for (let code = 0; code <= 0xffff; code++) {
      const character = String.fromCharCode(code)
      if (!canEncode(character, 'gbk')) continue
      mapped++
      if (decodeText(encodeText(character, 'gbk'), 'gbk') !== character) expect.fail(`U+${code.toString(16)}`)
    }
    // CP936 without € and ⊕: each was read the same by Java 17's GBK, x-mswin-936 and GB18030, and by WHATWG's
    // decoders.
    expect(mapped).toBe(128 + 21_792 - 2)
  })

  it('has every character read back as itself, over all of GB 18030', () => {
    const refused = new Set<number>()
    for (let start = 0; start < 0x110000; start += 256) {
      const characters = Array.from({ length: 256 }, (_, index) => String.fromCodePoint(start + index))
      let text = `x${characters.join('')}`
      if (!encodes(text)) {
        const good = characters.filter((character) => canEncode(character, 'gb18030'))
        for (const character of characters) if (!good.includes(character)) refused.add(character.codePointAt(0) ?? 0)
        text = `x${good.join('')}`
      }
      if (decodeText(encodeText(text, 'gb18030'), 'gb18030') !== text) expect.fail(`block ${start.toString(16)}`)
    }
    // The surrogates, private-use characters and those that the standard's editions moved.
    expect(refused.size).toBe(2048 + 39)
  })

  function encodes(text: string): boolean {
    try {
      encodeText(text, 'gb18030')
      return true
    } catch {
      return false
    }
  }

  it('reads back whatever it does not refuse', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.constantFrom<WriteEncoding>('utf-8', 'gbk', 'gb18030'),
        (text, encoding) => {
          let bytes: Buffer
          try {
            bytes = encodeText(text, encoding)
          } catch {
            expect(errorOf(() => encodeText(text, encoding)).code).toBe('ENCODING_UNMAPPABLE')
            return
          }
          // A leading U+FEFF is a byte order mark to whoever reads.
          expect(decodeText(bytes, encoding)).toBe(text.replace(/^\ufeff/, ''))
        },
      ),
      { numRuns: 200 },
    )
  })
})
