import iconv from 'iconv-lite'
import { beforeAll, describe, expect, it } from 'vitest'
import { atOnce } from '../../../core/util/turns.ts'
import { YizhanError } from '../../../core/errors/error.ts'
import { loadProfiles } from '../../../core/mapping/profile/load.ts'
import type { CompiledProfile } from '../../../core/mapping/profile/port.ts'
import { edit, profileError, readDocument } from './lib/edit.ts'
import { sample } from './lib/fixed.ts'
import { containing } from '../lib/match.ts'

let epoint: CompiledProfile
let docxg: CompiledProfile
let yizhan: CompiledProfile
const send = sample('epoint-send.xml')
const submit = sample('yizhan-submit.xml')
const received = sample('docxg-received.xml')
const files = new Map([
  ['报告.doc', Buffer.from('a')],
  ['附表.xls', Buffer.from('b')],
])

beforeAll(async () => {
  const profiles = await loadProfiles()
  ;[epoint, docxg, yizhan] = ['epoint', 'docxg', 'yizhan'].map((id) => profiles.get(id) as CompiledProfile) as [
    CompiledProfile,
    CompiledProfile,
    CompiledProfile,
  ]
})

const fromSend = (from: string, to: string) => readDocument(epoint, 'Send', edit(send, from, to))
const fromReceived = (from: string, to: string) => readDocument(docxg, 'DOCSUMMARYS', edit(received, from, to), files)
const fromSubmit = (from: string, to: string) => readDocument(yizhan, 'Submit', edit(submit, from, to))

