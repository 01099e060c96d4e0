import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FileLinks } from '../../../adapters/kit/files/links.ts'
import { SoapCallers } from '../../../adapters/oa/callers.ts'
import type { DocumentDraft } from '../../../core/door/port.ts'
import type { YizhanError } from '../../../core/errors/error.ts'
import { NonceCache, securityNamespace } from '../../../adapters/oa/soap/security.ts'
import { PASSWORD, TestHouse } from './lib/house.ts'
import { at, basic, envelope, faultCode, NS, notice, post, submit } from './lib/soap.ts'

let t: TestHouse
let url: string
const office = { authorization: basic('office', PASSWORD) }
const science = { authorization: basic('science', PASSWORD) }
const escaped = PASSWORD.replace(/&/g, '&amp;').replace(/</g, '&lt;')

beforeEach(async () => {
  t = await TestHouse.open()
  url = `${t.url}/oa/yizhan`
})
afterEach(() => t.close())

/** As flows and other applications bring documents: past every dialect's rules. */
const accept = async (change: Partial<DocumentDraft>, title = '一件'): Promise<string> => {
  const draft: DocumentDraft = {
    kind: 'document',
    document: { title, mainRecipients: '市科技局、市教育局' },
    files: [],
    ...change,
  }
  const { id } = await t.house.door.accept(
    t.house.door.authenticate('oa-yizhan', 'office', () => true),
    draft,
  )
  await t.flow()
  return id
}

describe('the bytes that are kept', () => {
  const security = (password: string): string =>
    `<w:Security xmlns:w="${securityNamespace}"><w:UsernameToken><w:Username>office</w:Username><w:Password>${password}</w:Password></w:UsernameToken></w:Security>`
  const kept = async (body: string, header: string, headers: Record<string, string>): Promise<string> => {
    const answered = await post(url, envelope(body, header), headers)
    expect(answered.status).toBe(200)
    return (await t.opened.raw.read(at(answered.body, 'messageId')))?.bytes.toString('utf8') ?? 'no record'
  }
  const body = `<Submit xmlns="${NS}"><document>${notice({ to: '市科技局' })}</document></Submit>`

  it.each([
    ['a password in a CDATA section', `<![CDATA[${PASSWORD}]]>`, {}],
    ['a password behind a comment', `<!-- x -->${escaped}`, {}],
    ['a password in the envelope of who logs in by HTTP', escaped, office],
  ])('have no trace of %s', async (_what, password, headers) => {
    const raw = await kept(body, security(password), headers)
    expect(raw).toContain('关于做好秋季防汛工作的通知')
    expect(raw).not.toContain(PASSWORD)
    expect(raw).not.toContain(escaped)
  })
})

describe('a unit’s list', () => {
  it('is not kept from it by an item that XML cannot carry', async () => {
    await accept({}, '甲\uffff乙')
    const good = await accept({}, '丙')
    const answered = await post(url, envelope(`<ListItems xmlns="${NS}"/>`), science)
    expect(answered.status).toBe(200)
    const titles = answered.body.children.map((entry) => at(entry, 'documentTitle'))
    expect(titles).toEqual(['甲\ufffd乙', '丙'])
    const fetched = await post(
      url,
      envelope(`<Fetch xmlns="${NS}"><id>${at(answered.body.children[0], 'id')}</id></Fetch>`),
      science,
    )
    expect(at(fetched.body, 'item', 'document', 'documentTitle')).toBe('甲\ufffd乙')
    expect(at(answered.body.children[1], 'messageId')).toBe(good)
    const token = Buffer.from(`edu:${PASSWORD}`).toString('base64')
    const epoint = await post(
      `${t.url}/oa/epoint/ArchiveExchange.asmx`,
      envelope(
        `<InboxArchive_Unreceipted xmlns="http://tempuri.org/"><TokenBase64>${token}</TokenBase64></InboxArchive_Unreceipted>`,
      ),
    )
    expect(at(epoint.body, 'InboxArchive_UnreceiptedResult')).toMatch(/甲\ufffd乙.*丙/s)
  })
})

