import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import iconv from 'iconv-lite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { usernameToken } from '../../lib/username-token.ts'
import { PASSWORD, smallCity, TestHouse } from './lib/house.ts'
import { at, basic, envelope, faultCode, file, NS, notice, post, submit } from './lib/soap.ts'

let t: TestHouse
let url: string
const office = { authorization: basic('office', PASSWORD) }
const list = envelope(`<ListItems xmlns="${NS}"/>`)
const SECURITY = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd'

beforeAll(async () => {
  t = await TestHouse.open(
    smallCity({
      station: {
        limits: { requestBytes: 300_000, inflatedBytes: 400_000, documentBytes: 200_000, memoryBytes: 2_000_000 },
      },
    }),
  )
  url = `${t.url}/oa/yizhan`
})
afterAll(() => t.close())

describe('who calls', () => {
  it('must say so', async () => {
    const answered = await post(url, list)
    expect([answered.status, faultCode(answered)]).toEqual([401, 'UNAUTHENTICATED'])
    expect(answered.headers.get('www-authenticate')).toMatch(/^Basic realm=/)
    // Most clients show of a 401 its number only.
    const told = answered.headers.get('yizhan-error') ?? ''
    expect(told).toMatch(/^UNAUTHENTICATED; text="wrong account or password: Authorization"; text\*=UTF-8''/)
    expect(decodeURIComponent(told.split("''")[1] ?? '')).toBe(
      '账号或口令不对：Authorization / wrong account or password: Authorization',
    )
  })

  it.each([
    ['a wrong password', basic('office', 'no')],
    ['an unknown account', basic('nobody', PASSWORD)],
    ['an account of another dialect', basic('edu', PASSWORD)],
    ['no Basic', 'Bearer x'],
    ['no colon', `Basic ${Buffer.from('office').toString('base64')}`],
  ])('is refused with %s', async (_what, authorization) => {
    const before = t.events.length
    const answered = await post(url, list, { authorization })
    expect([answered.status, faultCode(answered)]).toEqual([401, 'UNAUTHENTICATED'])
    expect(t.events.slice(before)).toMatchObject([{ code: 'account.rejected', source: '127.0.0.1' }])
    expect(answered.bytes.toString('utf8')).not.toContain(PASSWORD)
  })

  it('is known by a UsernameToken with a digest, once', async () => {
    const token = usernameToken('office', PASSWORD, new Date())
    expect((await post(url, envelope(`<ListItems xmlns="${NS}"/>`, token))).status).toBe(200)
    const replayed = await post(url, envelope(`<ListItems xmlns="${NS}"/>`, token))
    expect([replayed.status, faultCode(replayed)]).toEqual([500, 'UNAUTHENTICATED'])
  })

  it.each([
    ['too old', -6],
    ['from the future', 6],
  ])('is refused with a token %s', async (_what, minutes) => {
    const token = usernameToken('office', PASSWORD, new Date(Date.now() + minutes * 60_000))
    expect(faultCode(await post(url, envelope(`<ListItems xmlns="${NS}"/>`, token)))).toBe('UNAUTHENTICATED')
  })

  it('is known by a UsernameToken with the password itself', async () => {
    const token = `<w:Security xmlns:w="${SECURITY}" soap:mustUnderstand="1"><w:UsernameToken><w:Username>office</w:Username><w:Password><![CDATA[${PASSWORD}]]></w:Password></w:UsernameToken></w:Security>`
    expect((await post(url, envelope(`<ListItems xmlns="${NS}"/>`, token))).status).toBe(200)
    const wrong = await post(url, envelope(`<ListItems xmlns="${NS}"/>`, token.replace(PASSWORD, 'wrong')))
    expect([wrong.status, faultCode(wrong)]).toEqual([500, 'UNAUTHENTICATED'])
  })

  it('names one of its units where it has several, and only its own', async () => {
    const two = { authorization: basic('two', PASSWORD) }
    const of = (unit: string): string => envelope(`<ListItems xmlns="${NS}">${unit}</ListItems>`)
    expect(faultCode(await post(url, of(''), two))).toBe('NOT_ENTITLED')
    expect((await post(url, of('<unit>市科技局</unit>'), two)).status).toBe(200)
    expect(faultCode(await post(url, of('<unit>市教育局</unit>'), two))).toBe('NOT_ENTITLED')
    const speaksForAnother = submit(notice({ number: '周教〔2011〕1号', more: '<from>市教育局</from>' }))
    expect(faultCode(await post(url, speaksForAnother, office))).toBe('NOT_ENTITLED')
  })

  it('waits after wrong passwords, is told until when, and for how long', async () => {
    const try_ = (password: string) => post(url, list, { authorization: basic('science', password) })
    for (let n = 0; n < 6; n++) await try_('wrong')
    const waiting = await try_(PASSWORD)
    expect(faultCode(waiting)).toBe('ACCOUNT_WAITS')
    expect(at(waiting.body, 'faultstring')).toMatch(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/)
    t.clock.skew += 5_001
    expect((await try_(PASSWORD)).status).toBe(200)
    t.clock.skew = 0
  })
})