describe('epoint', () => {
  it('gb2312 declaration inside a UTF-8 SOAP string', () => {
    const { draft, quirks } = readDocument(epoint, 'Send', `<?xml version="1.0" encoding="gb2312"?>${send}`)
    expect(draft.document.title).toBe('关于做好 A&B 两河防汛工作的通知')
    expect(quirks).toContain('declared-encoding gb2312')
  })

  it('gb2312 declaration over UTF-8 bytes', () => {
    const { draft, quirks } = readDocument(
      epoint,
      'Send',
      Buffer.from(`<?xml version="1.0" encoding="gb2312"?>${send}`),
    )
    expect(draft.from).toBe('ZK-001')
    expect(draft.document.signature).toBe('周口市人民政府办公室')
    expect(quirks).toContain('declared-encoding gb2312')
  })

  it('gb2312 declaration over GBK bytes is no quirk', () => {
    const { draft, quirks } = readDocument(
      epoint,
      'Send',
      iconv.encode(`<?xml version="1.0" encoding="gb2312"?>${send}`, 'gbk'),
    )
    expect(draft.document.signature).toBe('周口市人民政府办公室')
    expect(quirks).toEqual([])
  })

  it('encoding="gb2313", in a string and over GBK bytes', () => {
    const typo = `<?xml version="1.0" encoding="gb2313"?>${send}`
    expect(readDocument(epoint, 'Send', typo).quirks).toContain('declared-encoding gb2313')
    expect(readDocument(epoint, 'Send', iconv.encode(typo, 'gbk')).draft.document.signature).toBe(
      '周口市人民政府办公室',
    )
  })

  it('成文日期 null', () => {
    const { draft, quirks } = fromSend('<成文日期>2011-05-20<', '<成文日期>null<')
    expect(draft.document.date).toBeUndefined()
    expect(quirks).toEqual(['null-value 公文体/主体/成文日期'])
  })

  it.each([
    '2011-5-20',
    '20110520',
    '2011年5月20日',
    '２０１１年５月２０日',
    '2011/5/20',
    '2011.5.20',
    '二〇一一年五月二十日',
    '二零一一年五月二十日',
    '二○一一年五月二十日',
    '2011-5-20 0:00:00',
    '2011/5/20 12:30:00',
    ' 2011-05-20 ',
  ])('date %s', (text) => {
    const { draft, quirks } = fromSend('<成文日期>2011-05-20<', `<成文日期>${text}<`)
    expect(draft.document.date).toBe('2011-05-20')
    expect(quirks).toEqual(text.trim() === '2011-05-20' ? [] : ['date-format 公文体/主体/成文日期'])
  })

  it.each([
    ['二〇〇九年十月一日', '2009-10-01'],
    ['二〇一二年十二月三十一日', '2012-12-31'],
    ['二〇一〇年二月二十一日', '2010-02-21'],
    ['一九九九年一月十日', '1999-01-10'],
  ])('Chinese date %s', (text, date) => {
    expect(fromSend('<成文日期>2011-05-20<', `<成文日期>${text}<`).draft.document.date).toBe(date)
  })

  it.each(['2011-02-29', '2011-13-01', '20115', '11-5-20', '二〇一一年五月三十二日', '二〇一一年一五月一日', '今天'])(
    '%s is no date',
    (text) => {
      expect(profileError(() => fromSend('<成文日期>2011-05-20<', `<成文日期>${text}<`)).problems).toMatchObject([
        { field: '公文体/主体/成文日期', value: text },
      ])
    },
  )

  it.each([
    ['普通', 'ordinary'],
    ['较急', 'urgent'],
    ['紧急', 'extra-urgent'],
    ['特急', 'extra-urgent'],
    ['加急', 'urgent'],
    ['', 'ordinary'],
    ['null', 'ordinary'],
  ])('urgency “%s”', (text, urgency) => {
    expect(fromSend('<紧急程度>紧急<', `<紧急程度>${text}<`).draft.urgency).toBe(urgency)
  })

  it('unescaped &', () => {
    const { draft, quirks } = fromSend('A&amp;B', 'A & B&C')
    expect(draft.document.title).toBe('关于做好 A & B&C 两河防汛工作的通知')
    expect(quirks).toEqual(['unescaped-ampersand'])
  })

  it('trailing ; in id lists', () => {
    for (const list of ['ZK-002;ZK-003;', ';ZK-002;;ZK-003', 'ZK-002；ZK-003；', ' ZK-002 ; ZK-003 ;']) {
      const { draft, quirks } = fromSend('<主送机关>', `<收文部门内码>${list}</收文部门内码><主送机关>`)
      expect(draft.to).toEqual(['ZK-002', 'ZK-003'])
      expect(quirks).toEqual(['trailing-separator 公文体/主体/收文部门内码'])
    }
  })

  it('doubled </UserArea>', () => {
    const inside = /<电子公文[\s\S]*<\/电子公文>/.exec(send)?.[0] ?? ''
    const answer = `<EpointDataBody><DATA><ReturnInfo><Status>True</Status><Description></Description></ReturnInfo><UserArea>${inside}</UserArea></UserArea></DATA></EpointDataBody>`
    const { draft, quirks } = readDocument(epoint, 'Fetch', answer)
    expect(draft.document.title).toBe('关于做好 A&B 两河防汛工作的通知')
    expect(quirks).toEqual(['doubled-end-tag UserArea'])
  })

  it('发文序号 with 号, and a number that is given in parts only', () => {
    expect(fromSend('<发文序号>83<', '<发文序号>9999号<').draft.number).toBe('周政办〔2011〕9999号')
    expect(fromSend('<发文号>周政办〔2011〕83号</发文号>', '').draft.number).toBe('周政办〔2011〕83号')
  })

  it('发文号 that contradicts 发文字号: the parts count', () => {
    const { draft, quirks } = fromSend('<发文号>周政办〔2011〕83号<', '<发文号>周政办[2011]84号<')
    expect(draft.number).toBe('周政办〔2011〕83号')
    expect(quirks).toContain('number-conflict')
  })

  it('发文号 written otherwise is kept as written', () => {
    expect(fromSend('<发文号>周政办〔2011〕83号<', '<发文号>周政办（2011）083<')).toMatchObject({
      draft: { number: '周政办（2011）083' },
      quirks: ['number-form 公文体/主体/发文号'],
    })
  })

  it('several 发文机关署名 and 签发人署名, one after the other', () => {
    const { draft } = fromSend(
      '</公文生效标识>',
      '<发文机关署名>市委办公室</发文机关署名><签发人署名>乙某</签发人署名></公文生效标识>',
    )
    expect([draft.document.signature, draft.document.signer]).toEqual([
      '周口市人民政府办公室\n市委办公室',
      '甲某\n乙某',
    ])
  })

  it('several 发文机关: the first sends it', () => {
    expect(
      fromSend('<公文体>', '<发文机关 组织机构代码="X" 办理类别="协办">市委办公室</发文机关><公文体>').draft.from,
    ).toBe('ZK-001')
  })

  it('an empty 版式文件 is no file', () => {
    const { draft, quirks } = fromSend('<附件>', '<附件><版式文件 文件名="" 数据类型="" 编码方式="BASE64"></版式文件>')
    expect(draft.files.map((file) => file.name)).toEqual(['通知.doc', '责任分工表.xls'])
    expect(quirks).toEqual(['placeholder-file 公文体/主体/附件/版式文件'])
  })

  it.each(['C:\\oa\\通知.doc', '/var/oa/通知.doc', '..\\通知.doc'])('file name %s', (name) => {
    expect(fromSend('文件名="通知.doc"', `文件名="${name}"`).draft.files[0]?.name).toBe('通知.doc')
  })

  it('elements that nobody described are passed over, but a 份号 or 密级 among them is not', () => {
    const { draft, quirks } = fromSend('</眉首>', '<密码>x</密码><公文份号>000123</公文份号></眉首>')
    expect(draft.copyNumber).toBe('000123')
    expect(quirks).toEqual(['unknown-element 公文体/眉首/密码', 'unknown-element 公文体/眉首/公文份号'])
    expect(fromSend('<秘密等级>公开</秘密等级>', '<密级>机密</密级>').draft.document.securityClass).toBe('机密')
  })

  it('密级, 保密期限 and 份号 reach the door', () => {
    const { draft } = fromSend('<秘密等级>公开</秘密等级>', '<份号>000001</份号><秘密等级>机密★1年</秘密等级>')
    expect([draft.copyNumber, draft.document.securityClass]).toEqual(['000001', '机密★1年'])
    expect(fromSend('<保密期限/>', '<保密期限>10年</保密期限>').draft.secrecyPeriod).toBe('10年')
  })

  it.each(['普通', '无', '', 'null'])('秘密等级 “%s” is none', (text) => {
    expect(fromSend('<秘密等级>公开<', `<秘密等级>${text}<`).draft.document.securityClass).toBeUndefined()
  })

  it('elements in the namespace of the service around them', () => {
    expect(fromSend('<paras>', '<paras xmlns="http://tempuri.org/">').quirks).toEqual(['foreign-namespace'])
  })

  it('what is broken beyond these warts stays refused', () => {
    for (const broken of [
      '<paras><a></paras>',
      `${send}<more/>`,
      edit(send, '</主体>', ''),
      '<paras>&nbsp</para>',
      '',
    ]) {
      expect(() => atOnce(epoint.parse(broken))).toThrow(YizhanError)
    }
  })
})

