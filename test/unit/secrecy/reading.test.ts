import { describe, expect, it } from 'vitest'
import { createFileReader } from '../../../core/secrecy/reading/reader.ts'
import { lookAtLine } from '../../../core/secrecy/line.ts'
import { lookAtText } from '../../../core/secrecy/text.ts'
import { docxOf, pdfOf } from '../../lib/files/papers.ts'
import { zipOf } from '../../lib/files/zip.ts'

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
