import { describe, expect, it } from 'vitest'
import { corrected } from '../../../adapters/archive/corrections.ts'
import { messageOfReceipt } from '../../../adapters/archive/receipt-message.ts'
import type { Receipt } from '../../../adapters/archive/receipts.ts'
import { systemSchema } from '../../../core/config/schema.ts'
import type { ArchiveBatchMessage, ArchiveReceiptMessage } from '../../../core/message/schema.ts'
import { documentOf } from './lib/samples.ts'

describe('corrections of a catalogue entry', () => {
  it('change what the catalogue says, and nothing of the document that was given', () => {
    const document = documentOf(1, [])
    const before = structuredClone(document)
    const changed = corrected(document, {
      'document.title': '新题名',
      'document.date': '2026-01-02',
      number: '周政办〔2026〕9号',
      'from.name': '市政府',
      pages: '12',
      boxNumber: '3',
      remark: '补',
    })
    expect(changed).toEqual({
      message: {
        ...before,
        number: '周政办〔2026〕9号',
        from: { ...before.from, name: '市政府' },
        document: { ...before.document, title: '新题名', date: '2026-01-02' },
      },
      pages: 12,
      boxNumber: '3',
      remark: '补',
    })
    expect(document).toEqual(before)
    expect(corrected(document, {})).toEqual({ message: before })
  })

  it('of 责任者 stand for all issuers of a joint document', () => {
    const document = documentOf(1, [])
    document.document.issuers = [document.from, { name: '某行' }]
    const { message } = corrected(document, { 'from.name': '市政府;某行' })
    expect([message.from.name, message.document.issuers]).toEqual(['市政府;某行', undefined])
  })

  it.each([
    ['document.direction', 'report'],
    ['id', 'x'],
    ['__proto__', 'x'],
    ['files', 'x'],
    ['pages', 'zwölf'],
    ['document.date', '22.11.2026'],
    ['document.title', ''],
  ])('that break a rule are refused with their path: %s', (path, value) => {
    const corrections = Object.fromEntries([[path, value]])
    expect(() => corrected(documentOf(1, []), corrections)).toThrow(
      expect.objectContaining({
        code: 'FIELD_INVALID',
        facts: expect.objectContaining({ field: `batch.corrections.m-1.${path}`, value }) as unknown,
      }),
    )
  })
})

describe('the message of a receipt', () => {
  const batch: ArchiveBatchMessage = {
    schema: 'archive-batch/1',
    kind: 'archive-batch',
    id: 'b',
    trace: 't',
    from: { name: 'x' },
    recipients: [],
    urgency: 'ordinary',
    acceptedAt: '2026-11-22T01:00:00.000Z',
    origin: { system: 'flow' },
    mustNotReach: ['science'],
    files: [],
    batch: { date: '2026-11-22', documents: ['d-2', 'd-1'] },
  }
  const sent = {
    batch: 'B',
    delivery: 'b/archive',
    message: 'b',
    items: [
      ['d-1', '0094-WS·2026-D30-0001'],
      ['d-2', '0094-WS·2026-D30-0002'],
    ] as [string, string][],
  }
  const read = (receipt: Partial<Receipt>, changedAt = 0): ArchiveReceiptMessage =>
    messageOfReceipt({
      station: 'st',
      now: 1_795_000_000_000,
      system: systemSchema.parse({ id: 'archive', name: '档案馆', adapter: 'archive' }),
      batch,
      sent,
      found: {
        receipt: { batch: 'B', result: 'refused', items: [], ...receipt },
        name: 'r.xml',
        digest: 'sha256:0',
        bytes: Buffer.alloc(0),
        changedAt,
      },
    })

  it.each<[string, Receipt['items'][number], object]>([
    [
      'its place',
      { sequence: 2, reason: '坏' },
      { sequence: 2, archiveNumber: '0094-WS·2026-D30-0002', document: 'd-2', reason: '坏' },
    ],
    [
      'its archive number',
      { archiveNumber: '0094-WS·2026-D30-0001', reason: '坏' },
      { sequence: 1, archiveNumber: '0094-WS·2026-D30-0001', document: 'd-1', reason: '坏' },
    ],
    [
      'both, which disagree: the number counts',
      { sequence: 2, archiveNumber: '0094-WS·2026-D30-0001' },
      { sequence: 1, document: 'd-1', reason: '见说明' },
    ],
    [
      'what we do not know',
      { sequence: 9, archiveNumber: '别的', reason: '坏' },
      { sequence: 9, archiveNumber: '别的', reason: '坏' },
    ],
  ])('knows a document by %s', (_by, item, expected) => {
    const { refused } = read({ items: [item], note: '见说明' }).archiveReceipt
    expect(refused).toHaveLength(1)
    expect(refused[0]).toMatchObject(expected)
    if (!('document' in expected)) expect(refused[0]).not.toHaveProperty('document')
  })

  it('inherits story and restriction, and lists all documents', () => {
    expect(read({ note: '无法读取' })).toMatchObject({
      trace: 't',
      parent: 'b',
      mustNotReach: ['science'],
      about: { id: 'b' },
      archiveReceipt: { accepted: false, reason: '无法读取', refused: [], documents: ['d-1', 'd-2'] },
    })
  })

  it.each([
    ['2026-11-22T08:00:00.000Z', '2026-11-22T08:00:00.000Z'],
    ['2026-11-22 16:00:00', '2026-11-22T08:00:00.000Z'],
    ['2026-11-22T16:00+08:00', '2026-11-22T08:00:00.000Z'],
    ['2026-99-99 16:00:00', '2026-11-22T00:00:00.000Z'],
    ['昨天下午', '2026-11-22T00:00:00.000Z'],
    [undefined, '2026-11-22T00:00:00.000Z'],
  ])('takes %s for its time, else when the file was written', (at, expected) => {
    expect(read({ at, note: 'x' }, Date.parse('2026-11-22T00:00:00.000Z') / 1000).archiveReceipt.at).toBe(expected)
  })
})
