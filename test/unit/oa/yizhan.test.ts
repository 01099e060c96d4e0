import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { childOf, childrenOf } from '../../../core/mapping/xml/element.ts'
import { PASSWORD, TestHouse } from './lib/house.ts'
import { at, basic, envelope, faultCode, file, NS, notice, post, submit, type Answered } from './lib/soap.ts'

let t: TestHouse
let url: string
const office = { authorization: basic('office', PASSWORD) }
const science = { authorization: basic('science', PASSWORD) }
const op = (name: string, content = ''): string => envelope(`<${name} xmlns="${NS}">${content}</${name}>`)

beforeAll(async () => {
  t = await TestHouse.open()
  url = `${t.url}/oa/yizhan`
})
afterAll(() => t.close())

/** Issues a document of the office and plays the flow; its id. */
async function issue(number: string, more: Parameters<typeof notice>[0] = {}): Promise<string> {
  const answered = await post(url, submit(notice({ number, to: '市科技局', ...more })), office)
  expect(faultCode(answered)).toBe('')
  await t.flow()
  return at(answered.body, 'messageId')
}

function entries(answered: Answered): string[] {
  return childrenOf(answered.body, 'entry').map((entry) => at(entry, 'id'))
}

describe('Submit', () => {
  it('accepts a document with a large file, answers with its id, and keeps the bytes that came', async () => {
    const bytes = Buffer.from(Array.from({ length: 60_000 }, (_, n) => n % 251))
    const request = submit(notice({ id: 'S-1', to: '市科技局', files: file('通知.pdf', bytes) }))
    const answered = await post(url, request, office)
    expect(answered.status).toBe(200)
    expect(answered.contentType).toBe('text/xml; charset=utf-8')
    expect(answered.body).toMatchObject({ local: 'SubmitResponse', uri: NS })
    expect(at(answered.body, 'repeated')).toBe('false')
    const id = at(answered.body, 'messageId')
    const message = await t.house.ledger.journal.message(id)
    expect(message).toMatchObject({
      kind: 'document',
      number: '周政办〔2011〕83号',
      from: { unit: 'office' },
      recipients: [{ unit: 'science', role: 'to' }],
      origin: { system: 'oa-yizhan', account: 'office', externalId: 'S-1' },
    })
    expect(await t.house.content.read(message?.files[0]?.digest ?? '')).toEqual(bytes)
    expect((await t.opened.raw.read(id))?.bytes.toString('utf8')).toBe(request)

    t.clock.skew += 5_000
    const again = await post(url, request, office)
    expect([at(again.body, 'messageId'), at(again.body, 'repeated')]).toEqual([id, 'true'])
    expect(at(again.body, 'acceptedAt')).toBe(at(answered.body, 'acceptedAt'))
  })

  it('keeps the bytes that came when the base64 is not canonical', async () => {
    const bytes = Buffer.alloc(9000, 7)
    const folded = (bytes.toString('base64').match(/.{1,76}/g) ?? []).join('\r\n')
    const request = submit(
      notice({
        number: '周政办〔2011〕84号',
        to: '市科技局',
        files: `<file><name>a.pdf</name><content>${folded}</content></file>`,
      }),
    )
    const answered = await post(url, request, office)
    expect((await t.opened.raw.read(at(answered.body, 'messageId')))?.bytes.toString('utf8')).toBe(request)
  })

  it('blots a password out of the bytes that it keeps', async () => {
    const token = `<wsse:Security xmlns:wsse="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"><wsse:UsernameToken><wsse:Username>office</wsse:Username><wsse:Password>${PASSWORD.replace(/&/g, '&amp;').replace(/</g, '&lt;')}</wsse:Password></wsse:UsernameToken></wsse:Security>`
    const answered = await post(
      url,
      envelope(
        `<Submit xmlns="${NS}"><document>${notice({ number: '周政办〔2011〕85号', to: '市科技局' })}</document></Submit>`,
        token,
      ),
    )
    const raw = (await t.opened.raw.read(at(answered.body, 'messageId')))?.bytes.toString('utf8')
    expect(raw).toMatch(/<wsse:Password>\*+<\/wsse:Password>/)
    expect(raw).not.toContain(PASSWORD.slice(0, 4))
  })

  it('names field, value, rule and the way out when a rule of the dialect or the house is broken', async () => {
    const wrong = await post(
      url,
      submit(notice({ number: '周政办〔2011〕86号', more: '<emergencyDegree>十万火急</emergencyDegree>' })),
      office,
    )
    expect(wrong.status).toBe(500)
    expect(at(wrong.body, 'faultcode')).toBe('soap:Client')
    const error = childOf(childOf(wrong.body, 'detail') ?? wrong.body, 'refusal')
    expect(error?.uri).toBe(NS)
    expect([at(error, 'code'), at(error, 'field'), at(error, 'value'), at(error, 'retryable')]).toEqual([
      'PROFILE_FIELD',
      'document/emergencyDegree',
      '十万火急',
      'false',
    ])
    for (const part of ['zh', 'en', 'rule', 'remedy']) expect(at(error, part)).not.toBe('')
    expect(at(childOf(error ?? wrong.body, 'problem'), 'field')).toBe('document/emergencyDegree')

    const unknown = await post(url, submit(notice({ number: '周政办〔2011〕87号', to: '市没有局' })), office)
    expect(faultCode(unknown)).toBe('UNKNOWN_RECIPIENT')
    const other = await post(url, submit(notice({ to: '市科技局', title: '另一件' })), office)
    expect(faultCode(other)).toBe('NUMBER_IN_USE')
  })

  it.each([
    ['a security class', '<securityClass>机密★1年</securityClass>'],
    ['a copy number', '<serialNumberOfCopies>000012</serialNumberOfCopies>'],
    ['a mark beside another fault', '<securityClass>绝密</securityClass><emergencyDegree>十万火急</emergencyDegree>'],
  ])('refuses %s as classified, and keeps nothing of it', async (_what, more) => {
    const before = t.events.length
    const answered = await post(
      url,
      submit(notice({ number: '周政办〔2011〕99号', title: '某涉密事项', more })),
      office,
    )
    expect(faultCode(answered)).toBe('CLASSIFIED')
    const booked = t.events.slice(before)
    expect(booked.map((event) => event.code)).toEqual(['message.classified'])
    expect(JSON.stringify(booked)).not.toMatch(/某涉密|99号|000012/)
    expect(answered.bytes.toString('utf8')).not.toMatch(/某涉密|99号|000012/)
    expect(await t.house.ledger.journal.find({ text: '周政办〔2011〕99号', max: 1 })).toEqual([])
  })
})

