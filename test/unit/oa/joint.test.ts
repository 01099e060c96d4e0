import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Account, DocumentDraft } from '../../../core/door/port.ts'
import { loadProfiles } from '../../../core/mapping/profile/load.ts'
import { atOnce } from '../../../core/util/turns.ts'
import type { CompiledProfile } from '../../../core/mapping/profile/port.ts'
import { issuerNames, issuersOf } from '../../../core/message/issuers.ts'
import type { DocumentMessage } from '../../../core/message/schema.ts'
import { TestHouse } from './lib/house.ts'

let t: TestHouse
let profiles: ReadonlyMap<string, CompiledProfile>
beforeAll(async () => {
  t = await TestHouse.open()
  profiles = await loadProfiles()
})
afterAll(() => t.close())

const CODES: Readonly<Record<string, string>> = { office: 'D-01', science: 'D-02', edu: 'D-03', health: 'D-04' }
const accountOf = (system: string, unit: string): Account => ({ id: `${system}-${unit}`, system, units: [unit] })
const read = (dialect: string, form: string, xml: string): DocumentDraft => {
  const profile = profiles.get(dialect) as CompiledProfile
  return profile.read(form, atOnce(profile.parse(Buffer.from(xml))).element).draft as DocumentDraft
}
const written = (dialect: string, form: string, message: DocumentMessage): string =>
  Buffer.concat(
    (profiles.get(dialect) as CompiledProfile).write(form, message, {
      deliveryId: `${message.id}/health`,
      unit: { id: 'health', name: '市卫生局', codes: ['D-04'] },
      codeOf: (unit) => CODES[unit] ?? unit,
    }),
  ).toString()

async function accept(account: Account, draft: DocumentDraft): Promise<DocumentMessage> {
  const { id } = await t.house.door.accept(account, draft)
  return (await t.house.ledger.journal.message(id)) as DocumentMessage
}

let count = 100
const number = (): string => `周教〔2026〕${++count}号`

/** The same joint document of 市教育局 with 市科技局 and a bank that is no unit of ours, as each dialect writes it. */
const IN: readonly [string, () => [Account, DocumentDraft]][] = [
  [
    'yizhan',
    () => [
      accountOf('oa-yizhan', 'edu'),
      read(
        'yizhan',
        'Submit',
        `<Submit xmlns="urn:yizhan:oa:1"><document><from>edu</from><issuer>市教育局</issuer><issuer>市科技局</issuer>
        <issuer>人民银行周口市分行</issuer><issuedNumberOfDocument>${number()}</issuedNumberOfDocument>
        <identificationOfDocumentIssuer>周口市教育局</identificationOfDocumentIssuer>
        <identificationOfDocumentIssuer>周口市科技局文件</identificationOfDocumentIssuer>
        <signer>甲某</signer><signer>乙某</signer><documentTitle>关于联合检查的通知</documentTitle>
        <mainReceiverDepartment>市卫生局</mainReceiverDepartment>
        <signatureOfDocumentIssuingAgency>周口市教育局</signatureOfDocumentIssuingAgency>
        <signatureOfDocumentIssuingAgency>周口市科技局</signatureOfDocumentIssuingAgency></document></Submit>`,
      ),
    ],
  ],
  [
    'epoint',
    () => [
      accountOf('oa-epoint', 'edu'),
      read(
        'epoint',
        'Send',
        `<paras><DeptGuid>D-03</DeptGuid><电子公文><发文机关 组织机构代码="D-02" 办理类别="协办">市科技局</发文机关>
        <发文机关 办理类别="主办">市教育局</发文机关><发文机关 办理类别="协办">人民银行周口市分行</发文机关>
        <公文体><眉首><发文机关标识><发文机关名称>周口市教育局</发文机关名称><发文机关名称>周口市科技局</发文机关名称>
        <标识后缀>文件</标识后缀></发文机关标识></眉首><主体><标题>关于联合检查的通知</标题><发文号>${number()}</发文号>
        <主送机关>市卫生局</主送机关><公文生效标识><发文机关署名>周口市教育局</发文机关署名><签发人署名>甲某</签发人署名>
        <发文机关署名>周口市科技局</发文机关署名><签发人署名>乙某</签发人署名></公文生效标识></主体></公文体></电子公文></paras>`,
      ),
    ],
  ],
  [
    'docxg',
    () => [
      accountOf('docxg-centre', 'edu'),
      read(
        'docxg',
        'DOCSUMMARY',
        `<DOCSUMMARY><WENHAO>${number()}</WENHAO><TITLE>关于联合检查的通知</TITLE><TODEPNAMES>市卫生局</TODEPNAMES>
        <SENDERID>D-03</SENDERID><SENDERNAME>市教育局；市科技局;人民银行周口市分行</SENDERNAME><SIGNER>甲某、乙某</SIGNER></DOCSUMMARY>`,
      ),
    ],
  ],
]
const NAMES = ['市教育局', '市科技局', '人民银行周口市分行']

