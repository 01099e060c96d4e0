import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseContentType } from '../../../adapters/kit/http/content-type.ts'
import { readEnvelope } from '../../../adapters/oa/soap/envelope.ts'
import { wantsMtom } from '../../../adapters/oa/soap/mtom.ts'
import { readMultipart } from '../../../adapters/oa/soap/multipart.ts'
import { childOf } from '../../../core/mapping/xml/element.ts'
import { PASSWORD, TestHouse } from './lib/house.ts'
import { at, basic, envelope, faultCode, NS, notice, post, submit } from './lib/soap.ts'

let t: TestHouse
let url: string
const office = { authorization: basic('office', PASSWORD) }
const science = { authorization: basic('science', PASSWORD) }
const BOUNDARY = 'uuid:5e1f-"3'.replace('"', '')
const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, n) => (n * 7) % 256))

beforeAll(async () => {
  t = await TestHouse.open()
  url = `${t.url}/oa/yizhan`
})
afterAll(() => t.close())

const included = (href: string, name = '正文.ofd'): string =>
  `<file><name>${name}</name><role>main</role><content><xop:Include xmlns:xop="http://www.w3.org/2004/08/xop/include" href="${href}"/></content></file>`

interface RawPart {
  readonly id?: string
  readonly type?: string
  readonly more?: string
  readonly bytes: Buffer | string
}

function multipart(parts: readonly RawPart[], options: { end?: string; newline?: string } = {}): Buffer {
  const { end = `--${BOUNDARY}--\r\n`, newline = '\r\n' } = options
  return Buffer.concat([
    Buffer.from(`a preamble that nobody reads${newline}`),
    ...parts.flatMap((part) => [
      Buffer.from(
        `--${BOUNDARY}${newline}Content-Type: ${part.type ?? 'application/octet-stream'}${newline}${part.id === undefined ? '' : `Content-ID: <${part.id}>${newline}`}${part.more ?? ''}${newline}`,
      ),
      Buffer.from(part.bytes),
      Buffer.from(newline),
    ]),
    Buffer.from(end),
  ])
}

const root = (xml: string, version: '1.1' | '1.2' = '1.1'): RawPart => ({
  id: 'root@x',
  type: `application/xop+xml; charset=UTF-8; type="${version === '1.1' ? 'text/xml' : 'application/soap+xml'}"`,
  bytes: xml,
})
const MTOM = {
  'content-type': `multipart/related; type="application/xop+xml"; start="<root@x>"; start-info="text/xml"; boundary="${BOUNDARY}"`,
}
const document = (number: string, files: string): string => submit(notice({ number, to: '市科技局', files }))

describe('a request as MTOM', () => {
  it('is accepted with its parts as files, and the bytes that came are kept once', async () => {
    const request = multipart([
      root(document('周政办〔2014〕1号', included('cid:one@x') + included('cid:%E4%BA%8C%40x', '附件.pdf'))),
      { id: 'one@x', bytes },
      { id: '二@x', more: 'Content-Transfer-Encoding: binary\r\n', bytes: Buffer.from('附件一') },
    ])
    const answered = await post(url, request, { ...office, ...MTOM })
    expect(faultCode(answered)).toBe('')
    expect(answered.contentType).toBe('text/xml; charset=utf-8')
    const id = at(answered.body, 'messageId')
    const message = await t.house.ledger.journal.message(id)
    const kept = await Promise.all((message?.files ?? []).map((file) => t.house.content.read(file.digest)))
    expect(kept).toEqual([bytes, Buffer.from('附件一')])
    const raw = await t.opened.raw.read(id)
    expect(raw?.bytes.equals(request)).toBe(true)
    expect(raw?.contentType).toBe(MTOM['content-type'])
  })

  it.each<[string, RawPart[], string, RegExp]>([
    ['a part that nothing names', [{ id: 'other@x', bytes: 'x' }], '', /other@x/],
    ['a part without an id', [{ bytes: 'x' }], '', /part 2/],
    ['an address that names no part', [], included('cid:gone@x'), /attachment that xop:Include names/],
    [
      'two parts of one id',
      [
        { id: 'a', bytes: 'x' },
        { id: 'a', bytes: 'y' },
      ],
      included('cid:a'),
      /occurs twice/,
    ],
    [
      'an encoding that is none',
      [{ id: 'a', more: 'Content-Transfer-Encoding: x-uu\r\n', bytes: 'x' }],
      included('cid:a'),
      /x-uu|binary/,
    ],
  ])('is refused by name with %s', async (_what, parts, files, says) => {
    const request = multipart([root(document('周政办〔2014〕2号', files)), ...parts])
    const answered = await post(url, request, { ...office, ...MTOM })
    expect(faultCode(answered)).toMatch(/SOAP_ENVELOPE|PROFILE_FIELD/)
    expect(answered.bytes.toString('utf8')).toMatch(says)
    expect(await t.house.ledger.journal.find({ text: '周政办〔2014〕2号', max: 1 })).toEqual([])
  })

  it.each<[string, Buffer, string]>([
    ['without its end', multipart([root(document('周政办〔2014〕3号', ''))], { end: '' }), MTOM['content-type']],
    ['without a boundary', multipart([root('')]), 'multipart/related; type="application/xop+xml"'],
    ['with a start that is nowhere', multipart([root('')]), MTOM['content-type'].replace('root@x', 'elsewhere@x')],
    ['with headers that do not end', Buffer.from(`--${BOUNDARY}\r\nContent-Type: text/xml`), MTOM['content-type']],
    ['with a root that is no envelope', multipart([{ ...root(''), type: 'image/png' }]), MTOM['content-type']],
  ])('that comes %s is refused', async (_what, request, type) => {
    const answered = await post(url, request, { ...office, 'content-type': type })
    expect([answered.status, faultCode(answered)]).toEqual([500, 'SOAP_ENVELOPE'])
  })

  it('of SOAP 1.2, with bare line feeds and a base64 part, is read alike', async () => {
    const xml = document('周政办〔2014〕4号', included('cid:one@x')).replaceAll(
      'http://schemas.xmlsoap.org/soap/envelope/',
      'http://www.w3.org/2003/05/soap-envelope',
    )
    const request = multipart(
      [root(xml, '1.2'), { id: 'one@x', more: 'Content-Transfer-Encoding: base64\n', bytes: bytes.toString('base64') }],
      { newline: '\n' },
    )
    const answered = await post(url, request, {
      ...office,
      'content-type': MTOM['content-type'].replace('text/xml', 'application/soap+xml'),
    })
    expect([answered.status, faultCode(answered), answered.contentType]).toEqual([
      200,
      '',
      'application/soap+xml; charset=utf-8',
    ])
  })

  it('is bounded by the same budget and limits as any other', async () => {
    const { limits } = t.house.city().station
    const large = multipart([
      root(document('周政办〔2014〕5号', included('cid:one@x'))),
      { id: 'one@x', bytes: Buffer.alloc(limits.documentBytes + 1) },
    ])
    expect(faultCode(await post(url, large, { ...office, ...MTOM }))).toBe('TOO_LARGE')
  })
})