describe('the inbox', () => {
  it('lists, gives out with files, and is signed for; the issuer sees how far it is', async () => {
    const bytes = Buffer.from('正文'.repeat(3000))
    const id = await issue('周政办〔2011〕101号', { files: file('正文.ofd', bytes) })
    const listed = await post(url, op('ListItems'), science)
    const row = entries(listed).find((one) => one.startsWith(id)) ?? ''
    const entry = childrenOf(listed.body, 'entry').find((one) => at(one, 'id') === row)
    expect([at(entry, 'kind'), at(entry, 'issuedNumberOfDocument'), at(entry, 'fromName')]).toEqual([
      'document',
      '周政办〔2011〕101号',
      '市政府办公室',
    ])

    const fetched = await post(url, op('Fetch', `<id>${row}</id>`), science)
    const item = childOf(fetched.body, 'item')
    expect([at(item, 'id'), at(item, 'messageId'), at(item, 'unitId'), at(item, 'recipientRole')]).toEqual([
      row,
      id,
      'science',
      'to',
    ])
    const files = childrenOf(
      childOf(childOf(item ?? fetched.body, 'document') ?? fetched.body, 'files') ?? fetched.body,
      'file',
    )
    expect(Buffer.from(at(files[0], 'content'), 'base64')).toEqual(bytes)
    expect(t.codes()).toContain('delivery.delivered')

    const status = async (): Promise<string> =>
      at(childOf((await post(url, op('Status', '<id>周政办〔2011〕101号</id>'), office)).body, 'recipient'), 'state')
    expect(await status()).toBe('delivered')
    const signed = await post(url, op('Sign', `<id>${row}</id><by>张三</by>`), science)
    expect(at(signed.body, 'repeated')).toBe('false')
    expect(await status()).toBe('signed')
    expect(entries(await post(url, op('ListItems'), science))).not.toContain(row)
    const again = await post(url, op('Sign', `<id>${row}</id><by>张三</by>`), science)
    expect([at(again.body, 'messageId'), at(again.body, 'repeated')]).toEqual([at(signed.body, 'messageId'), 'true'])

    // The receipt lies in the issuer's inbox, and is only taken note of.
    await t.flow()
    const receipts = entries(await post(url, op('ListItems', '<kind>receipt</kind>'), office))
    const mine = receipts.find((one) => one.startsWith(at(signed.body, 'messageId'))) ?? ''
    const receipt = childOf((await post(url, op('Fetch', `<id>${mine}</id>`), office)).body, 'item')
    expect([
      at(receipt, 'kind'),
      at(receipt, 'receipt', 'by'),
      at(receipt, 'receipt', 'about', 'issuedNumberOfDocument'),
    ]).toEqual(['receipt', '张三', '周政办〔2011〕101号'])
    const noted = await post(url, op('Sign', `<id>${mine}</id>`), office)
    t.clock.skew += 5_000
    const twice = await post(url, op('Sign', `<id>${mine}</id>`), office)
    expect([noted, twice].map(({ body }) => at(body, 'repeated'))).toEqual(['false', 'true'])
    for (const part of ['messageId', 'acceptedAt']) expect(at(twice.body, part)).toBe(at(noted.body, part))
    expect(entries(await post(url, op('ListItems'), office))).not.toContain(mine)
  })

  it.each<[string, (id: string) => string]>([
    ['the item’s id', (id) => `${id}/science`],
    ['the document’s id', (id) => id],
    ['the id of its submission', () => 'S-fetch'],
    ['its number', () => '周政办〔2011〕110号'],
    ['its number in other brackets', () => '周政办[2011]110号'],
  ])('gives an item out by %s', async (_how, named) => {
    const submitted = await post(
      url,
      submit(notice({ id: 'S-fetch', number: '周政办〔2011〕110号', to: '市科技局' })),
      office,
    )
    await t.flow()
    const fetched = await post(url, op('Fetch', `<id>${named(at(submitted.body, 'messageId'))}</id>`), science)
    expect(at(fetched.body, 'item', 'id')).toBe(`${at(submitted.body, 'messageId')}/science`)
  })

  it('says that a submission id is that of two senders’ documents, and which they are', async () => {
    for (const [number, from, who] of [
      ['周政办〔2011〕111号', 'office', office],
      ['周科〔2011〕112号', 'science', { authorization: basic('two', PASSWORD) }],
    ] as const) {
      const to = notice({ id: 'S-two', number, to: '市科技局', more: `<from>${from}</from>` })
      const sent = await post(url, submit(from === 'science' ? to.replace('市科技局', '市政府办公室') : to), who)
      expect(faultCode(sent)).toBe('')
    }
    await t.flow()
    const status = await post(url, op('Status', '<id>S-two</id>'), office)
    expect(faultCode(status)).toBe('NUMBER_AMBIGUOUS')
    expect(at(status.body, 'detail', 'refusal', 'rule').split('、')).toHaveLength(2)
    // Only one of them is in this inbox.
    expect(at((await post(url, op('Fetch', '<id>S-two</id>'), science)).body, 'item', 'kind')).toBe('document')
  })

  it('says in each language what is too late after a signature', async () => {
    const id = await issue('周政办〔2011〕113号')
    await post(url, op('Sign', `<id>${id}/science</id>`), science)
    const late = [
      await post(url, op('Withdraw', `<id>${id}</id><reason>有误</reason>`), office),
      await post(url, op('ReturnDocument', `<id>${id}/science</id><reason>附件不全</reason>`), science),
    ]
    for (const { body } of late) {
      const refusal = childOf(childOf(body, 'detail') ?? body, 'refusal')
      expect(at(refusal, 'code')).toBe('ALREADY_SIGNED')
      expect(at(refusal, 'zh')).toBe('“周政办〔2011〕113号”已签收，不能再退文或撤回')
      expect(at(refusal, 'en')).toBe(
        '“周政办〔2011〕113号” has been signed for and can no longer be returned or withdrawn',
      )
    }
  })

  it.each(['by the document’s id', 'by its number'])(
    'is signed for %s, too, and the copy leaves the list',
    async (how) => {
      const number = how.includes('number') ? '周政办〔2011〕103号' : '周政办〔2011〕104号'
      const id = await issue(number)
      const signed = await post(url, op('Sign', `<id>${how.includes('number') ? number : id}</id>`), science)
      expect(faultCode(signed)).toBe('')
      expect(entries(await post(url, op('ListItems'), science)).filter((row) => row.startsWith(id))).toEqual([])
    },
  )

  it('lets a document be returned, and its number be used again', async () => {
    const id = await issue('周政办〔2011〕105号')
    const row = entries(await post(url, op('ListItems'), science)).find((one) => one.startsWith(id)) ?? ''
    const missing = await post(url, op('ReturnDocument', `<id>${row}</id><reason></reason>`), science)
    expect(faultCode(missing)).toBe('PROFILE_FIELD')
    const returned = await post(url, op('ReturnDocument', `<id>${row}</id><reason>附件不全</reason>`), science)
    expect(faultCode(returned)).toBe('')
    expect(entries(await post(url, op('ListItems'), science))).not.toContain(row)
    expect(faultCode(await post(url, op('Sign', `<id>${row}</id>`), science))).toBe('RETURNED')
    expect(await issue('周政办〔2011〕105号', { title: '关于做好秋季防汛工作的通知（更正）' })).not.toBe(id)
  })

  it('keeps a withdrawal behind its document', async () => {
    const id = await issue('周政办〔2011〕106号')
    const withdrawn = await post(url, op('Withdraw', '<id>周政办〔2011〕106号</id><reason>有误</reason>'), office)
    expect(faultCode(withdrawn)).toBe('')
    await t.flow()
    const about = async (): Promise<string[]> => {
      const listed = await post(url, op('ListItems', '<maxItems>1000</maxItems>'), science)
      return childrenOf(listed.body, 'entry')
        .filter(
          (entry) =>
            at(entry, 'issuedNumberOfDocument') === '周政办〔2011〕106号' ||
            at(entry, 'id').startsWith(at(withdrawn.body, 'messageId')),
        )
        .map((entry) => at(entry, 'kind'))
    }
    expect(await about()).toEqual(['document'])
    await post(url, op('Fetch', `<id>${id}/science</id>`), science)
    expect((await about()).sort()).toEqual(['document', 'withdrawal'])
    expect(faultCode(await post(url, op('Sign', `<id>${id}/science</id>`), science))).toBe('WITHDRAWN')
    expect(at((await post(url, op('Status', `<id>${id}</id>`), science)).body, 'withdrawn')).toBe('true')
  })

  it('takes replies with files', async () => {
    const id = await issue('周政办〔2011〕107号')
    const replied = await post(
      url,
      op(
        'Reply',
        `<id>${id}</id><replyText>已办</replyText><result>办结</result><files>${file('报告.doc', Buffer.from('报告'))}</files>`,
      ),
      science,
    )
    expect(await t.house.ledger.journal.message(at(replied.body, 'messageId'))).toMatchObject({
      kind: 'reply',
      reply: { text: '已办', result: '办结' },
      files: [{ name: '报告.doc' }],
    })
  })

  it('shows nobody the items and documents of others', async () => {
    const id = await issue('周政办〔2011〕108号')
    expect(faultCode(await post(url, op('Fetch', `<id>${id}/science</id>`), office))).toBe('NOT_FOUND')
    const alien = await post(url, op('Status', `<unit>市教育局</unit><id>${id}</id>`), science)
    expect(faultCode(alien)).toBe('NOT_ENTITLED')
    expect(faultCode(await post(url, op('Status', '<id>周政办〔2011〕9999号</id>'), science))).toBe('NOT_FOUND')
    expect(faultCode(await post(url, op('ListItems', '<kind>letter</kind>'), science))).toBe('FIELD_INVALID')
  })
})
