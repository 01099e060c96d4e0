import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { DocumentDraft, Draft, DraftFile } from '../../../core/door/port.ts'
import { newMessageId } from '../../../core/message/ids.ts'
import type { ChannelMessage, Message } from '../../../core/message/schema.ts'
import { docxOf, ofdOf, pdfOf } from '../../lib/files/papers.ts'
import { zipOf } from '../../lib/files/zip.ts'
import { smallCity, TestHouse } from '../oa/lib/house.ts'

let t: TestHouse
afterEach(() => t.close())

const open = async (classified: object = {}): Promise<void> => {
  t = await TestHouse.open(smallCity({ station: { classified } }))
}
const office = () => t.house.door.authenticate('oa-yizhan', 'office', () => true)
let serial = 0
const document = (
  title: string,
  more: Partial<DocumentDraft> = {},
  fields: Partial<DocumentDraft['document']> = {},
): DocumentDraft => ({
  kind: 'document',
  externalId: `s-${++serial}`,
  document: { title, mainRecipients: '市科技局', ...fields },
  files: [],
  ...more,
})
const file = (name: string, bytes: Buffer | string): DraftFile => ({
  name,
  role: 'annex',
  bytes: Buffer.from(bytes as string),
})
const accept = (draft: Draft) =>
  t.house.door.accept(office(), draft, { contentType: 'text/xml', pieces: [{ bytes: Buffer.from('<raw>原文</raw>') }] })

const taken = (kind: 'channel' | 'sms-reply', content: unknown): Message => {
  const now = t.house.clock.now()
  const id = newMessageId('st', now)
  const shared = {
    id,
    trace: id,
    from: { name: 'x' },
    recipients: [] as Message['recipients'],
    urgency: 'ordinary' as const,
    files: [] as Message['files'],
    acceptedAt: new Date(now).toISOString(),
    origin: { system: 'x' },
  }
  return kind === 'channel'
    ? ({ ...shared, schema: 'channel/1', kind, channel: { name: 'c', payload: content } } as ChannelMessage)
    : {
        ...shared,
        schema: 'sms-reply/1',
        kind,
        reply: { phone: '13800001234', to: '106', text: String(content), at: shared.acceptedAt },
      }
}

/** Every byte that lies in the house's folder. */
async function everything(folder = t.folder): Promise<string> {
  let all = ''
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true }))
    if (entry.isFile())
      all += `${entry.name}\n${(await readFile(join(entry.parentPath, entry.name))).toString('utf8')}\n`
  return all
}

