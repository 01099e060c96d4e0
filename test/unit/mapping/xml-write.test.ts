import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canEncode, type WriteEncoding } from '../../../core/mapping/encoding/text.ts'
import { decodeBase64 } from '../../../core/mapping/xml/base64.ts'
import { textOf, type XmlElement } from '../../../core/mapping/xml/element.ts'
import { readXml, readXmlString } from '../../../core/mapping/xml/read.ts'
import { escapeAttribute, escapeText } from '../../../core/mapping/xml/escape.ts'
import { XmlWriter } from '../../../core/mapping/xml/write.ts'
import { errorOf } from './lib/outcome.ts'

/** What XML 1.0 allows, often the awkward parts of it. */
const legal = fc
  .array(
    fc.oneof(
      fc.constantFrom('&', '<', '>', '"', "'", '\r', '\n', '\t', ']]>', ' ', '\r\n', '&amp;', '中'),
      fc.string({ unit: 'binary', maxLength: 5 }),
    ),
  )
  // eslint-disable-next-line no-control-regex
  .map((parts) => parts.join('').replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu, ''))

describe('escapeText and escapeAttribute', () => {
  it('read back as they were', () => {
    fc.assert(
      fc.property(legal, (text) => {
        const root = readXmlString(`<a x="${escapeAttribute(text)}">${escapeText(text)}</a>`)
        expect(root.text).toBe(text)
        expect(root.attributes.get('x')).toBe(text)
      }),
      { numRuns: 500 },
    )
  })

  it.each([
    ['a\u0000', 'U+0000', 2],
    ['\u001f', 'U+001F', 1],
    ['中文\u000b', 'U+000B', 3],
    ['\ufffe', 'U+FFFE', 1],
    ['😀\ud800', 'U+D800', 2],
  ])('refuse %j', (text, codePoint, position) => {
    for (const escape of [escapeText, escapeAttribute]) {
      const error = errorOf(() => escape(text))
      expect(error.code).toBe('XML_CHARACTER')
      expect(error.facts.value).toBe(codePoint)
      expect(error.facts.field).toContain(`character ${position}`)
    }
  })
})

