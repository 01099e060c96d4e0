import { describe, expect, it } from 'vitest'
import { encodeText } from '../../../core/mapping/encoding/text.ts'
import { childOf, childrenOf, textOf } from '../../../core/mapping/xml/element.ts'
import { readXml, readXmlString } from '../../../core/mapping/xml/read.ts'
import { errorOf } from './lib/outcome.ts'
import { cpuTime } from '../lib/cpu.ts'

const read = (text: string, options = {}) => readXml(Buffer.from(text), options)

describe('readXml', () => {
  it('gives names, namespaces, attributes, text and lines', () => {
    const root = read(
      '<?xml version="1.0"?>\n<a xmlns="u:1" xmlns:p="u:2" x="1&amp;2">\n<p:b p:y="3" z="4">t<![CDATA[<&]]>&#20013;</p:b><b/>\n<?pi x?><!-- c --></a>',
    )
    expect(root).toMatchObject({ local: 'a', uri: 'u:1', text: '\n\n', body: undefined, line: 2 })
    expect([...root.attributes]).toEqual([['x', '1&2']])
    expect(root.children).toHaveLength(2)
    const [first] = root.children
    expect(first).toMatchObject({ local: 'b', uri: 'u:2', text: 't<&中', line: 3 })
    expect([...(first?.attributes ?? [])]).toEqual([
      ['y', '3'],
      ['z', '4'],
    ])
    expect(childOf(root, 'b', 'u:1')).toBe(root.children[1])
    expect(childrenOf(root, 'b')).toHaveLength(2)
    expect(childOf(root, 'c')).toBeUndefined()
  })

  it.each(['<a type="1" p:type="2" xmlns:p="u"/>', '<a p:type="2" type="1" xmlns:p="u"/>'])(
    'prefers the unprefixed attribute in %s',
    (text) => {
      expect(read(text).attributes.get('type')).toBe('1')
    },
  )

  it('drops prefixes where namespaces are off', () => {
    const root = read('<q:a q:x="1" xmlns:r="u"><r:b/></q:a>', { namespaces: false })
    expect(root).toMatchObject({ local: 'a', uri: '' })
    expect([...root.attributes]).toEqual([['x', '1']])
    expect(root.children[0]?.local).toBe('b')
  })

  it.each([
    ['nothing', '', '1:1'],
    ['no element', '<!-- x -->', '1:10'],
    ['an open element', '<a>\n<b>', '2:3'],
    ['crossed tags', '<a>\n <b></a></b>', '2:8'],
    ['two roots', '<a/>\n<b/>', '2:3'],
    ['trailing junk', '<a/>\n  x', '2:3'],
    ['leading junk', 'x<a/>', '1:2'],
    ['an undeclared prefix', '<a>\n<p:b/></a>', '2:6'],
    ['an undeclared attribute prefix', '<a p:x="1"/>', '1:12'],
    ['a doubled attribute', '<a x="1" x="2"/>', '1:16'],
    ['an attribute doubled by namespace', '<a p:x="1" q:x="2" xmlns:p="u" xmlns:q="u"/>', '1:44'],
    ['an unquoted attribute', '<a x=1/>', '1:6'],
    ['a bare ampersand', '<a>x & y</a>', '1:12'],
    ['an HTML entity', '<a>&nbsp;</a>', '1:9'],
    ['a control character', '<a>\u0001</a>', '1:4'],
    ['a reference to a control character', '<a>&#1;</a>', '1:7'],
    ['the end of CDATA in text', '<a>]]></a>', '1:6'],
    ['a declaration that is not first', ' <?xml version="1.0"?><a/>', '1:7'],
    ['a comment with two hyphens', '<a><!-- a -- b --></a>', '1:13'],
  ])('refuses %s', (_, text, place) => {
    const error = errorOf(() => read(text))
    expect(error.code).toBe('XML_MALFORMED')
    expect(error.facts.field).toBe(place)
    expect(error.facts.detail).not.toBe('')
  })

  it.each([
    '<!DOCTYPE a><a/>',
    '<!DOCTYPE a [<!ENTITY x "y"><!ENTITY z "&x;&x;">]><a>&z;</a>',
    '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
  ])('refuses %s', (text) => {
    expect(errorOf(() => read(text)).code).toBe('XML_DOCTYPE')
  })
})