describe('of what bears a mark nothing is kept but that it happened', () => {
  it.each<[string, () => Draft]>([
    ['a title', () => document('机 密 关于某防空事项')],
    ['a class', () => document('关于某防空事项', {}, { securityClass: '機密' })],
    ['the text', () => document('关于某防空事项', {}, { text: '机密★1年\n某防空事项' })],
    ['a text file', () => document('关于某防空事项', { files: [file('a.txt', '机密★1年\n某防空事项')] })],
    ['a Word file', () => document('关于某防空事项', { files: [file('a.doc', docxOf(['机密★1年', '某防空事项']))] })],
    ['an OFD file', () => document('关于某防空事项', { files: [file('a', ofdOf(['绝密', '某防空事项']))] })],
    ['a PDF file', () => document('关于某防空事项', { files: [file('a.pdf', pdfOf(['秘密★长期', '某防空事项']))] })],
    ['a file name', () => document('关于某防空事项', { files: [file('【秘密】某防空事项.doc', 'x')] })],
    ['a number', () => document('关于某防空事项', { number: '机密〔2026〕1号' })],
    [
      'a copy number, with a declaration',
      () => document('关于某防空事项', { copyNumber: '000001', notClassified: { name: '甲', reason: '误' } }),
    ],
  ])('%s', async (_what, draft) => {
    await open()
    await expect(accept(draft())).rejects.toMatchObject({ code: 'CLASSIFIED', status: 422 })
    expect(t.codes()).toEqual(['message.classified'])
    await t.opened.ledger.journal.verify()
    expect(await everything()).not.toMatch(/防空|原文|000001/)
    expect(JSON.stringify(t.events)).not.toMatch(/防空|原文|000001/)
  })

  it.each<[string, (about: string) => Draft]>([
    ['a return', (about) => ({ kind: 'return', about, text: '机密★1年\n某防空事项' })],
    ['a withdrawal', (about) => ({ kind: 'withdrawal', about, text: '【机密】某防空事项' })],
    ['a reply', (about) => ({ kind: 'reply', about, text: '絕密：某防空事项' })],
    ['a result', (about) => ({ kind: 'reply', about, text: '办结', result: '机密★' })],
    [
      'a file of a reply',
      (about) => ({ kind: 'reply', about, text: '见附件', files: [file('a.txt', '秘密\n某防空事项')] }),
    ],
    ['whoever signs', (about) => ({ kind: 'receipt', about, by: '【机密】某防空事项' })],
  ])('%s', async (_what, act) => {
    await open()
    const { id } = await accept(document('关于防汛的通知'))
    await expect(accept(act(id))).rejects.toMatchObject({ code: 'CLASSIFIED' })
    expect(await everything()).not.toMatch(/防空/)
  })

  it('a petition, by its title, text, and files', async () => {
    await open()
    const petition = (title: string, text: string, files: readonly DraftFile[] = []): Draft => ({
      kind: 'petition',
      petition: {
        purpose: '咨询',
        title,
        text,
        place: { name: '周口' },
        category: '990000',
        petitioner: { name: '张三' },
        publish: false,
      },
      files,
      codeOf: (id) => id,
    })
    for (const draft of [
      petition('【秘密】某防空事项', '正文'),
      petition('来信', '机密★1年\n某防空事项'),
      petition('来信', '正文', [file('a.docx', docxOf(['机密', '某防空事项']))]),
    ])
      await expect(accept(draft)).rejects.toMatchObject({ code: 'CLASSIFIED' })
    expect(await everything()).not.toMatch(/防空/)
    await accept(petition('举报村干部泄露机密文件', '他把机密级文件带回家。'))
  })

  it.each<['channel' | 'sms-reply', unknown]>([
    ['channel', { doc: { 密级: '机密', 标题: '某防空事项' } }],
    ['channel', { body: '机密★1年\n某防空事项' }],
    ['channel', '【绝密】某防空事项'],
    ['channel', { base64: docxOf(['机密★1年', '某防空事项']).toString('base64') }],
    ['sms-reply', '【机密】某防空事项'],
  ])('%s %j', async (kind, content) => {
    await open()
    await expect(t.house.door.take(taken(kind, content), {})).rejects.toMatchObject({ code: 'CLASSIFIED' })
    expect(t.codes()).toEqual(['message.classified'])
    expect(await everything()).not.toMatch(/防空/)
  })

  it('a payload with a doubtful title says itself that it is not classified', async () => {
    await open()
    const payload = { title: '机密方案送审' }
    await expect(t.house.door.take(taken('channel', payload), {})).rejects.toMatchObject({ code: 'CLASSIFIED_DOUBT' })
    const declared = { ...payload, notClassified: { name: '甲', reason: '片名' } }
    await t.house.door.take(taken('channel', declared), {})
    expect(t.codes()).toContain('message.declared')
    // and hides no mark in what comes with it
    const base64 = docxOf(['机密★1年', '某防空事项']).toString('base64')
    await expect(t.house.door.take(taken('channel', { ...declared, base64 }), {})).rejects.toMatchObject({
      code: 'CLASSIFIED',
    })
  })
})

