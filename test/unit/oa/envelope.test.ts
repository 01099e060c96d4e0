import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { YizhanError } from '../../../core/errors/error.ts'
import { encodeText } from '../../../core/mapping/encoding/text.ts'
import {
  contentTypeOf,
  faultOf,
  readEnvelope,
  writeEnvelope,
  writeFault,
  type FaultCode,
  type SoapVersion,
} from '../../../adapters/oa/soap/envelope.ts'
import { parseContentType } from '../../../adapters/kit/http/content-type.ts'
import { soapAction } from '../../../adapters/oa/soap/action.ts'
import { childOf, textOf } from '../../../core/mapping/xml/element.ts'
import { XmlWriter } from '../../../core/mapping/xml/write.ts'
import { errorOf } from '../mapping/lib/outcome.ts'
import { cpuTime } from '../lib/cpu.ts'

const uri = {
  '1.1': 'http://schemas.xmlsoap.org/soap/envelope/',
  '1.2': 'http://www.w3.org/2003/05/soap-envelope',
} as const
const envelope = (content: string, version: SoapVersion = '1.1') =>
  Buffer.from(`<s:Envelope xmlns:s="${uri[version]}">${content}</s:Envelope>`)

describe('readEnvelope', () => {
  it.each(['1.1', '1.2'] as const)('reads SOAP %s', (version) => {
    const read = readEnvelope(
      envelope(
        '\n<s:Header><h xmlns="u:h"/></s:Header>\n<s:Body>\n<Submit xmlns="u:1"><a>1</a></Submit>\n</s:Body>\n',
        version,
      ),
    )
    expect(read.version).toBe(version)
    expect(read.headers.map(({ local, uri: namespace }) => [local, namespace])).toEqual([['h', 'u:h']])
    expect(read.body).toMatchObject({ local: 'Submit', uri: 'u:1' })
    expect(read.envelope.local).toBe('Envelope')
  })

  it('takes the charset from the Content-Type', () => {
    const bytes = (declared: string) =>
      encodeText(
        `<?xml version="1.0" encoding="${declared}"?><Envelope xmlns="${uri['1.1']}"><Body><标题 xmlns="">通知</标题></Body></Envelope>`,
        'gbk',
      )
    expect(readEnvelope(bytes('utf-8'), { contentType: 'text/xml; charset="GBK"' }).body.text).toBe('通知')
    expect(readEnvelope(bytes('gb2312'), { contentType: 'text/xml' }).body).toMatchObject({
      local: '标题',
      text: '通知',
    })
    expect(errorOf(() => readEnvelope(bytes('gb2312'), { contentType: 'text/xml; charset=utf-8' })).code).toBe(
      'ENCODING_INVALID',
    )
  })

  it.each<[string, string]>([
    ['no body', ''],
    ['no body but a header', '<s:Header/>'],
    ['an empty body', '<s:Body/>'],
    ['a body of text', '<s:Body>x</s:Body>'],
    ['text beside the element', '<s:Body>x<a/></s:Body>'],
    ['two elements in the body', '<s:Body><a/><b/></s:Body>'],
    ['two bodies', '<s:Body><a/></s:Body><s:Body><a/></s:Body>'],
    ['something after the body', '<s:Body><a/></s:Body><x/>'],
    ['a header after the body', '<s:Body><a/></s:Body><s:Header/>'],
    ['two headers', '<s:Header/><s:Header/><s:Body><a/></s:Body>'],
    ['a body of no namespace', '<Body><a/></Body>'],
    ["a body of the other version's namespace", `<Body xmlns="${uri['1.2']}"><a/></Body>`],
  ])('refuses %s', (_, content) => {
    const error = errorOf(() => readEnvelope(envelope(content)))
    expect(error.code).toBe('SOAP_ENVELOPE')
    expect(error.facts.field).toMatch(/^Envelope/)
    expect(faultOf(error).code).toBe('Client')
  })

  it('refuses what is no envelope', () => {
    expect(errorOf(() => readEnvelope(Buffer.from('<html/>'))).code).toBe('SOAP_ENVELOPE')
    expect(errorOf(() => readEnvelope(Buffer.from('{}'))).code).toBe('XML_MALFORMED')
    expect(errorOf(() => readEnvelope(Buffer.alloc(0))).code).toBe('XML_MALFORMED')
  })

  it.each([
    '<Envelope/>',
    '<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope"/>',
    '<s:Envelope xmlns:s="urn:x"><s:Body><a/></s:Body></s:Envelope>',
  ])('has %s mismatch in version', (text) => {
    const error = errorOf(() => readEnvelope(Buffer.from(text)))
    expect(error.code).toBe('SOAP_VERSION')
    expect(faultOf(error).code).toBe('VersionMismatch')
  })

  describe('mustUnderstand', () => {
    const header = (attributes: string, version: SoapVersion = '1.1') =>
      envelope(`<s:Header><h:H xmlns:h="u:h" ${attributes}/></s:Header><s:Body><a/></s:Body>`, version)

    it.each<[string, SoapVersion]>([
      ['s:mustUnderstand="1"', '1.1'],
      ['s:mustUnderstand="1" s:actor="http://schemas.xmlsoap.org/soap/actor/next"', '1.1'],
      ['s:mustUnderstand="true"', '1.2'],
      [`s:mustUnderstand="1" s:role="${uri['1.2']}/role/ultimateReceiver"`, '1.2'],
    ])('is obeyed: %s', (attributes, version) => {
      const error = errorOf(() => readEnvelope(header(attributes, version)))
      expect(error.code).toBe('SOAP_MUST_UNDERSTAND')
      expect(error.facts.field).toBe('{u:h}H')
      expect(faultOf(error).code).toBe('MustUnderstand')
      expect(readEnvelope(header(attributes, version), { understood: ['u:h'] }).headers).toHaveLength(1)
    })

    it.each<[string, SoapVersion]>([
      ['s:mustUnderstand="0"', '1.1'],
      ['', '1.1'],
      ['s:mustUnderstand="1" s:actor="urn:another"', '1.1'],
      ['s:mustUnderstand="true" s:role="urn:another"', '1.2'],
    ])('does not concern us: %s', (attributes, version) => {
      expect(readEnvelope(header(attributes, version)).headers).toHaveLength(1)
    })
  })

  it('keeps the limits that it is given', () => {
    expect(errorOf(() => readEnvelope(envelope('<s:Body><a/></s:Body>'), { limits: { elements: 2 } })).code).toBe(
      'XML_LIMIT',
    )
  })
})