describe('the encoding of a document', () => {
  const gbk = (declaration: string) => encodeText(`<?xml version="1.0"${declaration}?><a 标题="通知">你好</a>`, 'gbk')

  it.each([' encoding="gb2312"', " encoding = 'GBK'", ' encoding="gb2313"', ' encoding="GB18030" standalone="yes"'])(
    'is the declared one:%s',
    (declaration) => {
      const root = readXml(gbk(declaration))
      expect(root.text).toBe('你好')
      expect(root.attributes.get('标题')).toBe('通知')
    },
  )

  it('is the charset of HTTP before the declared one', () => {
    expect(readXml(gbk(' encoding="UTF-8"'), { charset: 'GBK' }).text).toBe('你好')
    expect(readXml(Buffer.from('<?xml version="1.0" encoding="gb2312"?><a>你好</a>'), { charset: 'utf-8' }).text).toBe(
      '你好',
    )
  })

  it('is UTF-8 where nothing is said', () => {
    expect(readXml(Buffer.from('<a>你好</a>')).text).toBe('你好')
    const error = errorOf(() => readXml(gbk('')))
    expect(error.code).toBe('ENCODING_INVALID')
    expect(error.facts).toMatchObject({ field: '24', rule: 'utf-8' })
  })

  it('is what a byte order mark says', () => {
    expect(readXml(Buffer.from('\ufeff<?xml version="1.0" encoding="gb2312"?><a>你好</a>')).text).toBe('你好')
    expect(readXml(Buffer.from('\ufeff<a>你好</a>', 'utf16le'), { charset: 'utf-8' }).text).toBe('你好')
    expect(readXml(Buffer.from('\ufeff<a>你好</a>', 'utf16le').swap16()).text).toBe('你好')
  })

  it('is UTF-16 when the first bytes can be nothing else', () => {
    const text = '<?xml version="1.0" encoding="utf-16"?><a>你好</a>'
    expect(readXml(Buffer.from(text, 'utf16le')).text).toBe('你好')
    expect(readXml(Buffer.from(text, 'utf16le').swap16()).text).toBe('你好')
  })

  it('is not UTF-16 when the declaration that says so is in single bytes', () => {
    expect(readXml(Buffer.from('<?xml version="1.0" encoding="utf-16"?><a>你好</a>')).text).toBe('你好')
  })

  it('is of no consequence in a string', () => {
    expect(readXmlString('<?xml version="1.0" encoding="gb2312"?><a>你好</a>').text).toBe('你好')
  })

  it('is refused when unknown', () => {
    expect(errorOf(() => readXml(Buffer.from('<?xml version="1.0" encoding="big5"?><a>\u4f60</a>'))).code).toBe(
      'ENCODING_UNKNOWN',
    )
    expect(errorOf(() => readXml(Buffer.from('<a>\u4f60</a>'), { charset: 'ebcdic' })).facts.value).toBe('ebcdic')
  })

  it('is of no consequence where all is ASCII', () => {
    for (const label of ['big5', 'ebcdic', 'ISO-8859-1'])
      expect(readXml(Buffer.from(`<?xml version="1.0" encoding="${label}"?><a>ok</a>`), { charset: label }).text).toBe(
        'ok',
      )
  })

  it.each(['ISO-8859-1', 'latin1', '"windows-1252"'])(
    'passes over %s, the default of a server that was told nothing',
    (charset) => {
      expect(readXml(gbk(' encoding="gb2312"'), { charset }).text).toBe('你好')
      expect(readXml(Buffer.from('<a>你好</a>'), { charset }).text).toBe('你好')
      expect(errorOf(() => readXml(gbk(''), { charset })).code).toBe('ENCODING_INVALID')
    },
  )

  it('reads GBK characters whose second byte looks like ASCII', () => {
    // 丂 = 81 40, 亅 = 81 5C-like trail bytes: @, \, |, ~ are all second bytes in GBK.
    const text = '丂乗亅亊俓億'
    expect(readXml(encodeText(`<a>${text}</a>`, 'gbk'), { charset: 'gbk' }).text).toBe(text)
  })

  it('refuses half a surrogate pair in a string', () => {
    expect(errorOf(() => readXmlString('<a>\nx\ud800</a>'))).toMatchObject({
      code: 'XML_MALFORMED',
      facts: { field: '2:2' },
    })
  })
})

