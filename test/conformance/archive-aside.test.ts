import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { batchOf } from '../../nodes/archive-out/batch.ts'
import type { DocumentDraft } from '../../core/door/port.ts'
import type { ArchiveReceiptMessage } from '../../core/message/schema.ts'
import { refusedBatches, repairedMessage } from '../../station/cli/archive.ts'
import type { DeadLetterView } from '../../station/cli/where-text.ts'
import { until } from '../lib/wait.ts'
import { awaited, closeHouse, codes, house, open, receipt, send, server, t, there } from './lib/archive-house.ts'
import { bureauServer, opensshServer, type BureauServer } from './lib/archive-kit.ts'

/** One bad document never holds up a batch; two receipts that contradict each other wait for a person. */

afterEach(closeHouse)

let serial = 500
const account = () => house.door.authenticate('oa-yizhan', 'office', () => true)

async function take(changes: {
  readonly title?: string
  readonly number?: string
  readonly files?: readonly (readonly [name: string, bytes: number])[]
}): Promise<string> {
  serial++
  const draft: DocumentDraft = {
    kind: 'document',
    number: changes.number ?? `周政办〔2026〕${serial}号`,
    document: { title: changes.title ?? `第${serial}项通知`, documentType: '通知', date: '2026-11-20' },
    to: ['science'],
    files: (changes.files ?? [['正文.pdf', 4_000]]).map(([name, bytes]) => ({
      name,
      role: 'main' as const,
      bytes: Buffer.alloc(bytes, `${serial}`),
    })),
  }
  return (await house.door.accept(account(), draft)).id
}

/** What each does wrong, and what its reasons must name. */
const BAD: readonly (readonly [string, Parameters<typeof take>[0], readonly string[]])[] = [
  ['neither file nor text', { files: [] }, ['至少一个文件或正文']],
  ['a character outside GBK in the title', { title: '关于王䶮同志任职的通知' }, ['䶮 (U+4DAE)', 'TM']],
  // Names with U+202E stop at the door by themselves: test/unit/archive/examine.test.ts has what older releases let in.
  ['a name without extension', { files: [['通知', 100]] }, ['通知']],
  ['an extension that is not listed', { files: [['附件.psd', 100]] }, ['附件.psd', 'psd']],
  ['a file of 0 bytes', { files: [['正文.pdf', 0]] }, ['文件为空']],
  [
    'all of it at once',
    {
      title: '关于王䶮同志的通知',
      files: [
        ['一.psd', 0],
        ['二.pdf', 0],
      ],
    },
    ['一.psd', '二.pdf', '文件为空', '䶮 (U+4DAE)'],
  ],
]

const letters = async (): Promise<DeadLetterView[]> =>
  (await t.opened.ledger.deadLetters.list({ max: 100 })) as unknown as DeadLetterView[]
const shelved = () => (server as BureauServer).bureau.shelves.items

describe('a batch with documents that cannot be archived', () => {
  it('sends the sound ones, and sets the others aside with all reasons; corrected, they follow', async () => {
    await open(await bureauServer(), undefined, {}, { door: 'off' })
    const sound = [await take({}), await take({})]
    const bad = new Map<string, (typeof BAD)[number]>()
    for (const one of BAD) bad.set(await take(one[1]), one)
    await send('all', {
      date: '2026-11-22',
      documents: [...bad.keys(), sound[0]!, 'gone', sound[1]!],
      corrections: { [sound[1]!]: { remark: '随批' } },
    })
    const aside = await receipt(true)
    expect(aside.archiveReceipt).toMatchObject({
      batch: expect.stringMatching(/^20261122-[0-9a-f]{12}-aside$/) as string,
      accepted: false,
      setAside: true,
      documents: [...bad.keys(), 'gone'],
    })
    for (const [id, [, , reasons]] of bad) {
      const reason = aside.archiveReceipt.refused.find(({ document }) => document === id)?.reason ?? ''
      for (const one of reasons) expect(reason).toContain(one)
    }
    expect(codes().filter((code) => code === 'archive.set-aside')).toHaveLength(1)
    expect(await letters()).toEqual([])
    await until(() => shelved().length === 2, { what: 'the sound ones' })
    expect(shelved().map(({ archiveNumber }) => archiveNumber)).toEqual([
      '0094-WS·2026-D30-0001',
      '0094-WS·2026-D30-0002',
    ])
    // The operator corrects what can be corrected and leaves out what cannot.
    const [first, gbk, direction, extension, empty, all] = [...bad.keys()] as [
      string,
      string,
      string,
      string,
      string,
      string,
    ]
    await send(
      'archive',
      batchOf(
        {
          ...aside,
          archiveReceipt: {
            ...aside.archiveReceipt,
            resend: {
              corrections: {
                [gbk]: { 'document.title': '关于王（上龙下天）同志任职的通知' },
                [direction]: { 'files.1.name': '通知.pdf' },
                [extension]: { 'files.1.name': '附件.pdf' },
                [all]: { 'document.title': '通知', 'files.1.omit': 'true' },
              },
              without: [first, empty, 'gone'],
            },
          },
        },
        { date: '2026-11-23', corrections: undefined },
        0,
      )!,
    )
    // One of them still has an empty file: the others go, and it waits again.
    await until(() => shelved().length === 5, { what: 'the corrected ones' })
    const second = await until(
      async () => {
        for (;;) {
          const next = await receipt()
          if (next.archiveReceipt.setAside === true) return next
        }
      },
      { what: 'what is set aside again' },
    )
    expect(second.archiveReceipt.documents).toEqual([all])
    expect(shelved().map(({ title }) => title)).toContain('关于王（上龙下天）同志任职的通知')
  })

  it('of which none is sound is refused; each reason is listed, and no number is used up', async () => {
    await open(await bureauServer(), undefined, {}, { door: 'off' })
    const bad = [await take({ files: [['a.psd', 10]] }), await take({ files: [] })]
    await send('all', { date: '2026-11-22', documents: bad })
    const aside = await receipt()
    expect(aside.archiveReceipt.refused.map(({ document }) => document)).toEqual(bad)
    const [letter] = await until(
      async () => {
        const found = await letters()
        return found.length > 0 && found
      },
      { what: 'the dead letter' },
    )
    expect(letter?.error.code).toBe('ARCHIVE_ASIDE')
    expect(refusedBatches([letter!])).toEqual([])
    expect(await there('in')).toEqual([])
    await send('all', { date: '2026-11-22', documents: [await take({})] })
    await until(() => shelved().length === 1, { what: 'a sound one' })
    expect(shelved()[0]?.archiveNumber).toBe('0094-WS·2026-D30-0001')
  })

  it('is set aside once, however often it is tried: and what the operator sees can be replayed', async () => {
    const bureau = await bureauServer()
    await open(bureau, undefined, {}, { door: 'off' })
    await server.stop()
    const [bad, good] = [await take({ files: [['a.psd', 10]] }), await take({})]
    await send('all', { date: '2026-11-22', documents: [bad, good] })
    await until(() => codes().filter((code) => code === 'delivery.retry').length > 2, { what: 'some attempts' })
    await server.start()
    await until(() => shelved().length === 1, { what: 'the sound one' })
    expect(codes().filter((code) => code === 'archive.set-aside')).toHaveLength(1)
    const aside = await receipt()
    const view = { id: 'x', what: 'hop', message: aside, error: { code: 'ARCHIVE_REFUSED', message: '' } }
    const [listed] = refusedBatches([view as unknown as DeadLetterView])
    expect(listed).toMatchObject({ documents: [bad], refused: [{ document: bad, sequence: 1 }] })
    const repaired = repairedMessage(view as unknown as DeadLetterView, {
      corrections: { [bad]: { 'files.1.name': 'a.pdf' } },
      without: [],
    }) as ArchiveReceiptMessage
    expect(batchOf(repaired, { date: undefined, corrections: undefined }, 0)?.corrections).toEqual({
      [bad]: { 'files.1.name': 'a.pdf' },
    })
  })
})

