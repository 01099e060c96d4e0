import { beforeAll, describe, expect, it } from 'vitest'
import { atOnce } from '../../../core/util/turns.ts'
import type { DocumentDraft } from '../../../core/door/port.ts'
import { loadProfiles } from '../../../core/mapping/profile/load.ts'
import type { CompiledProfile } from '../../../core/mapping/profile/port.ts'
import type { Message } from '../../../core/message/schema.ts'
import { sample, theBodies, theContext, theDocument, theReturn } from './lib/fixed.ts'

let profiles: ReadonlyMap<string, CompiledProfile>
const profile = (id: string): CompiledProfile => profiles.get(id) as CompiledProfile
const read = (id: string, form: string, name: string, attached?: ReadonlyMap<string, Buffer>) => {
  const { element, quirks } = atOnce(profile(id).parse(sample(name)))
  const result = profile(id).read(form, element, attached === undefined ? {} : { attached })
  return { draft: result.draft as DocumentDraft, quirks: [...quirks, ...result.quirks] }
}

beforeAll(async () => {
  profiles = await loadProfiles()
})

describe('what is written is the sample, character by character', () => {
  it.each<[string, string, Message, string]>([
    ['yizhan', 'Submit', theDocument, 'yizhan-submit.xml'],
    ['yizhan', 'Item', theReturn, 'yizhan-item-return.xml'],
    ['epoint', 'Send', theDocument, 'epoint-send.xml'],
    ['epoint', 'Notice', theReturn, 'epoint-notice.xml'],
    ['epoint', 'Paper', theDocument, 'epoint-paper.xml'],
    ['docxg', 'DOCSUMMARYS', theDocument, 'docxg-docsummarys.xml'],
    ['docxg', 'Notice', theReturn, 'docxg-notice.xml'],
  ])('%s %s', (id, form, message, name) => {
    const written = Buffer.concat(profile(id).write(form, message, theContext)).toString('utf8')
    // The samples are indented for people to read.
    expect(written).toBe(sample(name).replace(/>\s+</g, '><').trim())
  })

  it('yizhan wraps the same item for an answer and for a push', () => {
    const item = sample('yizhan-item-return.xml').replace(/>\s+</g, '><').trim().replace(' xmlns="urn:yizhan:oa:1"', '')
    for (const form of ['FetchResponse', 'Deliver'])
      expect(Buffer.concat(profile('yizhan').write(form, theReturn, theContext)).toString()).toBe(
        `<${form} xmlns="urn:yizhan:oa:1">${item}</${form}>`,
      )
  })
})