describe('docxg', () => {
  it.each([
    ['0', 'extra-urgent'],
    ['1', 'urgent'],
    ['2', 'prompt'],
    ['3', 'ordinary'],
    ['特急', 'extra-urgent'],
    ['紧急', 'urgent'],
    ['急件', 'prompt'],
    ['平件', 'ordinary'],
    ['', 'ordinary'],
  ])('priority “%s”', (text, urgency) => {
    expect(fromReceived('<PRIORITY>1<', `<PRIORITY>${text}<`).draft.urgency).toBe(urgency)
  })

  it('elements without their namespace, and with it', () => {
    expect(fromReceived('<KEYWORD>', '<KEYWORD>').quirks).toContain('missing-namespace')
    expect(
      fromReceived('<DOCSUMMARYS>', '<DOCSUMMARYS xmlns="http://www.trueway.com.cn/docxg/object">').quirks,
    ).not.toContain('missing-namespace')
  })

  it('a foreign namespace is another dialect', () => {
    expect(profileError(() => fromReceived('<DOCSUMMARYS>', '<DOCSUMMARYS xmlns="urn:other">')).problems).toMatchObject(
      [{ field: 'DOCSUMMARYS', value: 'DOCSUMMARYS' }],
    )
  })

  it('WENHAO as attributes or as text', () => {
    expect(
      fromReceived('<WENHAO>豫周农[2011]7号</WENHAO>', '<WENHAO JGDZ="豫周农" FWNH="2011" FWXH="7"/>').draft.number,
    ).toBe('豫周农〔2011〕7号')
    expect(fromReceived('<WENHAO>', '<WENHAO>').draft.number).toBe('豫周农[2011]7号')
  })

  it('YFSUM 0 says nothing', () => {
    expect(fromReceived('<YFSUM>0<', '<YFSUM>0<').draft.document.copies).toBeUndefined()
    expect(fromReceived('<YFSUM>0<', '<YFSUM>12<').draft.document.copies).toBe(12)
  })

  it('a file that could not be fetched is an error that names it', () => {
    const { element } = atOnce(docxg.parse(received))
    expect(
      profileError(() => docxg.read('DOCSUMMARYS', element, { attached: new Map([['报告.doc', Buffer.from('a')]]) }))
        .problems,
    ).toMatchObject([{ field: 'ATTEXTS/ATTEXT[2]', value: '附表.xls' }])
  })
})

