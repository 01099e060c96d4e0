import { describe, expect, it } from 'vitest'
import { createFileReader } from '../../../core/secrecy/reading/reader.ts'
import { stationSchema } from '../../../core/config/schema.ts'
import { Guard } from '../../../core/secrecy/guard.ts'
import { lookAtLine } from '../../../core/secrecy/line.ts'
import { lookAtText } from '../../../core/secrecy/text.ts'
import { docxOf, pdfOf } from '../../lib/files/papers.ts'
import { zipOf } from '../../lib/files/zip.ts'

const rules = stationSchema.parse({ name: 'st' }).classified

describe('the reader', () => {
  it('gives up what is not read within the deadline, and reads the next file', async () => {
    let deadline = 1
    const reader = createFileReader({ deadlineMs: () => deadline })
    const late = await reader.read('a.pdf', pdfOf(['正文']))
    expect(late.unread[0]).toContain('时限')
    deadline = 30_000
    expect((await reader.read('a.docx', docxOf(['正文']))).texts.join('')).toContain('正文')
    await reader.close()
  })

  it('reads several side by side, and nothing more when their message’s time is up', async () => {
    const reader = createFileReader({ deadlineMs: () => 30_000, threads: 2 })
    const guard = new Guard(() => ({ ...rules, readAllMs: 30_000 }), reader)
    const clean = Array.from({ length: 6 }, (_, at) => ({ name: `${at}.docx`, bytes: docxOf([`正文${at}`]) }))
    expect(await guard.files(clean)).toEqual({ finding: undefined, unread: [] })
    const marked = { name: 'z.docx', bytes: docxOf(['机密★1年', '某事']) }
    expect(await guard.files([...clean, marked])).toMatchObject({ finding: { seen: 'mark', field: '第7个文件内文字' } })
    const late = new Guard(() => ({ ...rules, readAllMs: 1 }), reader)
    const { unread } = await late.files(clean)
    // The first may be done within that millisecond.
    expect(unread.length).toBeGreaterThan(0)
    expect(unread.at(-1)).toContain('5.docx：整件在时限内读不完')
    await reader.close()
  })

  it('keeps no message waiting for another’s files beyond its own time', async () => {
    const reader = createFileReader({ deadlineMs: () => 30_000, threads: 1 })
    const first = reader.read('a.docx', docxOf(['甲']))
    const waited = await reader.read('b.docx', docxOf(['乙']), performance.now())
    expect(waited.unread[0]).toContain('整件')
    expect((await first).texts.join('')).toContain('甲')
    await reader.close()
  })

  it('inflates no bomb', async () => {
    const reader = createFileReader({ deadlineMs: () => 30_000 })
    const bomb = zipOf([{ name: 'word/document.xml', bytes: Buffer.alloc(64 * 1024 * 1024, 0x20) }])
    expect((await reader.read('a.docx', bomb)).unread).toHaveLength(1)
    const liar = zipOf([{ name: 'word/document.xml', bytes: Buffer.alloc(9 * 1024 * 1024, 0x20), claims: 10 }])
    expect((await reader.read('a.docx', liar)).unread).toHaveLength(1)
    await reader.close()
  })
})

it.each(['机', '密', '机 ', '★', '(', '【机', '1', '密级:', '机密、', ' -/', '年', '"'])(
  '%j, however often, ends',
  (piece) => {
    const long = piece.repeat(4000)
    expect([lookAtLine(long)?.seen, lookAtText(long, () => undefined)?.seen]).toHaveLength(2)
  },
)