describe('a doubtful word', () => {
  const TITLE = '绝密543剧组拍摄协调会'

  it('is refused with the way out, and passes with a declaration, which is booked', async () => {
    await open()
    const refused = await accept(document(TITLE)).catch((error: unknown) => error)
    expect(refused).toMatchObject({ code: 'CLASSIFIED_DOUBT', status: 422, facts: { field: '标题' } })
    expect(JSON.stringify(refused)).not.toContain('剧组')
    await expect(accept(document(TITLE, { notClassified: { name: '甲', reason: ' ' } }))).rejects.toMatchObject({
      code: 'FIELD_INVALID',
      facts: { field: 'notClassified.reason' },
    })
    const { id } = await accept(document(TITLE, { notClassified: { name: '甲', reason: '电视剧名' } }))
    const events = await t.opened.ledger.journal.timeline(id)
    expect(events.find(({ code }) => code === 'message.declared')).toMatchObject({
      message: id,
      actor: 'office',
      detail: expect.stringContaining('甲：电视剧名') as string,
    })
    expect(t.codes()).toEqual(['message.doubtful', 'message.refused', 'message.accepted', 'message.declared'])
  })

  it('is held where the city says so, outside ledger and logs, until a person releases it', async () => {
    await open({ doubt: 'hold' })
    const draft = document(TITLE, { number: '周政办〔2026〕5号', files: [file('a.txt', '正文')] })
    const held = await accept(draft).catch((error: unknown) => error)
    expect(held).toMatchObject({ code: 'HELD_FOR_REVIEW', retryable: true })
    await expect(accept(draft)).rejects.toMatchObject({ code: 'HELD_FOR_REVIEW' })
    expect(JSON.stringify(t.events)).not.toMatch(/剧组|周政办/)
    const [item, ...others] = await t.desk.list()
    expect(others).toEqual([])
    expect(item).toMatchObject({ account: 'office', kind: 'document', why: expect.stringContaining('标题') as string })
    const id = item?.id ?? ''
    expect((await t.desk.show(id)).draft).toMatchObject({ document: { title: TITLE } })
    const answer = await t.desk.release(id, 'duty', '电视剧名')
    const message = await t.opened.ledger.journal.message(answer.id)
    expect(message).toMatchObject({
      number: '周政办〔2026〕5号',
      document: { title: TITLE },
      origin: { externalId: draft.externalId },
    })
    expect((await t.house.content.read(message?.files[0]?.digest ?? '')).toString()).toBe('正文')
    expect(t.codes()).toContain('held.released')
    // whoever sends it again gets the answer, and nothing waits any more
    expect(await accept(draft)).toMatchObject({ id: answer.id, repeated: true })
    expect(await t.desk.list()).toEqual([])
    await expect(t.desk.release(id, 'duty', '再来')).rejects.toMatchObject({ code: 'HELD_UNKNOWN' })
  })

  it('that a person refuses is wiped, and refused when it comes again', async () => {
    await open({ doubt: 'hold' })
    const draft = document('机密某防空剧组', { files: [file('a.txt', '某防空正文')] })
    await expect(accept(draft)).rejects.toMatchObject({ code: 'HELD_FOR_REVIEW' })
    const [item] = await t.desk.list()
    await t.desk.refuse(item?.id ?? '', 'duty', '走涉密渠道')
    expect(await everything()).not.toMatch(/防空/)
    expect(t.codes()).toContain('held.refused')
    await expect(accept(draft)).rejects.toMatchObject({ code: 'CLASSIFIED' })
    // other content is another submission
    await expect(accept({ ...draft, document: { ...draft.document, title: '机密某剧组' } })).rejects.toMatchObject({
      code: 'HELD_FOR_REVIEW',
    })
  })

  it('of a petition keeps its query code when it is released', async () => {
    await open({ doubt: 'hold' })
    const draft: Draft = {
      kind: 'petition',
      petition: {
        purpose: '咨询',
        title: '绝密！请看',
        text: '正文',
        place: { name: '周口' },
        category: '990000',
        petitioner: { name: '张三' },
        publish: false,
      },
      files: [],
      codeOf: (id) => `code of ${id}`,
    }
    await expect(accept(draft)).rejects.toMatchObject({ code: 'HELD_FOR_REVIEW' })
    const [item] = await t.desk.list()
    const { id } = await t.desk.release(item?.id ?? '', 'duty', '口头用语')
    expect((await t.opened.ledger.journal.message(id))?.number).toBe(`code of ${id}`)
  })

  it('never lifts a mark', async () => {
    await open({ doubt: 'hold' })
    const declared = { notClassified: { name: '甲', reason: '误标' } }
    await expect(accept(document('【机密】某事', declared))).rejects.toMatchObject({ code: 'CLASSIFIED' })
    expect(await t.desk.list()).toEqual([])
  })
})

