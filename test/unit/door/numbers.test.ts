import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { DocumentDraft } from '../../../core/door/port.ts'
import { smallCity, TestHouse } from '../oa/lib/house.ts'

let t: TestHouse
beforeEach(async () => {
  t = await TestHouse.open(smallCity())
})
afterEach(() => t.close())

let serial = 0
const accept = async (
  number: string,
  document: Partial<DocumentDraft['document']> = {},
): Promise<string | undefined> => {
  const draft: DocumentDraft = {
    kind: 'document',
    externalId: `n-${++serial}`,
    number,
    document: { title: `关于第${serial}件事的通知`, mainRecipients: '市科技局', ...document },
    files: [],
  }
  const { id } = await t.house.door.accept(office(), draft)
  const message = await t.opened.ledger.journal.message(id)
  return message?.number
}
const office = () => t.house.door.authenticate('oa-yizhan', 'office', () => true)

describe('one number is one live document', () => {
  it.each([
    '周政办\u200b〔2026〕5号',
    '周政办〔2026\u2060〕5号',
    '周\u00ad政办〔2026〕5号',
    '周政办〔2026〕5\u202c号',
    '周政办\ue000〔2026〕5号',
    '周政办〔2026〕5号\uf8ff',
    '周政办\u3164〔２０２６〕第005号',
    '周政办2026年第5号',
  ])('also as %j', async (other) => {
    expect(await accept('周政办〔2026〕5号')).toBe('周政办〔2026〕5号')
    await expect(accept(other)).rejects.toMatchObject({ code: 'NUMBER_IN_USE' })
  })

  it('keeps what was written beside the form that is compared', async () => {
    const title = '关于\u200b防汛的通知'
    const { id } = await t.house.door.accept(office(), {
      kind: 'document',
      number: '周政办\u200b[2026]5号',
      document: { title, mainRecipients: '市科技局' },
      files: [],
    })
    expect(await t.opened.ledger.journal.message(id)).toMatchObject({
      number: '周政办〔2026〕5号',
      document: { title: '关于防汛的通知' },
      asWritten: { number: '周政办\u200b[2026]5号', 'document.title': title },
    })
  })

  it('says nothing of what was written as it is kept', async () => {
    const { id } = await t.house.door.accept(office(), {
      kind: 'document',
      number: '周政办〔2026〕5号',
      document: { title: '关于防汛的通知', mainRecipients: '市科技局' },
      files: [],
    })
    expect(await t.opened.ledger.journal.message(id)).not.toHaveProperty('asWritten')
  })
})

describe('numbers without code or year', () => {
  it.each(['第12号', '2026年第5号', '第79期', '〔2026〕81号', '周政办〔2026〕83号之一'])(
    '%s is taken',
    async (number) => {
      expect(await accept(number, { documentType: '命令（令）', date: '2026-03-01' })).toBe(number)
    },
  )

  it('are unique within issuer, type and year', async () => {
    await accept('第12号', { documentType: '命令（令）', date: '2026-03-01' })
    await expect(accept('第012号', { documentType: '令', date: '2026-12-31' })).rejects.toMatchObject({
      code: 'NUMBER_IN_USE',
    })
    await expect(accept('2026年第12号', { documentType: '令', date: '2025-12-31' })).rejects.toMatchObject({
      code: 'NUMBER_IN_USE',
    })
    // another type, another year, another series, another part, another unit of counting
    expect(await accept('第12号', { documentType: '公告', date: '2026-03-01' })).toBe('第12号')
    expect(await accept('第12号', { documentType: '命令（令）', date: '2025-03-01' })).toBe('第12号')
    expect(await accept('市政府令第12号', { documentType: '命令（令）', date: '2026-03-01' })).toBe('市政府令第12号')
    expect(await accept('第12号之一', { documentType: '命令（令）', date: '2026-03-01' })).toBe('第12号之一')
    expect(await accept('第12期', { documentType: '命令（令）', date: '2026-03-01' })).toBe('第12期')
  })

  it('count in the year in which they came where the document has no date', async () => {
    await accept('第12号', { documentType: '公告' })
    await expect(accept('第12号', { documentType: '公告' })).rejects.toMatchObject({ code: 'NUMBER_IN_USE' })
  })

  it('are free again when the document is withdrawn', async () => {
    await accept('第12号', { documentType: '公告', date: '2026-03-01' })
    await t.house.door.accept(office(), { kind: 'withdrawal', about: '第12号' })
    expect(await accept('第12号', { documentType: '公告', date: '2026-03-01' })).toBe('第12号')
  })

  it('that name two documents are told to name one by its id', async () => {
    await accept('第12号', { documentType: '公告', date: '2026-03-01' })
    await accept('第12号', { documentType: '命令（令）', date: '2026-03-01' })
    await expect(t.house.door.accept(office(), { kind: 'withdrawal', about: '第12号' })).rejects.toMatchObject({
      code: 'NUMBER_AMBIGUOUS',
      status: 409,
    })
  })

  it.each(['12', '〔26〕81号', '第号', '周政办〔2026〕'])('%s is none', async (number) => {
    await expect(accept(number)).rejects.toMatchObject({ code: 'NUMBER_INVALID' })
  })
})