describe('writeEnvelope', () => {
  it.each<[SoapVersion, 'utf-8' | 'gbk']>([
    ['1.1', 'utf-8'],
    ['1.2', 'gbk'],
  ])('writes SOAP %s in %s that reads back', (version, encoding) => {
    const body = Buffer.alloc(6000, 'x')
    const part = (name: string) => new XmlWriter({ declaration: false, encoding }).open(name).element('标题', '通知')
    const chunks = writeEnvelope(version, part('Submit').open('正文').base64(body).close().close().finish(), {
      encoding,
      headers: part('H').close().finish(),
    })
    const read = readEnvelope(Buffer.concat(chunks), { contentType: contentTypeOf(version, { encoding }) })
    expect(read.version).toBe(version)
    expect(read.headers[0]?.children[0]?.text).toBe('通知')
    expect(read.body.local).toBe('Submit')
    expect(childOf(read.body, '正文')?.body).toHaveLength(8000)
  })
})

describe('writeFault', () => {
  const fault = {
    zh: '字段不对',
    en: 'wrong field',
    errorCode: 'FIELD_INVALID',
    field: '标题',
    value: 'a<b\u0000\ud800😀',
    rule: '≤ 256',
    retryable: false,
    remedy: { zh: '改正', en: 'correct it' },
  }
  const namespace = 'urn:yizhan:oa:1'

  it.each<[FaultCode, string]>([
    ['Client', 'Sender'],
    ['Server', 'Receiver'],
    ['MustUnderstand', 'MustUnderstand'],
    ['VersionMismatch', 'VersionMismatch'],
  ])('writes %s in both versions', (code, code12) => {
    const [one, two] = (['1.1', '1.2'] as const).map(
      (version) => readEnvelope(Buffer.concat(writeFault(version, { ...fault, code }))).body,
    )
    expect(one).toMatchObject({ local: 'Fault', uri: uri['1.1'] })
    expect(one?.children.map(({ local, uri: of, text }) => [local, of, text])).toEqual([
      ['faultcode', '', `soap:${code}`],
      ['faultstring', '', '字段不对 / wrong field'],
      ['detail', '', ''],
    ])
    expect(two?.children.map(({ local, uri: of }) => [local, of])).toEqual(
      ['Code', 'Reason', 'Detail'].map((local) => [local, uri['1.2']]),
    )
    expect(two?.children[0]?.children[0]?.text).toBe(`soap:${code12}`)
    expect(two?.children[1]?.children.map(({ attributes, text }) => [attributes.get('lang'), text])).toEqual([
      ['zh-CN', '字段不对 / wrong field'],
    ])
    for (const detail of [one?.children[2], two?.children[2]]) {
      const error = detail?.children[0]
      expect(error).toMatchObject({ local: 'refusal', uri: namespace })
      expect(error?.children.map((child) => [child.local, textOf(child)])).toEqual([
        ['code', 'FIELD_INVALID'],
        ['zh', '字段不对'],
        ['en', 'wrong field'],
        ['field', '标题'],
        ['value', 'a<b\ufffd\ufffd😀'],
        ['rule', '≤ 256'],
        ['retryable', 'false'],
        ['remedy', '改正 / correct it'],
      ])
    }
  })

  it('quotes anything, in any encoding', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.constantFrom('utf-8', 'gbk', 'gb18030'),
        fc.constantFrom('1.1', '1.2'),
        (value, encoding, version) => {
          const bytes = Buffer.concat(writeFault(version, { ...fault, code: 'Client', value, zh: value }, encoding))
          expect(readEnvelope(bytes, { contentType: contentTypeOf(version, { encoding }) }).body.local).toBe('Fault')
        },
      ),
    )
  })

  it('tells the sender from us', () => {
    expect(faultOf(new YizhanError('TOO_LARGE', { field: 'x', value: '4', rule: '3' }))).toMatchObject({
      code: 'Client',
      errorCode: 'TOO_LARGE',
      retryable: false,
      field: 'x',
      value: '4',
      rule: '3',
    })
    expect(faultOf(new YizhanError('OVERLOADED'))).toMatchObject({ code: 'Server', retryable: true })
  })
})