describe('limits', () => {
  it.each<[string, string, Record<string, number>]>([
    ['depth', '<a>'.repeat(65), {}],
    ['depth', '<a><b><c/></b></a>', { depth: 2 }],
    ['elements', `<a>${'<b/>'.repeat(10)}</a>`, { elements: 10 }],
    ['attributes', '<a x="1" y="2" z="3"/>', { attributes: 2 }],
    ['attributes', '<a xmlns="u" xmlns:p="v" z="3"/>', { attributes: 2 }],
    ['attributesTotal', '<a x="1"><b x="1"/><b x="1"/></a>', { attributesTotal: 2 }],
    ['nameLength', '<abcdef/>', { nameLength: 5 }],
    ['nameLength', '<a abcdef="1"/>', { nameLength: 5 }],
    ['text', '<a>1234<b x="56"/>78</a>', { text: 7 }],
    ['text', '<a><![CDATA[12345678]]></a>', { text: 7 }],
    ['size', '<a>12345678</a>', { size: 14 }],
  ])('stops at %s in %s', (limit, text, limits) => {
    const error = errorOf(() => read(text, { limits }))
    expect(error.code).toBe('XML_LIMIT')
    expect(error.status).toBe(413)
    expect(error.facts.value).toContain(limit)
    expect(error.facts.rule).toMatch(new RegExp(`^${limit} ≤ \\d+$`))
  })

  it('takes what is just within them', () => {
    expect(read(`${'<a>'.repeat(64)}${'</a>'.repeat(64)}`).local).toBe('a')
    expect(
      read('<a x="1" y="2">3</a>', { limits: { attributes: 2, text: 3, nameLength: 1, elements: 1, depth: 1 } }).text,
    ).toBe('3')
  })

  it.each([
    ['deep nesting with namespaces', '<a xmlns:p="u">'.repeat(1_000_000)],
    ['a million attributes', `<a ${Array.from({ length: 300_000 }, (_, index) => `a${index}=""`).join(' ')}/>`],
    ['a name of 10 MB', `<${'a'.repeat(10_000_000)}/>`],
    ['a million elements', `<a>${'<b/>'.repeat(1_000_000)}</a>`],
    ['tags that never end', '<a '.repeat(3_000_000)],
    ['long gaps without tag ends', `<${'A'.repeat(5000)}`.repeat(2000)],
    ['many tag ends in one gap', `<a>${'>'.repeat(10_000_000)}`],
    ['a text over the limit', `<a>${'文 '.repeat(9_000_000)}</a>`],
  ])('dies early of %s', (_, text) => {
    const bytes = Buffer.from(text)
    const spent = cpuTime()
    expect(['XML_LIMIT', 'XML_MALFORMED']).toContain(errorOf(() => readXml(bytes)).code)
    expect(spent()).toBeLessThan(3000)
  })
})

describe('textOf', () => {
  it('gives a word that was cut out like base64 with its line ends normalised', () => {
    const root = read(`<a>${'abcd\r\n'.repeat(3)}</a>`, { cutAbove: 8 })
    expect(root.body).toBeDefined()
    expect(textOf(root)).toBe('abcd\nabcd\nabcd\n')
  })
})
