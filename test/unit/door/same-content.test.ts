import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Draft, DocumentDraft } from '../../../core/door/port.ts'
import { type documentBody } from '../../../core/message/schema.ts'
import { TestHouse } from '../oa/lib/house.ts'

let t: TestHouse
beforeEach(async () => {
  t = await TestHouse.open()
})
afterEach(() => t.close())

const draft: DocumentDraft = {
  kind: 'document',
  externalId: 'd-1',
  document: { title: '关于报送材料的通知', mainRecipients: '市科技局' },
  files: [{ name: '正文.doc', role: 'main', bytes: Buffer.from('a') }],
}
const accept = (account: string, given: Draft) =>
  t.house.door.accept(
    t.house.door.authenticate('oa-yizhan', account, () => true),
    given,
  )

/** Another value of each field of a document's body. */
const others: Readonly<Record<Exclude<keyof typeof documentBody.shape, 'issuers'>, unknown>> = {
  direction: 'report',
  identifier: 'x',
  documentType: '函',
  title: '关于报送另一材料的通知',
  issuerMark: 'x',
  signer: 'x',
  mainRecipients: '市科技局、市卫生局',
  copyRecipients: '市卫生局',
  attachmentNote: 'x',
  signature: 'x',
  date: '2026-08-30',
  annotation: 'x',
  printer: 'x',
  printDate: '2026-08-30',
  copies: 3,
  releaseLevel: 'x',
  topicWords: ['x'],
  securityClass: '内部',
  text: 'x',
}

describe('a submission under an id that is known', () => {
  it('is a repetition where everything is the same', async () => {
    const first = await accept('office', draft)
    expect(await accept('office', structuredClone(draft))).toMatchObject({ id: first.id, repeated: true })
  })

  it.each([
    ['dualTrack', { dualTrack: true }],
    ['urgency', { urgency: 'urgent' }],
    ['number', { number: '周政办〔2026〕1号' }],
    ['a recipient', { cc: ['市卫生局'] }],
    ['issuers', { issuers: [{ name: '市政府办公室' }, { name: '市卫生局' }] }],
    ['a file', { files: [{ name: '正文.doc', role: 'main', bytes: Buffer.from('b') }] }],
    ['a file’s name', { files: [{ name: '正文2.doc', role: 'main', bytes: Buffer.from('a') }] }],
    ...Object.entries(others).map(
      ([field, value]) => [field, { document: { ...draft.document, [field]: value } }] as const,
    ),
  ] as const)('is a mistake with another %s', async (_what, change) => {
    await accept('office', draft)
    await expect(accept('office', { ...draft, ...change })).rejects.toMatchObject({
      code: 'ID_IN_USE',
    })
  })

  it('counts every word of an act as well, under an id of the sender’s own', async () => {
    const { id } = await accept('office', draft)
    const reply = { kind: 'reply', externalId: 'r-1', about: id, text: '已办理', by: '张三' } as const
    const first = await accept('science', reply)
    expect(await accept('science', reply)).toMatchObject({ id: first.id, repeated: true })
    for (const change of [{ by: '李四' }, { text: '正在办理' }, { result: 'A' }, { urgency: 'urgent' as const }])
      await expect(accept('science', { ...reply, ...change })).rejects.toMatchObject({ code: 'ID_IN_USE' })
  })

  it('signing twice is one act, whoever did it', async () => {
    const { id } = await accept('office', draft)
    const first = await accept('science', { kind: 'receipt', about: id, by: '张三' })
    expect(await accept('science', { kind: 'receipt', about: id, by: '李四' })).toMatchObject({
      id: first.id,
      repeated: true,
    })
  })
})