describe('headers of HTTP', () => {
  it.each<[string | undefined, string, Record<string, string>]>([
    ['text/xml; charset=utf-8', 'text/xml', { charset: 'utf-8' }],
    ['Text/XML ;CHARSET="GBK"', 'text/xml', { charset: 'GBK' }],
    ["text/xml;charset='gb2312'", 'text/xml', { charset: 'gb2312' }],
    [
      'application/soap+xml; charset=utf-8; action="urn:a;b=\\"c\\""',
      'application/soap+xml',
      { charset: 'utf-8', action: 'urn:a;b="c"' },
    ],
    [
      'multipart/related; type="text/xml"; start="<a@b>"; boundary=x',
      'multipart/related',
      { type: 'text/xml', start: '<a@b>', boundary: 'x' },
    ],
    ['text/xml; charset=; x', 'text/xml', { charset: '' }],
    [undefined, '', {}],
    ['', '', {}],
  ])('%s', (header, type, parameters) => {
    const read = parseContentType(header)
    expect(read.type).toBe(type)
    expect(Object.fromEntries(read.parameters)).toEqual(parameters)
  })

  it('give the action of either version', () => {
    expect(soapAction({ soapaction: '"http://tempuri.org/Send"' })).toBe('http://tempuri.org/Send')
    expect(soapAction({ soapaction: 'Send' })).toBe('Send')
    expect(soapAction({ soapaction: ['"A"', '"B"'] })).toBe('A')
    expect(soapAction({ soapaction: '""' })).toBe('')
    expect(soapAction({})).toBe('')
    expect(soapAction({ 'content-type': contentTypeOf('1.2', { action: 'urn:"x"' }), soapaction: 'other' })).toBe(
      'urn:"x"',
    )
  })

  it('are read in linear time', () => {
    const spent = cpuTime()
    for (const text of [
      ';'.repeat(100_000),
      '; a'.repeat(50_000),
      `; a="${'\\'.repeat(100_000)}`,
      `;${' '.repeat(100_000)}`,
      `; ${'a'.repeat(100_000)}`,
    ])
      parseContentType(text)
    expect(spent()).toBeLessThan(2000)
  })
})
