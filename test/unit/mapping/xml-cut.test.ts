import fc from 'fast-check'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { atOnce } from '../../../core/util/turns.ts'
import { encodeText } from '../../../core/mapping/encoding/text.ts'
import { decodeBase64 } from '../../../core/mapping/xml/base64.ts'
import { childOf, type XmlElement } from '../../../core/mapping/xml/element.ts'
import { defaultXmlLimits } from '../../../core/mapping/xml/limits.ts'
import { LimitedParser } from '../../../core/mapping/xml/parser.ts'
import { plainText } from '../../../core/mapping/xml/plain.ts'
import { readXml, readXmlString } from '../../../core/mapping/xml/read.ts'
import { scanBase64 } from '../../../core/mapping/xml/scan.ts'
import { errorOf, plain } from './lib/outcome.ts'

const base64 = (length: number): string => Buffer.alloc(length, '公文正文').toString('base64')

describe('a long run of base64', () => {
  const body = base64(9000)

  it('is a view on the input, not decoded', () => {
    const bytes = Buffer.from(`<a><b>${body}</b><c>x</c></a>`)
    const root = readXml(bytes)
    const run = childOf(root, 'b')?.body
    expect(run?.buffer).toBe(bytes.buffer)
    expect(run?.byteOffset).toBe(bytes.byteOffset + 6)
    expect(run?.toString()).toBe(body)
    expect(childOf(root, 'b')?.text).toBe('')
    expect(childOf(root, 'c')).toMatchObject({ text: 'x', body: undefined })
    expect(decodeBase64(run ?? '').equals(Buffer.alloc(9000, '公文正文'))).toBe(true)
  })

  it('is cut out of a string, too', () => {
    expect(childOf(readXmlString(`<甲><b>${body}</b></甲>`), 'b')?.body?.toString()).toBe(body)
  })

  it('is not what only looks like base64 when cut down to bytes', () => {
    const text = '\u0141\u4e41'.repeat(3000)
    expect(readXmlString(`<a>${text}</a>`)).toMatchObject({ text, body: undefined })
  })

  it.each(['gbk', 'gb18030'] as const)('is cut out of %s, with Chinese around', (encoding) => {
    const bytes = encodeText(
      `<电子公文><标题>关于〔2011〕83号</标题><正文 编码方式="BASE64">${body}</正文><附注>镕</附注></电子公文>`,
      encoding,
    )
    const root = readXml(bytes, { charset: encoding })
    expect(childOf(root, '标题')?.text).toBe('关于〔2011〕83号')
    expect(childOf(root, '正文')?.body?.toString()).toBe(body)
    expect(childOf(root, '附注')?.text).toBe('镕')
  })

  it('leaves lines and columns right', () => {
    const lines = body.replace(/.{76}/g, '$&\r\n')
    const text = `<a>\n<b>${lines}</b>\n<c/></a>`
    expect(childOf(readXml(Buffer.from(text)), 'c')?.line).toBe(
      childOf(readXml(Buffer.from(text), { cutAbove: Infinity }), 'c')?.line,
    )
    for (const broken of [`<a><b>${lines}</b>\n</c></a>`, `<a><b>${lines}</c></a>`, `<a><b>${body}</c></a>`]) {
      expect(errorOf(() => readXml(Buffer.from(broken))).facts.field).toBe(
        errorOf(() => readXml(Buffer.from(broken), { cutAbove: Infinity })).facts.field,
      )
    }
  })

  it.each<[string, string]>([
    ['a comment', `<a><!-- <b>${body}</b> --></a>`],
    ['a CDATA section', `<a><![CDATA[<b>${body}</b>]]></a>`],
    ['a processing instruction', `<a><?x <b>${body}</b> ?></a>`],
    ['what follows an empty element', `<a><b/>${body}</a>`],
    ['what follows a child', `<a><b></b>${body}</a>`],
    ['what follows a comment', `<a><!-- -->${body}</a>`],
    ['what stands before a child', `<a>${body}<b/></a>`],
  ])('is not cut out of %s', (_, text) => {
    const bytes = Buffer.from(text)
    const root = readXml(bytes)
    expect(JSON.stringify(root)).not.toContain('"type":"Buffer"')
    expect(root).toEqual(readXml(bytes, { cutAbove: Infinity }))
  })

  it('is refused where text may not stand', () => {
    for (const text of [body, `<a/>${body}</a>`, `<a></a>${body}</a>`, `<a x="<b>${body}</b>"/>`, `<a ${body}</a>`]) {
      expect(errorOf(() => readXml(Buffer.from(text))).code).toBe('XML_MALFORMED')
    }
  })

  it('does not count against the limit of text', () => {
    const bytes = Buffer.from(`<a>${body}</a>`)
    expect(readXml(bytes, { limits: { text: 10 } }).body).toHaveLength(body.length)
    expect(errorOf(() => readXml(bytes, { limits: { text: 10 }, cutAbove: Infinity })).code).toBe('XML_LIMIT')
  })

  it('survives a tag end in an attribute', () => {
    const root = readXml(Buffer.from(`<a x="1>2">${body}</a>`))
    expect(root.attributes.get('x')).toBe('1>2')
    expect(root.body?.toString()).toBe(body)
  })
})

