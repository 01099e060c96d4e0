import iconv from 'iconv-lite'
import { timelineLines } from '../../../station/cli/where-text.ts'
import type { Message } from '../../../core/message/schema.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { epointWsdl } from '../../../adapters/oa/epoint/wsdl.ts'
import { operationsOf, unknownActions } from '../../../adapters/oa/epoint/operations.ts'
import { childOf, childrenOf, type XmlElement } from '../../../core/mapping/xml/element.ts'
import { readXml, readXmlString } from '../../../core/mapping/xml/read.ts'
import { PASSWORD, smallCity, TestHouse } from './lib/house.ts'
import { at, basic, envelope, faultCode, file, notice, post, submit } from './lib/soap.ts'

let t: TestHouse
let url: string
const token = (name = 'edu', password = PASSWORD): string => Buffer.from(`${name}:${password}`).toString('base64')
const escape = (text: string): string => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')

function request(operation: string, paras?: string, as = token()): string {
  return envelope(
    `<${operation} xmlns="http://tempuri.org/"><TokenBase64>${as}</TokenBase64>${paras === undefined ? '' : `<ParasXml>${escape(paras)}</ParasXml>`}</${operation}>`,
  )
}

/** Calls an operation; the document in its result string. */
async function call(operation: string, paras?: string, as = token()): Promise<XmlElement> {
  const answered = await post(`${url}?op=${operation}`, request(operation, paras, as), {
    soapaction: `"http://tempuri.org/${operation}"`,
  })
  expect(answered.status).toBe(200)
  expect(answered.body).toMatchObject({ local: `${operation}Response`, uri: 'http://tempuri.org/' })
  return readXmlString(at(answered.body, `${operation}Result`))
}

const info = (document: XmlElement): [string, string] => [
  at(document, 'DATA', 'ReturnInfo', 'Status'),
  at(document, 'DATA', 'ReturnInfo', 'Description'),
]
const idIn = (document: XmlElement): string => at(document, 'DATA', 'UserArea', 'SysGUID')
async function listed(operation: 'InboxArchive_Unreceipted' | 'InboxArchive_Notices'): Promise<XmlElement[]> {
  const area = childOf(childOf(await call(operation), 'DATA') as XmlElement, 'UserArea') as XmlElement
  return childrenOf(childOf(childOf(area, 'ReturnInfo') as XmlElement, 'PaperList') as XmlElement, 'Paper')
}
const about = (guid: string, more = ''): string =>
  `<?xml version="1.0" encoding="gb2312"?><paras><originalPaperGUID>${guid}</originalPaperGUID>${more}</paras>`

/** What a real OA of this dialect sends, with the warts switched on. */
function send(
  parts: {
    readonly id?: string
    readonly serial?: string
    readonly title?: string
    readonly body?: Buffer
    readonly securityClass?: string
    readonly encoding?: string
  } = {},
): string {
  const {
    id = '',
    serial = '5',
    title = '关于A&B项目的请示',
    body,
    securityClass = '普通',
    encoding = 'gb2312',
  } = parts
  const main =
    body === undefined
      ? ''
      : `<版式文件 文件名="正文.ceb" 数据类型="" 编码方式="BASE64">${body.toString('base64')}</版式文件>`
  return `<?xml version="1.0" encoding="${encoding}"?><paras><DeptGuid>D-03</DeptGuid><DeptName>市教育局</DeptName><电子公文 公文标识="${id}" 版本号="1.0" 公文类别="行政" 公文种类="请示"><发文机关 组织机构代码="D-03" 办理类别="主办">市教育局</发文机关><公文体>	<眉首><秘密等级>${securityClass}</秘密等级><保密期限></保密期限><紧急程度>较急</紧急程度><发文字号><发文机关代字>周教</发文机关代字><发文年号>2011</发文年号><发文序号>${serial}号</发文序号></发文字号></眉首>	<主体><标题>${title}</标题><是否回复>0</是否回复><发文号>周教[2011]${serial}号</发文号><收文部门名称>市政府办公室;</收文部门名称><主送机关>市政府办公室</主送机关><正文>${main}</正文><附件></附件><成文日期>null</成文日期><附注>无</附注></主体><版记><主题词><词目>空</词目></主题词><印制版记><印发日期>2003-5-20</印发日期><印发份数>0</印发份数></印制版记></版记></公文体></电子公文></paras></paras>`
}