describe('XmlWriter', () => {
  const write = (build: (writer: XmlWriter) => void, encoding?: WriteEncoding) => {
    const writer = new XmlWriter({ encoding })
    build(writer)
    return Buffer.concat(writer.finish())
  }

  it('writes what it is told and nothing else', () => {
    const bytes = write((writer) =>
      writer.open('p:a').attribute('xmlns:p', 'u').attribute('x', '<"').element('b', '1 & 2').open('c').close().close(),
    )
    expect(bytes.toString()).toBe(
      '<?xml version="1.0" encoding="UTF-8"?><p:a xmlns:p="u" x="&lt;&quot;"><b>1 &amp; 2</b><c/></p:a>',
    )
    expect(Buffer.concat(new XmlWriter({ declaration: false }).open('a').close().finish()).toString()).toBe('<a/>')
  })

  it.each<WriteEncoding>(['utf-8', 'gbk', 'gb18030'])('writes trees in %s that read back', (encoding) => {
    const name = fc.constantFrom('a', '电子公文', 'b-1', '_.x')
    const within = legal.map((text) =>
      Array.from(text, (character) => (canEncode(character, encoding) ? character : '')).join(''),
    )
    interface Tree {
      name: string
      attributes: Record<string, string>
      content: (string | Uint8Array | Tree)[]
    }
    const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
      tree: fc.record<Tree>({
        name,
        attributes: fc.dictionary(name, within, { maxKeys: 3 }),
        content: fc.oneof(
          { depthSize: 'small' },
          fc.tuple(within),
          fc.tuple(fc.uint8Array({ maxLength: 5000, size: 'max' })),
          fc.array(tie('tree'), { maxLength: 3 }),
        ),
      }),
    }))
    const put = (writer: XmlWriter, { name: element, attributes, content }: Tree): void => {
      writer.open(element)
      for (const [key, value] of Object.entries(attributes)) writer.attribute(key, value)
      for (const item of content) {
        if (typeof item === 'string') writer.text(item)
        else if (item instanceof Uint8Array) writer.base64(Buffer.from(item))
        else put(writer, item)
      }
      writer.close()
    }
    const check = (element: XmlElement, expected: Tree): void => {
      expect(element.local).toBe(expected.name)
      expect(Object.fromEntries(element.attributes)).toEqual({ ...expected.attributes })
      const [first] = expected.content
      if (typeof first === 'string') expect(element.text).toBe(first)
      else if (first instanceof Uint8Array) expect(decodeBase64(textOf(element)).equals(first)).toBe(true)
      else element.children.forEach((child, index) => check(child, expected.content[index] as Tree))
      expect(element.children).toHaveLength(
        expected.content.filter((item) => typeof item === 'object' && !(item instanceof Uint8Array)).length,
      )
    }
    fc.assert(
      fc.property(tree, (expected) => check(readXml(write((writer) => put(writer, expected), encoding)), expected)),
      { numRuns: 150 },
    )
  })

  it('writes large bodies as base64 in chunks of bytes', () => {
    const body = Buffer.alloc(500_001, '正文')
    const writer = new XmlWriter().open('a').base64(body).close()
    const chunks = writer.finish()
    expect(chunks).toHaveLength(3)
    expect(decodeBase64(readXml(Buffer.concat(chunks)).body ?? '').equals(body)).toBe(true)
  })

  it.each<WriteEncoding>(['utf-8', 'gbk'])('puts a document into another as text, in %s', (encoding) => {
    const body = Buffer.alloc(6000, 'x')
    const inner = new XmlWriter({ encoding })
      .open('电子公文')
      .element('标题', 'A & B > C\r\n]]>')
      .open('正文')
      .base64(body)
      .close()
      .close()
      .finish()
    const outer = write((writer) => writer.open('a').document(inner).close(), encoding)
    const read = readXmlString(readXml(outer).text)
    expect(read.children[0]?.text).toBe('A & B > C\r\n]]>')
    expect(decodeBase64(read.children[1]?.body ?? '').equals(body)).toBe(true)
  })

  it('writes what the encoding lacks as references that any reader understands', () => {
    const bytes = Buffer.concat(
      new XmlWriter({ encoding: 'gbk' }).open('签发人').attribute('名', '王䶮').text('王䶮😀').close().finish(),
    )
    expect(bytes.toString('latin1')).toContain('&#x4DAE;&#x1F600;<')
    const read = readXml(bytes)
    expect([textOf(read), read.attributes.get('名')]).toEqual(['王䶮😀', '王䶮'])
  })

  it('names the path of what cannot be written', () => {
    const unmappable = errorOf(() => new XmlWriter({ encoding: 'gbk' }).open('公文').open('标䶮'))
    expect(unmappable.code).toBe('ENCODING_UNMAPPABLE')
    expect(unmappable.facts.field).toMatch(/^公文\/标䶮，.*character 2$/)
    const illegal = errorOf(() => new XmlWriter().open('a').attribute('x', '\u0001'))
    expect(illegal.code).toBe('XML_CHARACTER')
    expect(illegal.facts.field).toMatch(/^a\/@x，/)
  })

  it.each(['', '1a', 'a b', 'a<', '-', 'a"', '甲\u0000', '😀 '])('refuses the name %j', (name) => {
    expect(errorOf(() => new XmlWriter().open(name)).code).toBe('XML_CHARACTER')
    expect(errorOf(() => new XmlWriter().open('a').attribute(name, '')).code).toBe('XML_CHARACTER')
  })

  it('does not let itself be misused', () => {
    expect(() => new XmlWriter().close()).toThrow('nothing is open')
    expect(() => new XmlWriter().open('a').finish()).toThrow('still open: a')
    expect(() => new XmlWriter().open('a').text('x').attribute('b', '1')).toThrow('outside of a start tag')
  })
})