describe('encodings', () => {
  const text = submit(notice({ number: '周政办〔2011〕201号', to: '市科技局', title: '关于镕基同志的通知' }))

  it.each(['gbk', 'GB2312', 'gb18030'])('takes %s and answers in it', async (charset) => {
    const answered = await post(url, iconv.encode(text, 'gb18030'), {
      ...office,
      'content-type': `text/xml; charset=${charset}`,
    })
    expect(answered.status).toBe(200)
    expect(answered.contentType).toBe(`text/xml; charset=${charset === 'gb18030' ? 'gb18030' : 'gbk'}`)
    expect(answered.bytes.toString('latin1')).toMatch(/^<\?xml version="1.0" encoding="GB(K|18030)"\?>/)
    expect(await t.house.ledger.journal.message(at(answered.body, 'messageId'))).toMatchObject({
      document: { title: '关于镕基同志的通知' },
    })
  })

  it('takes the encoding of the XML declaration where HTTP says none, and answers faults in it', async () => {
    const wrong = submit(notice({ number: '周政办〔2011〕202号', to: '市没有局' }))
    const answered = await post(url, iconv.encode(`<?xml version="1.0" encoding="GBK"?>${wrong}`, 'gbk'), {
      ...office,
      'content-type': 'text/xml',
    })
    expect(faultCode(answered)).toBe('UNKNOWN_RECIPIENT')
    expect(answered.contentType).toBe('text/xml; charset=gbk')
    expect(at(answered.body, 'detail', 'refusal', 'value')).toBe('市没有局')
  })

  it('writes what GBK lacks as character references', async () => {
    const rare = '𠮷野家'
    const issued = await post(
      url,
      submit(notice({ number: '周政办〔2011〕203号', to: '市科技局', title: `关于${rare}的通知` })),
      office,
    )
    await t.flow()
    const fetch_ = envelope(`<Fetch xmlns="${NS}"><id>${at(issued.body, 'messageId')}/science</id></Fetch>`)
    const answered = await post(url, fetch_, {
      authorization: basic('science', PASSWORD),
      'content-type': 'text/xml; charset=gbk',
    })
    expect(answered.bytes.includes('&#x20BB7;')).toBe(true)
    expect(at(answered.body, 'item', 'document', 'documentTitle')).toBe(`关于${rare}的通知`)
  })

  it('refuses bytes of another encoding than the one declared, and unknown ones', async () => {
    const lies = await post(url, iconv.encode(text, 'gbk'), office)
    expect(faultCode(lies)).toBe('ENCODING_INVALID')
    const unknown = await post(url, text, { ...office, 'content-type': 'text/xml; charset=ebcdic' })
    expect(faultCode(unknown)).toBe('ENCODING_UNKNOWN')
  })
})