describe('what is read from the samples', () => {
  it('yizhan: every element of a document', () => {
    const { draft, quirks } = read('yizhan', 'Submit', 'yizhan-submit.xml')
    expect(quirks).toEqual([])
    expect(draft).toEqual({
      kind: 'document',
      from: 'zhengfuban',
      externalId: 'FW-2011-0083',
      urgency: 'extra-urgent',
      number: '周政办〔2011〕83号',
      dualTrack: true,
      document: theDocument.document,
      to: ['caizhengju'],
      cc: ['xihua'],
      files: theDocument.files.map((file) => ({
        name: file.name,
        role: file.role,
        mediaType: file.mediaType,
        bytes: theBodies.get(file.name),
        declaredDigest: file.digest,
      })),
    })
  })

  it('epoint: a document as real systems send it, warts and all', () => {
    const { draft, quirks } = read('epoint', 'Send', 'epoint-warts.xml')
    expect(draft).toEqual({
      kind: 'document',
      from: 'ZK-009',
      urgency: 'urgent',
      number: '周财[2011]9',
      issuers: [{ name: '市财政局' }, { name: '市发改委', code: 'ZK-002' }],
      to: ['ZK-001', 'ZK-002'],
      document: {
        documentType: '报告',
        title: '关于 R&D 经费安排情况的报告',
        issuerMark: '周口市财政局\n周口市发改委文件',
        mainRecipients: '市政府办公室',
        signature: '周口市财政局\n周口市发改委',
        signer: '甲某\n乙某',
        copyRecipients: '省财政厅；市审计局、市统计局',
        printDate: '2003-05-20',
        copies: 15,
      },
      files: [{ name: '报告.doc', role: 'main', bytes: Buffer.from('正文') }],
    })
    expect(quirks).toEqual([
      'declared-encoding gb2313',
      'unescaped-ampersand',
      'foreign-namespace',
      'number-form 公文体/主体/发文号',
      'trailing-separator 公文体/主体/收文部门内码',
      'file-path 公文体/主体/正文/版式文件[1]',
      'placeholder-file 公文体/主体/附件/版式文件',
      'null-value 公文体/主体/成文日期',
      'unknown-element 公文体/主体/本地扩展',
      'date-format 公文体/版记/印制版记/印发日期',
    ])
  })

  it('epoint: a list of papers', () => {
    const { element } = atOnce(profile('epoint').parse(sample('epoint-list.xml')))
    expect(profile('epoint').readRecord('List', element).values).toEqual({
      papers: [
        {
          id: 'zk-1/caizhengju',
          number: '周政办〔2011〕83号',
          title: '关于防汛工作的通知',
          sentAt: '2011-05-20T01:01:01.000Z',
          fromName: '市政府办公室',
          unitName: '市财政局',
          mainRecipients: '市人民政府各部门',
        },
        { id: 'zk-2/caizhengju', title: '回执：关于预算的报告' },
      ],
    })
  })

  it('docxg: a document from the centre, its files fetched from their addresses', () => {
    const { element } = atOnce(profile('docxg').parse(sample('docxg-received.xml')))
    const links = profile('docxg').links('DOCSUMMARYS', element)
    expect(links).toEqual([
      { href: 'http://127.0.0.1/down.do?name=a.doc&local=1', name: '报告.doc' },
      { href: 'http://127.0.0.1/down.do?name=b.xls', name: '附表.xls' },
    ])
    const { draft, quirks } = read(
      'docxg',
      'DOCSUMMARYS',
      'docxg-received.xml',
      new Map(links.map(({ href, name }) => [href, Buffer.from(name)])),
    )
    expect(draft).toEqual({
      kind: 'document',
      from: 'ZK-015',
      externalId: '0d6c2f0e-5a3b-4e55-9c39-3f2d5f7a1b10',
      urgency: 'urgent',
      number: '豫周农[2011]7号',
      issuers: [{ name: '市农业局' }],
      to: ['ZK-001'],
      document: {
        documentType: '报告',
        title: '关于春耕备耕情况的报告',
        signer: '丙某',
        printer: '市农业局',
        printDate: '2011-03-01',
        topicWords: ['春耕', '备耕'],
      },
      files: [
        { name: '报告.doc', role: 'main', bytes: Buffer.from('报告.doc') },
        { name: '附表.xls', role: 'annex', bytes: Buffer.from('附表.xls') },
      ],
    })
    expect(quirks).toContain('unescaped-ampersand')
    expect(quirks).toContain('missing-namespace')
    expect(quirks).toContain('trailing-separator TODEPIDS')
  })

  it('docxg: what became of a document at one recipient', () => {
    const info = (status: string): unknown =>
      profile('docxg').readRecord(
        'DOCSTATUSINFO',
        atOnce(
          profile('docxg').parse(
            `<DOCSTATUSINFO><XTO>ZK-009</XTO><XTONAME>市财政局</XTONAME><STATUS>${status}</STATUS><OPERATETIME>2011-05-20 10:00:00</OPERATETIME></DOCSTATUSINFO>`,
          ),
        ).element,
      ).values
    expect(
      ['0', '1', '2', '未接收', '已接收', '已阅读'].map(info).map((values) => (values as { state: string }).state),
    ).toEqual(['waiting', 'received', 'read', 'waiting', 'received', 'read'])
    expect(info('1')).toEqual({
      unitCode: 'ZK-009',
      unitName: '市财政局',
      state: 'received',
      at: '2011-05-20T02:00:00.000Z',
    })
  })

  it('records are written and read again', () => {
    const values = {
      id: 'zk-1',
      number: '周政办〔2011〕83号',
      title: '标题',
      withdrawn: false,
      recipients: [
        {
          unit: 'caizhengju',
          name: '市财政局',
          role: 'to',
          state: 'signed',
          at: '2011-05-20T02:00:00.000Z',
          by: '甲某',
        },
        { unit: 'xihua', name: '西华县政府', role: 'cc', state: 'waiting' },
      ],
    }
    const again = (id: string, form: string, record: Parameters<CompiledProfile['writeRecord']>[1]): unknown =>
      profile(id).readRecord(
        form,
        atOnce(profile(id).parse(Buffer.concat(profile(id).writeRecord(form, record)))).element,
      ).values
    expect(again('yizhan', 'StatusResponse', values)).toEqual(values)
    expect(
      again('yizhan', 'SubmitResponse', { id: 'zk-1', repeated: true, acceptedAt: '2011-05-20T02:00:00.000Z' }),
    ).toEqual({ id: 'zk-1', repeated: true, acceptedAt: '2011-05-20T02:00:00.000Z' })
    expect(again('yizhan', 'ListItems', { max: 20, kinds: ['document', 'receipt'] })).toEqual({
      max: 20,
      kinds: ['document', 'receipt'],
    })
    expect(again('epoint', 'Answer', { ok: false, description: '<拒收>' })).toEqual({
      ok: false,
      description: '<拒收>',
    })
  })
})
