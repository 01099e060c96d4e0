import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readEnvelope } from '../../../adapters/oa/soap/envelope.ts'
import { childOf, textOf } from '../../../core/mapping/xml/element.ts'
import { PASSWORD, TestHouse } from './lib/house.ts'
import { at, basic, envelope, faultCode, NS, notice, post, type Answered } from './lib/soap.ts'

const WSA = 'http://www.w3.org/2005/08/addressing'
const OLD = 'http://schemas.xmlsoap.org/ws/2004/08/addressing'
let t: TestHouse
let url: string
const office = { authorization: basic('office', PASSWORD) }

beforeAll(async () => {
  t = await TestHouse.open()
  url = `${t.url}/oa/yizhan`
})
afterAll(() => t.close())

interface Said {
  readonly id?: string
  readonly replyTo?: string
  readonly faultTo?: string
  readonly more?: string
}

function headers(wsa: string, { id = 'urn:uuid:1&2', replyTo, faultTo, more = '' }: Said): string {
  const block = (name: string, content: string): string =>
    `<a:${name} xmlns:a="${wsa}" soap:mustUnderstand="1">${content}</a:${name}>`
  const to = (name: string, address: string | undefined): string =>
    address === undefined ? '' : block(name, `<a:Address>${address}</a:Address>`)
  return [
    block('To', 'http://station/oa/yizhan'),
    block('Action', `${NS}/Submit`),
    block('MessageID', id.replace('&', '&amp;')),
    to('ReplyTo', replyTo),
    to('FaultTo', faultTo),
    more,
  ].join('')
}

const request = (number: string, header: string, version: '1.1' | '1.2' = '1.1'): string =>
  envelope(`<Submit xmlns="${NS}"><document>${notice({ number, to: '市科技局' })}</document></Submit>`, header, version)

function said({ bytes, contentType }: Answered): Record<string, string> {
  const blocks = readEnvelope(bytes, { contentType }).headers
  return Object.fromEntries(blocks.map((block) => [`{${block.uri}}${block.local}`, textOf(block)]))
}

describe('WS-Addressing', () => {
  it.each<[string, string, '1.1' | '1.2', number]>([
    ['2005/08 over SOAP 1.1', WSA, '1.1', 1],
    ['2005/08 over SOAP 1.2', WSA, '1.2', 2],
    ['2004/08', OLD, '1.1', 3],
  ])('%s is understood, and answered with Action and RelatesTo', async (_what, wsa, version, n) => {
    const replyTo = wsa === WSA ? `${WSA}/anonymous` : `${OLD}/role/anonymous`
    const type = version === '1.1' ? 'text/xml' : 'application/soap+xml'
    const answered = await post(
      url,
      request(`周政办〔2015〕${n}号`, headers(wsa, { replyTo, faultTo: replyTo }), version),
      { ...office, 'content-type': type },
    )
    expect(faultCode(answered)).toBe('')
    expect(said(answered)).toEqual({
      [`{${wsa}}Action`]: `${NS}/SubmitResponse`,
      [`{${wsa}}RelatesTo`]: 'urn:uuid:1&2',
    })
  })

  it('is answered in faults, too', async () => {
    const answered = await post(
      url,
      envelope(`<Fetch xmlns="${NS}"><id>nothing</id></Fetch>`, headers(WSA, {})),
      office,
    )
    expect(faultCode(answered)).toBe('NOT_FOUND')
    expect(said(answered)).toEqual({ [`{${WSA}}Action`]: `${NS}/YizhanFault`, [`{${WSA}}RelatesTo`]: 'urn:uuid:1&2' })
  })

  it.each<[string, Said]>([
    ['ReplyTo', { replyTo: 'http://10.0.0.5:9000/decoupled' }],
    ['FaultTo', { replyTo: `${WSA}/anonymous`, faultTo: 'http://10.0.0.5:9000/faults' }],
    ['ReplyTo', { replyTo: `${WSA}/none` }],
    ['ReplyTo', { replyTo: '' }],
  ])('refuses a %s that is not anonymous by name, before anything is accepted: %o', async (name, to) => {
    const answered = await post(url, request('周政办〔2015〕9号', headers(WSA, to)), office)
    expect(faultCode(answered)).toBe('SOAP_REPLY_TO')
    const refusal = childOf(childOf(answered.body, 'detail') ?? answered.body, 'refusal')
    expect([at(refusal, 'field'), at(refusal, 'rule')]).toEqual([`wsa:${name}`, `${WSA}/anonymous`])
    expect(said(answered)[`{${WSA}}RelatesTo`]).toBe('urn:uuid:1&2')
    expect(await t.house.ledger.journal.find({ text: '周政办〔2015〕9号', max: 1 })).toEqual([])
  })

  it('understands no other header for it', async () => {
    const more = `<a:Elsewhere xmlns:a="${WSA}" soap:mustUnderstand="1"/>`
    const answered = await post(url, request('周政办〔2015〕10号', headers(WSA, { more })), office)
    expect(faultCode(answered)).toBe('SOAP_MUST_UNDERSTAND')
  })

  it('is not answered where nobody spoke it', async () => {
    expect(said(await post(url, request('周政办〔2015〕11号', ''), office))).toEqual({})
  })

  it('is answered by the exchange centre of dialect A', async () => {
    const list = envelope(
      `<InboxArchive_Unreceipted xmlns="http://tempuri.org/"><TokenBase64>${Buffer.from(`edu:${PASSWORD}`).toString('base64')}</TokenBase64></InboxArchive_Unreceipted>`,
      headers(WSA, {}),
    )
    const answered = await post(`${t.url}/oa/epoint/ArchiveExchange.asmx`, list)
    expect(said(answered)[`{${WSA}}Action`]).toBe('http://tempuri.org/InboxArchive_UnreceiptedResponse')
  })
})