describe('a joint document', () => {
  describe.each(IN)('that comes in %s', (dialect, make) => {
    it('keeps all issuers, the lead first, and leaves in every dialect with all of them', async () => {
      const message = await accept(...make())
      expect(message.document.issuers).toEqual([
        { unit: 'edu', name: '市教育局' },
        { unit: 'science', name: '市科技局' },
        { name: '人民银行周口市分行' },
      ])
      expect([message.from.unit, message.document.signer]).toEqual(['edu', '甲某\n乙某'])
      const marks = dialect === 'docxg' ? undefined : '周口市教育局\n周口市科技局文件'
      const signatures = dialect === 'docxg' ? undefined : '周口市教育局\n周口市科技局'
      expect([message.document.issuerMark, message.document.signature]).toEqual([marks, signatures])
      expect(issuerNames(message)).toBe(NAMES.join('、'))

      for (const [out, form] of [
        ['yizhan', 'Item'],
        ['epoint', 'Fetch'],
        ['docxg', 'DOCSUMMARYS'],
      ] as const) {
        const draft = read(out, form, written(out, form, message))
        expect(
          draft.issuers?.map(({ name }) => name),
          out,
        ).toEqual(NAMES)
        expect(draft.document.signer, out).toBe('甲某\n乙某')
        if (out === 'docxg') continue
        expect(draft.document.issuerMark, out).toBe(marks)
        expect(draft.document.signature, out).toBe(signatures)
      }
      const epoint = written('epoint', 'Fetch', message)
      expect(epoint).toContain('<发文机关 组织机构代码="D-03" 办理类别="主办">市教育局</发文机关>')
      expect(epoint).toContain('<发文机关 组织机构代码="D-02" 办理类别="协办">市科技局</发文机关>')
      expect(written('docxg', 'DOCSUMMARYS', message)).toContain(`<SENDERNAME>${NAMES.join(';')}</SENDERNAME>`)
    })
  })

  const joint = (issuers: NonNullable<DocumentDraft['issuers']>): DocumentDraft => ({
    kind: 'document',
    number: number(),
    document: { title: '关于联合检查的通知', mainRecipients: '市卫生局' },
    issuers,
    files: [],
  })
  const edu = accountOf('oa-epoint', 'edu')

  it.each([
    ['a unit twice, under another name', ['市教育局', '市科技局', 'science'], 'ISSUER_TWICE'],
    ['a name twice', ['市教育局', '某行', '某 行'], 'ISSUER_TWICE'],
    ['another unit as the lead', ['市科技局', '市教育局'], 'LEAD_NOT_SENDER'],
    ['units that the sender is none of', ['某行', '市科技局'], 'LEAD_NOT_SENDER'],
    ['more than there can be', ['市教育局', ...Array.from({ length: 50 }, (_, at) => `第${at}行`)], 'FIELD_INVALID'],
    ['a name too long', ['市教育局', '行'.repeat(201)], 'FIELD_INVALID'],
    ['a mark of secrecy in a name', ['市教育局', '机密★1年'], 'CLASSIFIED'],
  ])('is refused with %s', async (_what, names, code) => {
    await expect(accept(edu, joint(names.map((name) => ({ name }))))).rejects.toMatchObject({ code })
  })

  it('is refused where a name and its code are two units', async () => {
    const issuers = [{ name: '市教育局' }, { name: '市科技局', code: 'D-04' }]
    await expect(accept(edu, joint(issuers))).rejects.toMatchObject({ code: 'FIELD_INVALID' })
  })

  it.each([
    ['separated by commas, where one is a unit', ['市教育局、某行'], ['市教育局', '某行']],
    ['of which a name holds a comma', ['市教育局', '某、某行'], ['市教育局', '某、某行']],
    ['led by one that is no unit of ours', ['市委、市政府', '市教育局'], ['市委、市政府', '市教育局']],
    ['none of which is a unit of ours', ['某市委', '某市政府'], ['某市委', '某市政府']],
  ])('has its issuers %s', async (_what, names, all) => {
    const message = await accept(edu, joint(names.map((name) => ({ name }))))
    expect(issuersOf(message).map(({ name }) => name)).toEqual(all)
  })

  it('of one issuer is none: another name of the sender is kept as it wrote it', async () => {
    const message = await accept(edu, joint([{ name: '周口市教育局（本级）' }]))
    expect(message.document.issuers).toBeUndefined()
    expect(message.asWritten).toEqual({ 'from.name': '周口市教育局（本级）' })
    expect((await accept(edu, joint([{ name: '市教育局' }]))).asWritten).toBeUndefined()
  })
})