beforeAll(async () => {
  t = await TestHouse.open()
  url = `${t.url}/oa/epoint/ArchiveExchange.asmx`
})
afterAll(() => t.close())

describe('sending', () => {
  it('takes what real OAs send, warts and all', async () => {
    const body = Buffer.from('版式'.repeat(4000))
    const answer = await call('OutboxArchive_Send', send({ id: 'E-1', body }))
    expect(info(answer)).toEqual(['True', ''])
    expect(await t.house.ledger.journal.message(idIn(answer))).toMatchObject({
      kind: 'document',
      number: '周教〔2011〕5号',
      urgency: 'urgent',
      from: { unit: 'edu' },
      recipients: [{ unit: 'office' }],
      document: { title: '关于A&B项目的请示', documentType: '请示', direction: 'report', printDate: '2003-05-20' },
      origin: { externalId: 'E-1' },
      files: [{ name: '正文.ceb', size: body.length }],
    })
    expect(t.events.find((event) => event.code === 'profile.quirk')?.detail).toMatch(
      /unescaped-ampersand.*doubled-end-tag/,
    )
    expect(idIn(await call('OutboxArchive_Send', send({ id: 'E-1', body })))).toBe(idIn(answer))
  })

  it('keeps with the message what the dialect does not describe, and shows it to whoever asks where it is', async () => {
    const paras = send({ id: 'E-90', serial: '90' }).replace(
      '</眉首>',
      '<会办意见 人="王五">请与财政局会签</会办意见></眉首>',
    )
    const answer = await call('OutboxArchive_Send', paras)
    const message = (await t.house.ledger.journal.message(idIn(answer))) as Message
    expect(message.unread).toEqual([
      { path: '公文体/眉首/会办意见', text: '请与财政局会签' },
      { path: '公文体/眉首/会办意见/@人', text: '王五' },
    ])
    const lines = timelineLines({ message, timeline: [] })
    expect(lines.join('\n')).toContain('公文体/眉首/会办意见  请与财政局会签')
    const secret = send({ id: 'E-91', serial: '91' }).replace('</眉首>', '<标志>机密★1年</标志></眉首>')
    expect(info(await call('OutboxArchive_Send', secret))[1]).toContain('CLASSIFIED')
  })

  it('keeps the bytes that came, without the body’s base64 and without the token', async () => {
    const body = Buffer.alloc(20_000, 1)
    const paras = send({ id: 'E-2', serial: '6', body })
    const answer = await call('OutboxArchive_Send', paras)
    const raw = (await t.opened.raw.read(idIn(answer)))?.bytes.toString('utf8') ?? ''
    expect(raw).toBe(request('OutboxArchive_Send', paras).replace(token(), '*'.repeat(token().length)))
  })

  it('takes GBK envelopes and the encoding that does not exist', async () => {
    const paras = send({ id: 'E-3', serial: '7', encoding: 'gb2313' })
    const answered = await post(
      url,
      iconv.encode(`<?xml version="1.0" encoding="gb2312"?>${request('OutboxArchive_Send', paras)}`, 'gbk'),
      { 'content-type': 'text/xml; charset=gb2312' },
    )
    expect(answered.contentType).toBe('text/xml; charset=gbk')
    expect(info(readXmlString(at(answered.body, 'OutboxArchive_SendResult')))).toEqual(['True', ''])
  })

  it.each<[string, string, string | undefined, string]>([
    ['a wrong password', 'UNAUTHENTICATED', undefined, token('edu', 'no')],
    ['no token', 'UNAUTHENTICATED', undefined, ''],
    ['an account of another dialect', 'UNAUTHENTICATED', undefined, token('office')],
    ['no parameters', 'PROFILE_FIELD', undefined, token()],
    ['no title', 'PROFILE_FIELD', send({ title: '' }), token()],
    ['malformed XML', 'XML_MALFORMED', '<paras><电子公文></paras>', token()],
    ['a DOCTYPE', 'XML_DOCTYPE', '<!DOCTYPE a [<!ENTITY b "c">]><paras>&b;</paras>', token()],
    ['a classified document', 'CLASSIFIED', send({ securityClass: '机密', title: '某涉密事项' }), token()],
    [
      'a unit that it may not speak for',
      'NOT_ENTITLED',
      send({ serial: '9' })
        .replace('<DeptGuid>D-03<', '<DeptGuid>D-01<')
        .replace('组织机构代码="D-03"', '组织机构代码="D-01"'),
      token(),
    ],
  ])('answers %s with Status False and the code in both languages', async (_what, code, paras, as) => {
    const before = t.events.length
    const [status, description] = info(await call('OutboxArchive_Send', paras, as))
    expect(status).toBe('False')
    expect(description).toMatch(new RegExp(`^${code} .*\\p{Script=Han}.* / [A-Za-z]`, 'u'))
    const expected =
      code === 'UNAUTHENTICATED' ? 'account.rejected' : code === 'CLASSIFIED' ? 'message.classified' : 'message.refused'
    const booked = t.events.slice(before).filter((event) => event.code !== 'profile.quirk')
    expect(booked.map((event) => event.code)).toEqual([expected])
    expect(JSON.stringify(booked)).not.toContain('某涉密')
  })

  it('answers a broken envelope or an unknown operation’s namespace with a fault', async () => {
    expect(faultCode(await post(url, '<a>'))).toBe('UNAUTHENTICATED')
    expect(faultCode(await post(url, `<a><TokenBase64>${token()}</TokenBase64>`))).toBe('XML_MALFORMED')
    expect(
      faultCode(
        await post(
          url,
          envelope(
            `<InboxArchive_Unreceipted xmlns="urn:other"><TokenBase64>${token()}</TokenBase64></InboxArchive_Unreceipted>`,
          ),
        ),
      ),
    ).toBe('OPERATION_UNKNOWN')
    expect(info(await call('Nothing'))[1]).toMatch(/^OPERATION_UNKNOWN .*InboxArchive_Unreceipted/)
  })
})

