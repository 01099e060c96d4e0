import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import iconv from 'iconv-lite'
import { describe, expect, it } from 'vitest'
import type { LongPart } from '../../../adapters/sms/long/part.ts'
import type { SmsReply } from '../../../adapters/sms/transport.ts'
import { YizhanError } from '../../../core/errors/error.ts'
import { until } from '../../lib/wait.ts'
import { joining, PHONE, testFolder } from './lib/house.ts'

const WAIT = 60_000

function part(number: number, total: number, text: string, more: Partial<LongPart> = {}): LongPart {
  const bytes = iconv.encode(text, 'utf16-be').toString('base64')
  const own = { id: `${more.reference ?? 1}-${number}`, isNamed: true, from: PHONE, extension: '', at: 1, format: 8 }
  return { ...own, bits: 8, reference: 1, total, number, bytes, ...more }
}

function collector(options: Parameters<typeof joining>[1] = {}) {
  const replies: SmsReply[] = []
  const long = joining(async (reply) => void replies.push(reply), options)
  const texts = () => replies.map(({ text }) => text)
  return { replies, long, texts, came: (count: number) => until(() => replies.length >= count, { what: 'replies' }) }
}

/** What a process that was killed here would find: the same file, nothing else. */
async function afterKill(folder: string): Promise<ReturnType<typeof collector>> {
  const next = collector({ folder })
  await next.long.open()
  return next
}