describe('the door', () => {
  it('warns of what could never be archived, and takes it', async () => {
    await open(await bureauServer())
    const id = await take({ files: [['a.psd', 0]] })
    const [note] = t.events.filter(({ code }) => code === 'archive.unfit')
    expect(note).toMatchObject({ message: id, detail: expect.stringMatching(/archive: .*文件为空.*a\.psd/s) as string })
    await take({})
    expect(codes().filter((code) => code === 'archive.unfit')).toHaveLength(1)
  })

  it.each(BAD)('refuses, where it is to: %s', async (_, changes, reasons) => {
    await open(await bureauServer(), undefined, {}, { door: 'refuse' })
    const error: unknown = await take(changes).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'ARCHIVE_UNFIT', retryable: false })
    for (const reason of reasons) expect((error as { facts: { detail: string } }).facts.detail).toContain(reason)
    await take({})
    expect(codes().filter((code) => code === 'message.refused')).toHaveLength(1)
  })
})

describe('two receipts of one batch', () => {
  const xml = (batch: string, result: string) =>
    `<移交回执><批次号>${batch}</批次号><结果>${result}</结果><说明>见附件</说明></移交回执>`
  const put = async (name: string, text: string): Promise<void> => {
    await mkdir(join(server.home, 'receipts'), { recursive: true })
    await writeFile(join(server.home, 'receipts', name), text)
  }

  it('that contradict each other: the first stands, the second is named and waits for a person', async () => {
    await open(await opensshServer())
    await send('all', { date: '2026-11-22', documents: [await take({})] })
    const [row] = await until(
      async () => {
        const found = await awaited()
        return found.length === 1 && found
      },
      { what: 'the delivery', timeoutMs: 60_000 },
    )
    const batch = row!.remoteId!
    await put('1.xml', xml(batch, '接收'))
    expect((await receipt()).archiveReceipt.accepted).toBe(true)
    // In other words, but the same: nothing new, and nobody is bothered.
    await put('2.xml', `${xml(batch, '已接收')}\n`)
    await until(async () => (await there('receipts/done')).includes('2.xml'), { what: 'the copy to be taken' })
    expect(await letters()).toEqual([])
    await put('3.xml', xml(batch, '拒收'))
    await until(async () => (await there('receipts/bad')).includes('3.xml'), { what: 'the third to be set aside' })
    const [letter] = await letters()
    expect(letter?.error).toMatchObject({ code: 'ARCHIVE_CONTRADICTION' })
    for (const word of [batch, '接收 accepted', '拒收 refused', '3.xml']) expect(letter?.error.message).toContain(word)
    expect(t.events.find(({ code }) => code === 'archive.receipt-set-aside')).toMatchObject({
      error: 'ARCHIVE_CONTRADICTION',
    })
    // The person decides that the second is right: only then do the flows get it.
    await t.opened.ledger.deadLetters.replay({ id: letter!.id, actor: 'operator', now: house.clock.now() })
    expect((await receipt()).archiveReceipt).toMatchObject({ batch, accepted: false })
  })
})
