import iconv from 'iconv-lite'
import { beforeAll, describe, expect, it } from 'vitest'
import { ReceiptPoll, type FoundReceipt, type ReceiptRound } from '../../../adapters/archive/receipts.ts'
import { readArchiveReceipt } from '../../../adapters/archive/receipts/read.ts'
import { archiveProfileSchema, type ReceiptNames } from '../../../adapters/archive/profile/schema.ts'
import { atOnce } from '../../../core/util/turns.ts'
import { YizhanError } from '../../../core/errors/error.ts'
import { MemoryServer } from './lib/memory-files.ts'
import { defaultProfile, sampleConfig } from './lib/samples.ts'

const accepted =
  '<?xml version="1.0" encoding="GB18030"?>\n<移交回执><批次号>b-1</批次号><结果>接收</结果><时间>2026-11-22T01:02:03Z</时间><接收人>档案接收科</接收人></移交回执>'
const refused =
  '<移交回执><批次号>b-2</批次号><结果>拒收</结果><明细><文件><顺序号>3</顺序号><档号>0094-WS·2026-D30-0003</档号><原因>版式文件打不开</原因></文件><文件><顺序号>5</顺序号></文件></明细></移交回执>'
const gb = (text: string): Buffer => iconv.encode(text, 'gb18030')
let names: ReceiptNames
beforeAll(async () => {
  names = (await defaultProfile()).settings.receipt
})

describe('receipts', () => {
  it('are read in the encoding that they declare', () => {
    expect(atOnce(readArchiveReceipt(gb(accepted), names))).toEqual({
      batch: 'b-1',
      result: 'accepted',
      at: '2026-11-22T01:02:03Z',
      by: '档案接收科',
      note: undefined,
      items: [],
    })
    expect(atOnce(readArchiveReceipt(Buffer.from(refused), names))).toMatchObject({
      batch: 'b-2',
      result: 'refused',
      note: undefined,
      items: [
        { sequence: 3, archiveNumber: '0094-WS·2026-D30-0003', reason: '版式文件打不开' },
        { sequence: 5, archiveNumber: undefined, reason: undefined },
      ],
    })
  })

  it('do not take an element of a document for one of the batch', () => {
    const text =
      '<移交回执><文件><顺序号>1</顺序号><说明>甲</说明><原因>乙</原因></文件><批次号>b</批次号><结果>退回</结果></移交回执>'
    expect(atOnce(readArchiveReceipt(Buffer.from(text), names))).toMatchObject({
      note: undefined,
      result: 'refused',
      items: [{ reason: '乙' }],
    })
  })

  it('may have other names by the profile', () => {
    const own = archiveProfileSchema.shape.receipt.parse({
      root: ['R'],
      batch: ['B'],
      result: ['S'],
      accepted: ['1'],
      refused: ['0'],
    })
    expect(atOnce(readArchiveReceipt(Buffer.from('<R xmlns="urn:x"><B>b</B><S>1</S></R>'), own))).toMatchObject({
      batch: 'b',
      result: 'accepted',
    })
  })

  it.each([
    ['another root', accepted.replaceAll('移交回执', '回单'), /回单/],
    ['no batch', accepted.replace('<批次号>b-1</批次号>', ''), /批次号.*必填/],
    ['a result that nobody knows', accepted.replace('>接收<', '>待定<'), /待定/],
    ['a refusal without reason', accepted.replace('>接收<', '>拒收<'), /原因/],
    ['a sequence that is no number', refused.replace('>3<', '>三<'), /顺序号/],
    ['an endless reason', refused.replace('版式文件打不开', '长'.repeat(2001)), /≤ 2000/],
    ['a DOCTYPE', `<!DOCTYPE a>${refused}`, /DOCTYPE/],
    ['no end', accepted.slice(0, -3), /XML/],
    ['nothing', '', /XML/],
  ])('are refused with %s', (_what, text, message) => {
    const read = (): unknown =>
      atOnce(readArchiveReceipt(text.startsWith('<?xml') ? gb(text) : Buffer.from(text), names))
    expect(read).toThrow(YizhanError)
    expect(read).toThrow(
      expect.objectContaining({ code: 'ARCHIVE_RECEIPT', message: expect.stringMatching(message) as unknown }) as Error,
    )
  })

  it('of 20,000 mutations are read or refused, nothing else', () => {
    const seeds = [
      gb(accepted),
      Buffer.from(refused),
      gb(`<?xml version="1.0" encoding="GB18030"?>${refused}`),
      Buffer.from(refused, 'utf16le'),
    ]
    const tokens = [
      '<',
      '>',
      '</',
      '/>',
      '&',
      '&amp;',
      ']]>',
      '<![CDATA[',
      '<!--',
      '<?',
      '"',
      "'",
      '\0',
      '\ufeff',
      '</文件>',
      '<文件>',
      '<结果>',
      ' encoding="',
      'gbk',
      '&#x110000;',
      'xmlns="',
      'p:',
    ].map((token) => Buffer.from(token))
    let state = 42
    const random = (below: number): number => (state = (Math.imul(state, 1103515245) + 12345) >>> 0) % below
    let read = 0
    for (let n = 0; n < 20_000; n++) {
      const bytes = Buffer.from(seeds[n % seeds.length]!)
      const at = random(bytes.length)
      const pieces = [
        () => {
          bytes[at] = random(256)
          return bytes
        },
        () => Buffer.concat([bytes.subarray(0, at), tokens[random(tokens.length)]!, bytes.subarray(at)]),
        () => Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.min(bytes.length, at + 1 + random(30)))]),
        () => bytes.subarray(0, at),
        () => Buffer.concat([bytes, bytes.subarray(at)]),
      ]
      const mutated = pieces[random(pieces.length)]!()
      try {
        const receipt = atOnce(readArchiveReceipt(mutated, names))
        expect(receipt.batch).not.toBe('')
        read++
      } catch (error) {
        if (!(error instanceof YizhanError) || error.code !== 'ARCHIVE_RECEIPT')
          throw new Error(`mutation ${n}: ${mutated.toString('hex')}`, { cause: error })
      }
    }
    expect(read).toBeGreaterThan(500)
    expect(read).toBeLessThan(15_000)
  }, 60_000)
})