describe('parts of a long reply', () => {
  it('make one text, in whatever order and however often they come, by one connection or several', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 67 }), { minLength: 2, maxLength: 9 }),
        fc.array(fc.nat(), { maxLength: 20 }),
        fc.boolean(),
        async (pieces, order, isNamed) => {
          const { replies, long, came } = collector()
          const parts = pieces.map((piece, index) => part(index + 1, pieces.length, piece, { isNamed }))
          const all = [...order.map((at) => parts[at % parts.length]!), ...parts.toReversed()]
          await Promise.all(all.map((one) => long.take(one, WAIT)))
          await came(1)
          await Promise.all(all.map((one) => long.take(one, WAIT)))
          await long.close()
          expect(replies).toEqual([
            { id: '1-1', from: PHONE, extension: '', text: expect.any(String) as string, at: 1 },
          ])
          expect(replies[0]?.text).toBe(
            iconv.decode(Buffer.concat(pieces.map((one) => iconv.encode(one, 'utf16-be'))), 'utf16-be', {
              stripBOM: true,
            }),
          )
        },
      ),
      { numRuns: 25 },
    )
  })

  it('are decoded over their borders: a centre may divide inside a character', async () => {
    const { long, texts, came } = collector()
    const bytes = iconv.encode('派人参加', 'gbk')
    const cut = (number: number, some: Buffer) => part(number, 2, '', { format: 15, bytes: some.toString('base64') })
    await long.take(cut(1, bytes.subarray(0, 3)), WAIT)
    await long.take(cut(2, bytes.subarray(3)), WAIT)
    await came(1)
    expect(texts()).toEqual(['派人参加'])
  })

  it('are kept apart by phone, extension, reference, its width and the number of parts', async () => {
    const { long, texts, came } = collector()
    for (const more of [{ from: '13800000002' }, { extension: '1' }, { reference: 2 }, { bits: 16 as const }])
      await long.take(part(1, 2, '别', more), WAIT)
    await long.take(part(1, 3, '别'), WAIT)
    await long.take(part(1, 2, '甲'), WAIT)
    await long.take(part(2, 2, '二'), WAIT)
    await came(1)
    expect(texts()).toEqual(['甲二'])
  })

  it('are joined by the next process when this one is killed between them', async () => {
    const folder = testFolder()
    const first = collector({ folder })
    await first.long.take(part(1, 3, '甲'), WAIT)
    await first.long.take(part(3, 3, '丙'), WAIT)
    appendFileSync(join(folder, 'parts.jsonl'), '{"cameAt":1,"wai')
    const next = await afterKill(folder)
    await next.long.take(part(3, 3, '丙'), WAIT)
    await next.long.take(part(2, 3, '乙'), WAIT)
    await next.came(1)
    expect(next.texts()).toEqual(['甲乙丙'])
  })

  it('that were complete when it was killed before they were booked are booked then, under the same id', async () => {
    const folder = testFolder()
    const tried: string[] = []
    const killed = Promise.withResolvers<undefined>()
    const first = joining(
      (reply) => {
        tried.push(reply.id)
        return killed.promise
      },
      { folder },
    )
    await first.take(part(2, 2, '乙'), WAIT)
    await first.take(part(1, 2, '甲'), WAIT)
    await until(() => tried.length === 1, { what: 'the booking under way' })
    const next = await afterKill(folder)
    await next.came(1)
    expect(next.replies).toMatchObject([{ id: tried[0], text: '甲乙' }])
    await next.long.close()
    // And no more: it is told. A copy that the centre sends after that is one.
    const last = await afterKill(folder)
    await last.long.take(part(1, 2, '甲'), WAIT)
    await last.long.take(part(2, 2, '乙'), WAIT)
    await last.long.take(part(1, 2, '丙', { reference: 2 }), WAIT)
    await last.long.take(part(2, 2, '丁', { reference: 2 }), WAIT)
    await last.came(1)
    expect(last.texts()).toEqual(['丙丁'])
    killed.reject(new Error('killed'))
  })

  it('under a reference that the phone uses again make another text', async () => {
    const { long, replies, came } = collector()
    const again = (number: number, text: string) => part(number, 2, text, { id: `again-${number}` })
    await long.take(part(1, 2, '甲'), WAIT)
    await long.take(part(2, 2, '乙'), WAIT)
    await long.take(again(1, '丙'), WAIT)
    await long.take(again(2, '丁'), WAIT)
    await came(2)
    // … also where the first never was complete: that is told as it is.
    await long.take(part(1, 3, '戊'), WAIT)
    for (const number of [1, 2, 3]) await long.take(part(number, 3, `己${number}`, { id: `more-${number}` }), WAIT)
    await came(4)
    expect(replies.map(({ text, incomplete }) => [text, incomplete?.missing])).toEqual([
      ['甲乙', undefined],
      ['丙丁', undefined],
      ['戊……', [2, 3]],
      ['己1己2己3', undefined],
    ])
  })

  it('that never come are named after the time, over a restart too; late ones are told, and nothing is double', async () => {
    const folder = testFolder()
    const { long } = collector({ folder })
    await long.take(part(2, 3, '乙'), 1)
    await long.close()
    const next = await afterKill(folder)
    await next.came(1)
    expect(next.replies).toEqual([
      {
        id: '1-2/incomplete',
        from: PHONE,
        extension: '',
        at: 1,
        text: '…乙…',
        incomplete: { total: 3, missing: [1, 3] },
      },
    ])
    await next.long.take(part(2, 3, '乙'), 1)
    await next.long.take(part(1, 3, '甲'), 1)
    await next.came(2)
    expect(next.texts()).toEqual(['…乙…', '甲……'])
  })

  it('wait in bounds: of texts, of bytes, of one phone’s; beyond them the oldest is told', async () => {
    const { long, texts, came } = collector({ open: 3, openOfPhone: 2, openBytes: 1_000 })
    const orphan = (reference: number, from: string, text = `${reference}`) =>
      long.take(part(1, 2, text, { reference, from }), WAIT)
    await orphan(1, '13800000001')
    for (const reference of [2, 3, 4]) await orphan(reference, '13800000002')
    await came(1)
    expect(texts()).toEqual(['2…'])
    await orphan(5, '13800000003')
    await came(2)
    expect(texts()).toEqual(['2…', '1…'])
    await orphan(6, '13800000004', '督'.repeat(400))
    await came(6)
    expect(texts().slice(2)).toEqual(['3…', '4…', '5…', `${'督'.repeat(400)}…`])
  })

  it('that cannot be booked are answered, tried again, and refused only when too many wait', async () => {
    let isAway = true
    const texts: string[] = []
    const long = joining(
      async ({ text }) => {
        if (isAway) throw new YizhanError('SYSTEM_UNREACHABLE', { field: 'ledger', detail: 'away' })
        texts.push(text)
      },
      { due: 2 },
    )
    const whole = async (reference: number) => {
      await long.take(part(1, 2, '甲', { reference }), WAIT)
      await long.take(part(2, 2, `${reference}`, { reference }), WAIT)
    }
    await whole(1)
    await whole(2)
    await expect(whole(3)).rejects.toMatchObject({ code: 'OVERLOADED', retryable: true })
    await until(() => long.troubles.length > 1, { what: 'another try' })
    isAway = false
    await until(() => texts.length === 2, { what: 'both' })
    expect(texts).toEqual(['甲1', '甲2'])
    await whole(3)
    await until(() => texts.length === 3, { what: 'the third' })
  })

  it('a damaged file is named with its line, and nothing is answered from it', async () => {
    const folder = testFolder()
    appendFileSync(join(folder, 'parts.jsonl'), 'no json\n')
    const { long } = collector({ folder })
    await expect(long.take(part(1, 2, '甲'), WAIT)).rejects.toMatchObject({ code: 'SMS_KEPT_DAMAGED', retryable: true })
    expect(readFileSync(join(folder, 'parts.jsonl'), 'utf8')).toBe('no json\n')
  })
})