describe('yizhan', () => {
  it.each([
    ['0', 'flash'],
    ['flash', 'flash'],
    ['特提', 'flash'],
    ['特急', 'extra-urgent'],
    ['加急', 'urgent'],
    ['平急', 'prompt'],
    ['普通', 'ordinary'],
    ['ordinary', 'ordinary'],
    ['４', 'ordinary'],
  ])('urgency “%s”', (text, urgency) => {
    expect(fromSubmit('<emergencyDegree>特急<', `<emergencyDegree>${text}<`).draft.urgency).toBe(urgency)
  })

  it('dates as people write them', () => {
    for (const text of [
      '2011-5-20',
      '20110520',
      '2011年5月20日',
      '二〇一一年五月二十日',
      // xs:date with a zone, as JAXB and .NET write it
      '2011-05-20+08:00',
      '2011-05-20Z',
      '2011-05-20-05:00',
      '2011/5/20',
      '2011.5.20',
      '２０１１．５．２０',
      '2011-05-20 00:00:00',
      '2011-05-20T00:00:00.000',
      '2011-05-20T00:00:00+08:00',
      // midnight in Shanghai, as a client writes it that turns dates into instants
      '2011-05-19T16:00:00Z',
      '2011/5/20 0:00:00',
      '2011年05月20日 10:30',
    ])
      expect(fromSubmit('<documentDate>2011-05-20<', `<documentDate>${text}<`).draft.document.date).toBe('2011-05-20')
  })

  it.each(['2011-13-20', '20/5/2011', '2011-5/20', '2011-05-20T25:00:00', '11-5-20', '2011年5-20', '2011-05-20+8'])(
    '%s is no date',
    (text) => {
      expect(
        profileError(() => fromSubmit('<documentDate>2011-05-20<', `<documentDate>${text}<`)).problems,
      ).toMatchObject([{ value: text }])
    },
  )

  it('elements in any order, and without namespace', () => {
    const moved = edit(
      edit(submit, '<documentType>通知</documentType>', ''),
      '</document>',
      '<documentType>通知</documentType></document>',
    )
    expect(readDocument(yizhan, 'Submit', moved).draft.document.documentType).toBe('通知')
    expect(fromSubmit(' xmlns="urn:yizhan:oa:1"', '').quirks).toEqual(['missing-namespace'])
  })

  it('xsi:nil and empty elements are nothing', () => {
    const { draft } = fromSubmit(
      '<signer>甲某</signer>',
      '<signer xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"/>',
    )
    expect(draft.document.signer).toBeUndefined()
    expect(fromSubmit('<mediaType>application/msword<', '<mediaType><').draft.files[0]?.mediaType).toBeUndefined()
  })

  it('content that came beside the XML (xop:Include)', () => {
    const { element } = atOnce(
      yizhan.parse(
        submit.replace(
          /<content>[^<]*<\/content>/,
          '<content><Include xmlns="http://www.w3.org/2004/08/xop/include" href="cid:1@oa"/></content>',
        ),
      ),
    )
    const bytes = Buffer.alloc(42, 'x')
    expect(yizhan.read('Submit', element, { attached: new Map([['1@oa', bytes]]) }).draft.files?.[0]?.bytes).toBe(bytes)
    expect(profileError(() => yizhan.read('Submit', element)).problems).toMatchObject([
      { field: 'document/files/file[1]/content' },
    ])
  })

  it('is strict otherwise: a misspelt element is an error and not a lost value', () => {
    expect(profileError(() => fromSubmit('<signer>甲某</signer>', '<singer>甲某</singer>')).problems).toMatchObject([
      { field: 'document/singer', rule: containing('no such element') },
    ])
  })
})