describe('a file that cannot be read', () => {
  const OLE = Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.alloc(600)])
  const FILES: readonly [string, Buffer][] = [
    ['正文.doc', OLE],
    ['正文.wps', OLE],
    ['正文.ceb', Buffer.from([0x46, 0x6f, 0x75, 0x6e, 0x64, 0x65, 0x72, 0x43, 0x45, 0x42, 0, 1, 2])],
    ['扫描.jpg', Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 0x10])],
    ['扫描.pdf', pdfOf([])],
    ['加密.zip', zipOf([{ name: 'a.txt', bytes: 'x', encrypted: true }])],
    ['损坏.pdf', Buffer.from('%PDF-1.7 nothing')],
  ]

  it.each(FILES)('%s is taken and listed', async (name, bytes) => {
    await open()
    const { id } = await accept(document('关于防汛的通知', { files: [file(name, bytes)] }))
    const [event] = await t.opened.ledger.journal.unread(10)
    expect(event).toMatchObject({
      code: 'message.unread',
      message: id,
      detail: expect.stringContaining(name) as string,
    })
  })

  it.each(FILES)('%s is refused where the city says so, and passes with a declaration', async (name, bytes) => {
    await open({ unreadable: 'refuse' })
    const draft = document('关于防汛的通知', { files: [file(name, bytes)] })
    await expect(accept(draft)).rejects.toMatchObject({ code: 'FILE_UNREADABLE', status: 422 })
    await accept({ ...draft, notClassified: { name: '甲', reason: '扫描件' } })
    expect(t.codes()).toEqual(['message.refused', 'message.accepted', 'message.declared', 'message.unread'])
  })

  it('is held where the city says so', async () => {
    await open({ unreadable: 'hold' })
    await expect(accept(document('关于防汛的通知', { files: [file('正文.doc', OLE)] }))).rejects.toMatchObject({
      code: 'HELD_FOR_REVIEW',
    })
    const [item] = await t.desk.list()
    await t.desk.release(item?.id ?? '', 'duty', '已人工查看')
  })

  it('of another application is listed, and refused where the city says so and nobody declares it', async () => {
    const scan = { base64: Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 0x10]).toString('base64') }
    await open()
    const { id } = await t.house.door.take(taken('channel', scan), {})
    expect(await t.opened.ledger.journal.unread(10)).toMatchObject([{ code: 'message.unread', message: id }])
    await t.close()
    await open({ unreadable: 'hold' })
    await expect(t.house.door.take(taken('channel', scan), {})).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
    const dead = { code: 'FILE_UNREADABLE', message: '无法检查' }
    await t.house.door.take(taken('channel', scan), { dead })
    await t.house.door.take(taken('channel', { ...scan, notClassified: { name: '甲', reason: '照片' } }), {})
  })

  it('is no reason where it is read: nothing is listed', async () => {
    await open({ unreadable: 'refuse' })
    await accept(
      document('关于防汛的通知', {
        files: [
          file('a.docx', docxOf(['正文'])),
          file('a.ofd', ofdOf(['正文'])),
          file('a.pdf', pdfOf(['正文'])),
          file('a.txt', '正文'),
        ],
      }),
    )
    expect(await t.opened.ledger.journal.unread(10)).toEqual([])
  })
})

describe('the configuration', () => {
  it('adds unclassified words, never a word of a state secret', async () => {
    await open({ unclassified: ['公开', '特定公开'] })
    await accept(document('关于防汛的通知', {}, { securityClass: '特定公开' }))
    await expect(accept(document('关于防汛的通知', {}, { securityClass: '内部' }))).rejects.toMatchObject({
      code: 'CLASSIFIED',
    })
    for (const word of ['机密', '【秘密】', '絕 密', 'Secret', '密', '机密★1年'])
      expect(() => smallCity({ station: { classified: { unclassified: [word] } } })).toThrow('涉密用词')
  })

  it('adds marks of the city’s own', async () => {
    await open({ marks: ['甲级件'] })
    await expect(accept(document('（甲 级 件）关于防汛的通知'))).rejects.toMatchObject({ code: 'CLASSIFIED' })
  })
})