describe('compressed and large requests', () => {
  it('takes gzip', async () => {
    const answered = await post(url, gzipSync(submit(notice({ number: '周政办〔2011〕211号', to: '市科技局' }))), {
      ...office,
      'content-encoding': 'gzip',
    })
    expect(answered.status).toBe(200)
  })

  it.each<[string, string, () => Buffer, string]>([
    ['a body that claims gzip and is not', 'GZIP_INVALID', () => Buffer.from(list), 'gzip'],
    ['gzip that ends early', 'GZIP_INVALID', () => gzipSync(list).subarray(0, 40), 'gzip'],
    ['a bomb', 'TOO_LARGE', () => gzipSync(Buffer.alloc(50_000_000, 0x20)), 'gzip'],
    [
      'a bomb whose trailer lies',
      'TOO_LARGE',
      () => {
        const bomb = gzipSync(Buffer.alloc(50_000_000, 0x20))
        bomb.writeUInt32LE(100, bomb.length - 4)
        return bomb
      },
      'gzip',
    ],
    ['another coding', 'MEDIA_TYPE_UNSUPPORTED', () => Buffer.from(list), 'br'],
  ])('refuses %s', async (_what, code, body, coding) => {
    const answered = await post(url, body(), { ...office, 'content-encoding': coding })
    expect([answered.status, faultCode(answered)]).toEqual([500, code])
    expect(t.refused().at(-1)).toMatchObject({ error: code, system: 'oa-yizhan', actor: 'office' })
  })

  it('refuses what is over the limit, stated or not, and its sender gets to read why', async () => {
    const large = submit(notice({ files: file('大.pdf', randomBytes(300_000)) }))
    const stated = await post(url, large, office)
    expect([stated.status, faultCode(stated)]).toEqual([500, 'TOO_LARGE'])
    const chunks = new ReadableStream({
      start(controller) {
        controller.enqueue(Buffer.from(large))
        controller.close()
      },
    })
    const response = await fetch(url, {
      method: 'POST',
      body: chunks,
      duplex: 'half',
      headers: { ...office, 'content-type': 'text/xml' },
    })
    expect(await response.text()).toContain('TOO_LARGE')
    const documents = await post(url, submit(notice({ files: file('大.pdf', randomBytes(205_000)) })), office)
    expect(at(documents.body, 'detail', 'refusal', 'field')).toBe('正文与附件合计')
  })

  it('keeps all requests in hand within the memory budget', async () => {
    const held = t.house.door.memory('elsewhere', 'office')
    held.grow(990_000)
    const answered = await post(url, `${list}${' '.repeat(20_000)}`, office)
    held.release()
    expect([answered.status, faultCode(answered), at(answered.body, 'faultcode')]).toEqual([
      500,
      'OVERLOADED',
      'soap:Server',
    ])
    expect(answered.headers.get('retry-after')).toBe('10')
    expect((await post(url, `${list}${' '.repeat(20_000)}`, office)).status).toBe(200)
  })

  it('gives the memory back when a caller hangs up', async () => {
    const { hostname, port } = new URL(url)
    await new Promise<void>((resolve) => {
      const socket = connect(Number(port), hostname, () => {
        socket.write(
          `POST /oa/yizhan HTTP/1.1\r\nHost: x\r\nAuthorization: ${office.authorization}\r\nContent-Type: text/xml\r\nContent-Length: 290000\r\n\r\n<soap:`,
          () => socket.destroy(),
        )
      })
      socket.on('close', () => resolve())
    })
    for (let n = 0; n < 8; n++) expect((await post(url, list, office)).status).toBe(200)
    await expect
      .poll(
        () => {
          try {
            const all = t.house.door.memory('elsewhere', 'office')
            all.grow(1)
            all.grow(999_999)
            all.release()
            return 'free'
          } catch {
            return 'held'
          }
        },
        { timeout: 20_000 },
      )
      .toBe('free')
  })
})