describe('an answer', () => {
  let row: string
  beforeAll(async () => {
    const file = `<file><name>正文.ofd</name><role>main</role><content>${bytes.toString('base64')}</content></file>`
    const answered = await post(url, document('周政办〔2014〕10号', file), office)
    await t.flow()
    row = `${at(answered.body, 'messageId')}/science`
  })
  const fetchItem = async (headers: Record<string, string>, mtom: boolean) => {
    const xml = envelope(`<Fetch xmlns="${NS}"><id>${row}</id></Fetch>`)
    const response = await fetch(url, {
      method: 'POST',
      body: new Uint8Array(mtom ? multipart([root(xml)]) : Buffer.from(xml)),
      headers: { 'content-type': 'text/xml; charset=utf-8', ...science, ...(mtom ? MTOM : {}), ...headers },
    })
    return { type: response.headers.get('content-type') ?? '', body: Buffer.from(await response.arrayBuffer()) }
  }

  it.each<[string, Record<string, string>, boolean]>([
    ['who sent it', {}, true],
    ['who accepts XOP', { accept: 'application/xop+xml, text/xml' }, false],
    ['who accepts multipart/related only', { accept: 'multipart/related; type="application/xop+xml"' }, false],
  ])('has its files beside it for %s', async (_who, headers, mtom) => {
    const { type, body } = await fetchItem(headers, mtom)
    const read = parseContentType(type)
    expect([read.type, read.parameters.get('type'), read.parameters.get('start-info')]).toEqual([
      'multipart/related',
      'application/xop+xml',
      'text/xml',
    ])
    const { root: first, others } = readMultipart(body, read)
    const item = childOf(readEnvelope(first.bytes, { contentType: first.contentType }).body, 'item')
    const content = ['document', 'files', 'file', 'content'].reduce(
      (here, name) => (here === undefined ? undefined : childOf(here, name)),
      item,
    )
    expect(content?.children[0]?.attributes.get('href')).toBe(`cid:${others[0]?.id}`)
    expect(others.map((part) => part.bytes)).toEqual([bytes])
  })

  it.each<[string, Record<string, string>, boolean]>([
    ['who did not', {}, false],
    ['JAX-WS, whose header names both at all times', { accept: 'text/xml, multipart/related' }, false],
    ['who sent MTOM and accepts text only', { accept: 'text/xml' }, true],
  ])('has them inside for %s', async (_who, headers, mtom) => {
    const { type, body } = await fetchItem(headers, mtom)
    expect(type).toBe('text/xml; charset=utf-8')
    expect(body.includes(bytes.toString('base64'))).toBe(true)
  })

  it('is asked for as RFC 9110 has it', () => {
    expect(wantsMtom('application/xop+xml;q=0, */*', false)).toBe(false)
    expect(wantsMtom('text/xml;x="a,b", application/xop+xml', false)).toBe(true)
    expect(wantsMtom('text/xml, */*;q=0.1', true)).toBe(true)
  })
})