describe('polling for receipts', () => {
  function scene(take: (found: FoundReceipt) => Promise<void> = async () => undefined, poll = {}) {
    const server = new MemoryServer()
    const clock = { ms: 0, now: () => clock.ms }
    const taken: FoundReceipt[] = []
    const config = sampleConfig({ receipts: poll })
    const polling = new ReceiptPoll({ folders: config.folders, poll: config.receipts, names, clock }, async (found) => {
      await take(found)
      taken.push(found)
    })
    const round = (): Promise<ReceiptRound> => polling.round(server.connect())
    return { server, clock, taken, round, polling }
  }

  it('hands a receipt over, and moves it when the handler has it', async () => {
    const { server, taken, round } = scene(async () => {
      expect(server.files()).toEqual(['receipts/b-1.xml'])
    })
    expect(await round()).toEqual({ taken: [], setAside: [], waiting: [] })
    server.put('receipts/b-1.xml', gb(accepted))
    expect((await round()).taken).toEqual(['b-1.xml'])
    expect(taken).toMatchObject([
      { name: 'b-1.xml', receipt: { batch: 'b-1' }, digest: expect.stringMatching(/^sha256:/) as unknown },
    ])
    expect(server.files()).toEqual(['receipts/done/b-1.xml'])
    expect((await round()).taken).toEqual([])
  })

  it('keeps receipts whose names come again', async () => {
    const { server, taken, round } = scene()
    for (let n = 0; n < 3; n++) {
      server.put('receipts/b-1.xml', gb(accepted.replace('01:02', `01:0${n}`)))
      server.times.set('receipts/b-1.xml', 7)
      await round()
    }
    // each of them read, though name, size and second are the same
    expect(new Set(taken.map(({ digest }) => digest)).size).toBe(3)
    expect(server.files()).toEqual(['receipts/done/b-1.2.xml', 'receipts/done/b-1.3.xml', 'receipts/done/b-1.xml'])
  })

  it('waits for a half-written file, as long as it grows', async () => {
    const { server, clock, round } = scene(undefined, { settleMs: 1_000 })
    const whole = gb(accepted)
    for (const part of [0, 10, 61, 120, whole.length - 1]) {
      server.put('receipts/b-1.xml', whole.subarray(0, part))
      expect((await round()).waiting).toMatchObject([{ name: 'b-1.xml', error: { code: 'ARCHIVE_RECEIPT' } }])
      clock.ms += 999
    }
    server.put('receipts/b-1.xml', whole)
    expect((await round()).taken).toEqual(['b-1.xml'])
  })

  it('sets aside what is never finished, once it has not changed for long enough', async () => {
    const { server, clock, round } = scene(undefined, { settleMs: 1_000 })
    server.put('receipts/b-1.xml', gb(accepted).subarray(0, 50))
    expect(await round()).toMatchObject({ waiting: [{ name: 'b-1.xml' }], setAside: [] })
    clock.ms += 1_000
    expect(await round()).toMatchObject({
      waiting: [],
      setAside: [{ name: 'b-1.xml', error: { code: 'ARCHIVE_RECEIPT' } }],
    })
    expect(server.files()).toEqual(['receipts/bad/b-1.xml'])
  })

  it('sets aside at once what is whole and makes no sense, or is too large, unread', async () => {
    const { server, round } = scene(undefined, { maxBytes: 1_000 })
    server.put('receipts/a.xml', '<html/>')
    server.put('receipts/b.xml', Buffer.alloc(1_001))
    server.put('receipts/c.xml', gb(accepted))
    expect(await round()).toMatchObject({
      setAside: [{ name: 'a.xml' }, { name: 'b.xml' }],
      taken: ['c.xml'],
      waiting: [],
    })
    expect(server.reads.get('receipts/b.xml')).toBeUndefined()
  })

  it('leaves alone what is no receipt: other extensions, hidden and temporary files, folders', async () => {
    const { server, round } = scene()
    for (const name of ['a.txt', '.b.xml', 'c.xml.tmp', 'd.XML/x']) server.put(`receipts/${name}`, 'x')
    const before = server.files()
    expect(await round()).toEqual({ taken: [], setAside: [], waiting: [] })
    expect(server.files()).toEqual(before)
  })

  it('comes again when the handler asks for it, and sets aside what the handler refuses for good', async () => {
    let error: Error | undefined = new YizhanError('SYSTEM_UNREACHABLE', { field: 'ledger', detail: 'busy' })
    const { server, taken, round } = scene(async () => {
      if (error !== undefined) throw error
    })
    server.put('receipts/b-1.xml', gb(accepted))
    expect(await round()).toMatchObject({ waiting: [{ name: 'b-1.xml', error: { code: 'SYSTEM_UNREACHABLE' } }] })
    error = new Error('a bug')
    expect(await round()).toMatchObject({ waiting: [{ error: { code: 'INTERNAL' } }] })
    error = undefined
    expect(await round()).toMatchObject({ taken: ['b-1.xml'] })
    error = new YizhanError('FIELD_INVALID', { field: '批次号', value: 'b-2', rule: 'no such batch' })
    server.put('receipts/b-2.xml', refused)
    expect(await round()).toMatchObject({ setAside: [{ name: 'b-2.xml', error: { code: 'FIELD_INVALID' } }] })
    expect(taken).toHaveLength(1)
    expect(server.files()).toEqual(['receipts/bad/b-2.xml', 'receipts/done/b-1.xml'])
  })

  it('neither fetches nor reports again what the server will not move, until it changes', async () => {
    const { server, taken, round } = scene()
    server.put('receipts/b-1.xml', gb(accepted))
    server.put('receipts/x.xml', '<html/>')
    server.stuck.add('receipts/b-1.xml').add('receipts/x.xml')
    expect(await round()).toMatchObject({
      taken: ['b-1.xml'],
      setAside: [{ name: 'x.xml' }],
      waiting: [{ name: 'b-1.xml' }, { name: 'x.xml' }],
    })
    for (let n = 0; n < 3; n++)
      expect(await round()).toMatchObject({
        taken: [],
        setAside: [],
        waiting: [{ name: 'b-1.xml' }, { name: 'x.xml' }],
      })
    expect([server.reads.get('receipts/b-1.xml'), server.reads.get('receipts/x.xml'), taken.length]).toEqual([1, 1, 1])
    server.stuck.clear()
    await round()
    expect(server.files()).toEqual(['receipts/bad/x.xml', 'receipts/done/b-1.xml'])
    server.put('receipts/b-1.xml', gb(accepted))
    expect(await round()).toMatchObject({ taken: ['b-1.xml'] })
  })

  it('ends the round when the connection is gone, and misses nothing', async () => {
    for (let cutAt = 1; cutAt < 12; cutAt++) {
      const { server, taken, polling, round } = scene()
      server.put('receipts/b-1.xml', gb(accepted))
      server.put('receipts/b-2.xml', refused)
      await polling
        .round(server.connect(cutAt))
        .catch((error: unknown) => expect(error).toMatchObject({ code: 'SYSTEM_UNREACHABLE' }))
      await round()
      expect(taken.map(({ receipt }) => receipt.batch)).toEqual(['b-1', 'b-2'])
      expect(server.files()).toEqual(['receipts/done/b-1.xml', 'receipts/done/b-2.xml'])
    }
  })

  it('takes at most so many a round, whatever lies in front of them', async () => {
    const { server, round } = scene(undefined, { most: 2 })
    for (const n of [1, 2, 3, 4, 5]) server.put(`receipts/b-${n}.xml`, gb(accepted))
    expect((await round()).taken).toHaveLength(2)
    expect((await round()).taken).toHaveLength(2)
    expect((await round()).taken).toEqual(['b-5.xml'])
  })
})