describe('receiving', () => {
  const office = { authorization: basic('office', PASSWORD) }
  const issue = async (number: string, files = ''): Promise<string> => {
    const answered = await post(`${t.url}/oa/yizhan`, submit(notice({ number, to: '市教育局', files })), office)
    await t.flow()
    return at(answered.body, 'messageId')
  }

  it('lists, gives out and is signed for', async () => {
    const bytes = Buffer.from('通知'.repeat(2000))
    const id = await issue('周政办〔2011〕301号', file('通知.doc', bytes))
    const paper = (await listed('InboxArchive_Unreceipted')).find(
      (one) => at(one, 'ArchiveID_Send') === '周政办〔2011〕301号',
    )
    const guid = at(paper, 'SysGUID')
    expect(guid).toBe(`${id}/edu`)
    expect([at(paper, 'Title'), at(paper, 'SendDeptName'), at(paper, 'DeptName')]).toEqual([
      '关于做好秋季防汛工作的通知',
      '市政府办公室',
      '市教育局',
    ])
    const fetched = await call('InboxArchive_Receive', `<paras><InboxGuid>${guid}</InboxGuid></paras>`)
    expect(info(fetched)[0]).toBe('True')
    for (const named of [id, at(paper, 'ArchiveID_Send')])
      expect(info(await call('InboxArchive_Receive', `<paras><InboxGuid>${named}</InboxGuid></paras>`))[0], named).toBe(
        'True',
      )
    const document = childOf(
      childOf(childOf(fetched, 'DATA') as XmlElement, 'UserArea') as XmlElement,
      '电子公文',
    ) as XmlElement
    expect(document.attributes.get('公文标识')).toBe(guid)
    const main = childOf(childOf(childOf(document, '公文体') as XmlElement, '主体') as XmlElement, '正文') as XmlElement
    expect(Buffer.from(at(main, '版式文件'), 'base64')).toEqual(bytes)
    expect(info(await call('InboxArchive_Receipt', about(guid, '<UserName>李四</UserName>')))[0]).toBe('True')
    expect((await listed('InboxArchive_Unreceipted')).map((one) => at(one, 'SysGUID'))).not.toContain(guid)
    expect(await t.house.ledger.journal.status(id)).toMatchObject({
      recipients: [{ unit: 'edu', state: 'signed', by: '李四' }],
    })
  })

  it('gets notices in a list of their own, a withdrawal never before its document', async () => {
    const id = await issue('周政办〔2011〕302号')
    const withdrawn = await post(
      `${t.url}/oa/yizhan`,
      envelope(`<Withdraw xmlns="urn:yizhan:oa:1"><id>${id}</id><reason>有误</reason></Withdraw>`),
      office,
    )
    expect(faultCode(withdrawn)).toBe('')
    await t.flow()
    const guid = `${id}/edu`
    const notices = async (): Promise<string[]> =>
      (await listed('InboxArchive_Notices')).map((one) => at(one, 'SysGUID'))
    expect((await listed('InboxArchive_Unreceipted')).map((one) => at(one, 'SysGUID'))).toContain(guid)
    const row = `${at(withdrawn.body, 'messageId')}/edu`
    expect(await notices()).not.toContain(row)
    await call('InboxArchive_Receive', `<paras><InboxGuid>${guid}</InboxGuid></paras>`)
    expect(await notices()).toContain(row)
    const fetched = await call('InboxArchive_Receive', `<paras><InboxGuid>${row}</InboxGuid></paras>`)
    const small = childOf(childOf(childOf(fetched, 'DATA') as XmlElement, 'UserArea') as XmlElement, '电子公文')
    expect(small?.attributes.get('公文种类')).toBe('撤回')
    expect(at(small, '公文体', '主体', '关联收文')).toBe(id)
    expect(info(await call('InboxArchive_Receipt', about(row)))[0]).toBe('True')
    expect(await notices()).not.toContain(row)
    expect(info(await call('InboxArchive_Receipt', about(guid)))[1]).toMatch(/^WITHDRAWN /)
  })

  it('returns documents, and withdraws and replies', async () => {
    const id = await issue('周政办〔2011〕303号')
    expect(info(await call('InboxArchive_Return', about(`${id}/edu`, '<Reason>附件不全</Reason>')))[0]).toBe('True')
    expect(await t.house.ledger.journal.status(id)).toMatchObject({
      recipients: [{ state: 'returned', reason: '附件不全' }],
    })
    const own = idIn(await call('OutboxArchive_Send', send({ id: 'E-29', serial: '29' })))
    expect(info(await call('OutboxArchive_Withdraw', about(own, '<Reason>有误</Reason>')))[0]).toBe('True')
    const other = await issue('周政办〔2011〕304号')
    expect(
      info(
        await call('InboxArchive_Reply', about(`${other}/edu`, '<Content>已办结</Content><Result>办结</Result>')),
      )[0],
    ).toBe('True')
    expect(info(await call('InboxArchive_Receive', '<paras><InboxGuid>nothing/edu</InboxGuid></paras>'))[1]).toMatch(
      /^NOT_FOUND /,
    )
  })
})

describe('operations', () => {
  it('can be named by the configuration', async () => {
    const other = await TestHouse.open(
      smallCity({ systems: { 'oa-epoint': { settings: { operations: { list: 'DaiShou' } } } } }),
    )
    try {
      const answered = await post(`${other.url}/oa/epoint/ArchiveExchange.asmx`, request('DaiShou'))
      expect(info(readXmlString(at(answered.body, 'DaiShouResult')))[0]).toBe('True')
      const wsdl = await (await fetch(`${other.url}/oa/epoint/ArchiveExchange.asmx?WSDL`)).text()
      expect(wsdl).toContain('soapAction="http://tempuri.org/DaiShou"')
      expect(await (await fetch(`${other.url}/oa/epoint/ArchiveExchange.asmx`)).text()).toContain('?op=DaiShou')
    } finally {
      await other.close()
    }
    expect(unknownActions({ settings: { operations: { listen: 'A', list: 'B' } } })).toEqual(['listen'])
  })

  it('are described in a WSDL that is well-formed', () => {
    const root = readXml(epointWsdl(operationsOf({ settings: {} }), 'http://h/a?b&c'))
    expect(childrenOf(root, 'binding').map((binding) => childrenOf(binding, 'operation').length)).toEqual([8, 8])
  })
})