describe('a long text', () => {
  const inner = `<?xml version="1.0"?><公文 标题="A&amp;B">${base64(6000)}</公文>`
  const escaped = inner.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

  it('reads as the parser would read it', () => {
    const root = readXml(Buffer.from(`<a><b>${escaped}\r\n&#20013;&#x4E2d;</b></a>`))
    expect(childOf(root, 'b')?.text).toBe(`${inner}\n中中`)
    expect(readXmlString(childOf(root, 'b')?.text.trimEnd().replace(/中+$/, '') ?? '').body).toBeDefined()
  })

  it.each([
    '&nbsp;',
    '& ',
    '&#0;',
    '&#xD800;',
    '&#x110000;',
    '&#X41;',
    '&#;',
    '&;',
    ']]>',
    '\u0001',
    '\uffff',
    '&#00000000065;x&',
  ])('leaves %j to the parser', (odd) => {
    const raw = `${escaped}${odd}${'z'.repeat(20)}`
    // eslint-disable-next-line no-control-regex
    expect(/[\u0000-\u001f]/.test(odd) || atOnce(plainText(raw)) === undefined).toBe(true)
    expect(errorOf(() => readXml(Buffer.from(`<a>${raw}</a>`)))).toMatchObject(errorFacts(`<a>${raw}</a>`))
  })

  it('counts against the limit of text', () => {
    expect(errorOf(() => readXml(Buffer.from(`<a>${escaped}</a>`), { limits: { text: 1000 } })).code).toBe('XML_LIMIT')
  })

  function errorFacts(text: string): { code: string; facts: object } {
    const { code, facts } = errorOf(() => readXml(Buffer.from(text), { cutAbove: Infinity }))
    return { code, facts }
  }
})

describe('cut and uncut', () => {
  const blank = fc.constantFrom('', ' ', '\n', '\r\n', '\t')
  const run = fc.tuple(fc.nat(60), blank).map(([length, between]) => base64(length).replace(/.{8}/g, `$&${between}`))
  const text = fc.oneof(
    fc.constantFrom(
      '&amp;',
      '&lt;b&gt;',
      '&#13;',
      '中文',
      'x > y',
      '。'.repeat(30),
      `a\r\nb ${'&#x4e2d;'.repeat(9)}`,
      ']]&gt;',
    ),
    run,
  )
  const odd = fc.constantFrom(
    '<!-- <b>QUJDREVGR0hJSktM</b> -->',
    '<![CDATA[<b>QUJDREVGR0hJSktM</b>]]>',
    '<?x <b>QUJDREVGR0hJSktM</b>?>',
    '<b/>',
    '<b x="1>2" y=\'"\'/>',
  )
  const { element } = fc.letrec<{ element: string }>((tie) => ({
    element: fc
      .tuple(
        fc.constantFrom('a', '正文', 'p:b'),
        fc.constantFrom('', ' x="1"', ' 文件名="甲.doc" p:x="&amp;>"'),
        fc.array(fc.oneof({ depthSize: 'small', withCrossShrink: true }, text, odd, tie('element')), { maxLength: 4 }),
      )
      .map(([name, attributes, content]) => `<${name}${attributes}>${content.join('')}</${name}>`),
  }))
  const document = fc
    .tuple(fc.constantFrom('', '<?xml version="1.0"?>\n', '\n<!-- <a>QUJDREVGR0hJSktM</a> -->'), element)
    .map(([head, root]) => `${head}<r xmlns:p="u">${root}</r>`)

  it.each(['utf-8', 'gbk', 'gb18030'] as const)('give the same tree from %s', (charset) => {
    let cut = 0
    fc.assert(
      fc.property(document, fc.constantFrom(1, 4, 9, 40), (source, cutAbove) => {
        const bytes = encodeText(source, charset)
        const tree = readXml(bytes, { charset, cutAbove })
        if (hasBody(tree)) cut++
        expect(plain(tree)).toEqual(plain(readXml(bytes, { charset, cutAbove: Infinity })))
        expect(plain(readXmlString(source, { cutAbove }))).toEqual(plain(tree))
      }),
      { numRuns: 600 },
    )
    expect(cut).toBeGreaterThan(30)
  })

  function hasBody(element: XmlElement): boolean {
    return element.body !== undefined || element.children.some(hasBody)
  }
})

describe('scanBase64', () => {
  it('counts line feeds and finds what is not base64, at any offset and length', () => {
    fc.assert(
      fc.property(
        fc.nat(5),
        fc.array(fc.constantFrom('QUJD', '\n', '\r\n', '+/==', ' '), { maxLength: 60 }),
        fc.option(fc.tuple(fc.nat(300), fc.integer({ min: 0, max: 255 }))),
        (offset, parts, bad) => {
          const run = Buffer.concat([
            Buffer.alloc(offset, 0xff),
            Buffer.from(parts.join('')),
            Buffer.alloc(3, 0xff),
          ]).subarray(offset, -3)
          if (bad !== null && run.length > 0) run[bad[0] % run.length] = bad[1]
          const text = run.toString('latin1')
          expect(scanBase64(run)).toBe(
            /[^A-Za-z0-9+/=\s]|[\f\v\u0085\u00a0]/.test(text) ? -1 : text.split('\n').length - 1,
          )
        },
      ),
      { numRuns: 500 },
    )
  })

  it('counts what fills many blocks', () => {
    expect(scanBase64(Buffer.alloc(20_001, '\n'))).toBe(20_001)
  })
})

describe('the parser', () => {
  it('is no dictionary to V8, which would make it four times slower', () => {
    setFlagsFromString('--allow-natives-syntax')
    const isFast = runInNewContext('(object) => %HasFastProperties(object)') as (object: object) => boolean
    expect(isFast({})).toBe(true)
    setFlagsFromString('--no-allow-natives-syntax')
    const parser = new LimitedParser(defaultXmlLimits, true)
    for (const event of ['opentag', 'closetag', 'text', 'cdata'] as const) parser.on(event, () => undefined)
    parser.write('<a x="1">text<b/>&amp;</a>')
    expect(isFast(parser)).toBe(true)
  })
})