describe('a file’s address', () => {
  it.each(['版式文件', 'application/pdf\r\nx: y'])('serves a file whose media type is “%s”', async (mediaType) => {
    const bytes = Buffer.from('正文')
    const id = await accept({ files: [{ name: '正文.ceb', role: 'main', mediaType, bytes }] })
    const [ref] = (await t.house.ledger.journal.message(id))?.files ?? []
    if (ref === undefined) throw new Error('no file')
    const response = await fetch(new FileLinks(t.house, 'oa').urlOf(ref))
    expect([response.status, Buffer.from(await response.arrayBuffer())]).toEqual([200, bytes])
  })
})

describe('refusals', () => {
  it('of a unit that acts or reads for another are booked', async () => {
    const id = await accept({})
    for (const call of ['Sign', 'ListItems', 'Fetch', 'Status']) {
      const before = t.refused().length
      const answered = await post(
        url,
        envelope(
          `<${call} xmlns="${NS}"><unit>市教育局</unit>${call === 'ListItems' ? '' : `<id>${id}/edu</id>`}</${call}>`,
        ),
        science,
      )
      expect([call, faultCode(answered)]).toEqual([call, 'NOT_ENTITLED'])
      expect(t.refused().slice(before)).toMatchObject([{ actor: 'science', error: 'NOT_ENTITLED' }])
    }
  })
})

describe('digest tokens', () => {
  it('beyond what can be remembered are told to come later, not that they are wrong', () => {
    const callers = new SoapCallers(t.house, 'yizhan', new NonceCache({ capacity: 10 }))
    const created = new Date().toISOString()
    const use = (n: number): void => {
      const nonce = Buffer.from(String(n))
      const digest = createHash('sha1').update(nonce).update(created).update(PASSWORD).digest('base64')
      callers.token({ username: 'office', type: 'PasswordDigest', digest, nonce: nonce.toString('base64'), created })
    }
    for (let n = 0; n < 10; n++) use(n)
    expect(() => use(10)).toThrow(expect.objectContaining({ code: 'OVERLOADED', retryable: true }) as YizhanError)
    expect(() => use(5)).toThrow(expect.objectContaining({ code: 'UNAUTHENTICATED' }) as YizhanError)
  })
})

describe('a number as the OA writes it', () => {
  it('names the document in acts and questions', async () => {
    const answered = await post(url, submit(notice({ number: '周政办[2011]083', to: '市科技局' })), office)
    expect(answered.status).toBe(200)
    await t.flow()
    const status = await post(url, envelope(`<Status xmlns="${NS}"><id>周政办[2011]083</id></Status>`), office)
    expect(at(status.body, 'messageId')).toBe(at(answered.body, 'messageId'))
    const withdrawn = await post(
      url,
      envelope(`<Withdraw xmlns="${NS}"><id>周政办（2011）83号</id></Withdraw>`),
      office,
    )
    expect([faultCode(withdrawn), withdrawn.status]).toEqual(['', 200])
  })
})

describe('a classified document', () => {
  it('leaves no number behind, whatever else is wrong with it', async () => {
    const body = notice({ number: '周教〔2011〕9号', more: '<from>市教育局</from><securityClass>机密</securityClass>' })
    const answered = await post(url, submit(body), office)
    expect(faultCode(answered)).toBe('CLASSIFIED')
    expect(t.events.map(({ code }) => code)).toEqual(['message.classified'])
    expect(JSON.stringify(t.events)).not.toContain('9号')
  })

  it('does not come as the annex of a reply', async () => {
    const id = await accept({})
    const files = `<files><file><name>机密★附件.doc</name><content>${Buffer.from('x').toString('base64')}</content></file></files>`
    const answered = await post(
      url,
      envelope(`<Reply xmlns="${NS}"><id>${id}</id><replyText>已办</replyText>${files}</Reply>`),
      science,
    )
    expect(faultCode(answered)).toBe('CLASSIFIED')
  })
})