describe('envelopes', () => {
  it('of SOAP 1.2 are answered alike', async () => {
    const type = { 'content-type': `application/soap+xml; charset=utf-8; action="${NS}/ListItems"` }
    const answered = await post(url, envelope(`<ListItems xmlns="${NS}"/>`, '', '1.2'), { ...office, ...type })
    expect([answered.status, answered.contentType]).toEqual([200, 'application/soap+xml; charset=utf-8'])
    const fault = await post(url, envelope(`<Fetch xmlns="${NS}"><id>nothing</id></Fetch>`, '', '1.2'), {
      ...office,
      ...type,
    })
    expect([fault.status, faultCode(fault), at(fault.body, 'Code', 'Value')]).toEqual([500, 'NOT_FOUND', 'soap:Sender'])
  })

  it.each<[string, string, string]>([
    [
      'malformed',
      'XML_MALFORMED',
      `<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><ListItems xmlns="${NS}"></soap:Body></soap:Envelope>`,
    ],
    ['empty', 'XML_MALFORMED', ''],
    ['JSON', 'XML_MALFORMED', '{"a":1}'],
    ['a bomb of entities', 'XML_DOCTYPE', `<!DOCTYPE l [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>${list}`],
    ['an external entity', 'XML_DOCTYPE', `<?xml version="1.0"?><!DOCTYPE l SYSTEM "file:///etc/passwd">${list}`],
    ['a bomb of depth', 'XML_LIMIT', envelope('<a>'.repeat(200) + '</a>'.repeat(200))],
    [
      'a bomb of attributes',
      'XML_LIMIT',
      envelope(`<a ${Array.from({ length: 500 }, (_, n) => `b${n}=""`).join(' ')}/>`),
    ],
    ['another version', 'SOAP_VERSION', '<Envelope xmlns="urn:other"><Body/></Envelope>'],
    ['no envelope', 'SOAP_ENVELOPE', '<a/>'],
    [
      'an unknown header that must be understood',
      'SOAP_MUST_UNDERSTAND',
      envelope(`<ListItems xmlns="${NS}"/>`, '<x:y xmlns:x="urn:x" soap:mustUnderstand="1"/>'),
    ],
  ])('that are %s are refused with a code and booked', async (_what, code, body) => {
    const answered = await post(url, body, office)
    expect([answered.status, faultCode(answered)]).toEqual([500, code])
    expect(t.refused().at(-1)).toMatchObject({ error: code, actor: 'office' })
    expect(answered.bytes.toString('utf8')).not.toMatch(/node:|\.ts|at Object/)
  })

  it('with headers that nobody knows are carried out, and the headers are noted', async () => {
    const before = t.events.length
    const header = '<x:Trace xmlns:x="urn:example:trace">7</x:Trace>'
    expect((await post(url, envelope(`<ListItems xmlns="${NS}"/>`, header), office)).status).toBe(200)
    expect(t.events.slice(before)).toMatchObject([
      { code: 'profile.quirk', actor: 'office', detail: 'soap-header {urn:example:trace}Trace' },
    ])
  })

  it('must come as XML', async () => {
    const answered = await post(url, list, { ...office, 'content-type': 'application/json' })
    expect([faultCode(answered), at(answered.body, 'detail', 'refusal', 'field')]).toEqual([
      'SOAP_ENVELOPE',
      'Content-Type',
    ])
  })

  it('with an unknown operation name those that there are', async () => {
    const answered = await post(url, envelope(`<Send xmlns="${NS}"/>`), office)
    expect(faultCode(answered)).toBe('OPERATION_UNKNOWN')
    expect(at(answered.body, 'detail', 'refusal', 'rule')).toContain('Submit')
    expect(faultCode(await post(url, envelope('<ListItems xmlns="urn:other"/>'), office))).toBe('OPERATION_UNKNOWN')
  })
})

describe('GET', () => {
  it('describes the service', async () => {
    const wsdl = await (await fetch(`${url}?wsdl`)).text()
    expect(wsdl).toContain(`<soap:address location="${url}"/>`)
    expect(wsdl).toContain(`schemaLocation="${url}?xsd=1"`)
    expect(wsdl).not.toContain('{{')
    expect(await (await fetch(`${url}?xsd=1`)).text()).toContain('targetNamespace="urn:yizhan:oa:1"')
    expect(await (await fetch(`${url}?inbox`)).text()).toContain('DeliveryStatus')
    expect(await (await fetch(url)).text()).toContain(`${url}?wsdl`)
    expect((await fetch(url, { method: 'PUT', body: 'x' })).status).toBe(405)
  })
})
