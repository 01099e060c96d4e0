import { describe, expect, it } from 'vitest'
import { systemSchema } from '../../../core/config/schema.ts'
import { derivedId } from '../../../core/message/ids.ts'
import type { ArchiveBatchMessage, ArchiveReceiptMessage, Message } from '../../../core/message/schema.ts'
import { shanghaiDay } from '../../../core/util/shanghai.ts'
import { refusedBatches, repairedMessage } from '../../../station/cli/archive.ts'
import { shared } from '../../lib/shared.ts'
import { until } from '../../lib/wait.ts'
import { startMiniStation, type MiniStation } from '../lib/mini-station.ts'
import type { FlowNode } from '../lib/red.ts'
import { fn, node, oaIn, tab, tell } from './lib/flow.ts'
import { openProbe, type Probe } from './lib/probe.ts'

let station: MiniStation
let probe: Probe
let numbers = 0
shared(
  async () => {
    station = await startMiniStation({
      maxAttempts: 2,
      systems: [systemSchema.parse({ id: 'bureau', name: '市档案馆', adapter: 'archive' })],
    })
    probe = await openProbe(station.bus)
  },
  () => station.close(),
)

const archiveOut = (properties: object = {}, ...to: string[]): FlowNode =>
  node('archive out', 'archive', { system: '', date: '', corrections: '', ...properties }, to)
const archiveIn = (properties: object, ...outputs: string[][]): FlowNode =>
  node('archive in', 'receipts', { subscription: 'receipts', concurrency: 8, systems: [], ...properties }, ...outputs)
const accept = async (): Promise<string> => station.accept({ number: `周政办〔2026〕${++numbers}号` })
const envelope = (id: string) => ({
  id,
  trace: id,
  from: { name: 'x' },
  recipients: [],
  urgency: 'ordinary' as const,
  acceptedAt: '2026-11-22T01:00:00.000Z',
  files: [],
})
/** The batch that the node put out for a hop's input. */
const batchOf = async (
  input: string,
  subscription: string,
  documents: readonly string[],
): Promise<ArchiveBatchMessage['batch'] | undefined> => {
  const message = await station.ledger.journal.message(
    derivedId(input, `${subscription}/archive:${JSON.stringify(documents)}`),
  )
  return message?.kind === 'archive-batch' ? message.batch : undefined
}
const today = () => shanghaiDay(Date.now())
const bureauQueue = async () => (await station.ledger.journal.backlog()).deliveries['bureau'] ?? 0

function receipt(
  id: string,
  accepted: boolean,
  changes: Partial<ArchiveReceiptMessage['archiveReceipt']> = {},
): ArchiveReceiptMessage {
  return {
    schema: 'archive-receipt/1',
    kind: 'archive-receipt',
    ...envelope(id),
    origin: { system: 'bureau', externalId: `batch-${id}` },
    about: { id: 'b-1' },
    archiveReceipt: {
      batch: `batch-${id}`,
      accepted,
      refused: accepted
        ? []
        : [{ sequence: 2, archiveNumber: '0094-WS·2026-D30-0002', document: 'd-2', reason: '版式文件无法打开' }],
      documents: ['d-1', 'd-2', 'd-3'],
      at: '2026-11-22T02:00:00.000Z',
      ...changes,
    },
  }
}

describe('archive out', () => {
  it('makes a batch of one document, dated today, and sends the message on unchanged', async () => {
    await station.deploy(
      tab(oaIn('in', {}, 'archive'), archiveOut({}, 'tell'), tell('tell', '[msg.payload.kind, msg.payload.id]')),
    )
    const before = await bureauQueue()
    const id = await accept()
    expect(await probe.take(1)).toEqual([['document', id]])
    await station.idle('in')
    expect(await bureauQueue()).toBe(before + 1)
    const [made] = await until(
      async () => {
        const list = await station.ledger.journal.find({
          text: `周政办〔2026〕${numbers}号`,
          kinds: ['archive-batch'],
          max: 5,
        })
        return list.length === 1 && (list as ArchiveBatchMessage[])
      },
      { what: 'the batch' },
    )
    expect(made).toMatchObject({
      kind: 'archive-batch',
      parent: id,
      trace: id,
      batch: { date: today(), documents: [id] },
    })
    expect(made!.batch.corrections).toBeUndefined()
  })

  it('makes one batch of a collection’s documents, and none where there is none', async () => {
    const entries = (kind: string, ...ids: string[]) =>
      ids.map((message) => ({ message, kind, from: { name: 'x' }, at: '2026-11-22T01:00:00.000Z' }))
    const collection = (list: object[]) =>
      `msg.payload = ${JSON.stringify({ kind: 'collection', collection: { name: 'c', complete: true, entries: list, missing: [], at: '2026-11-22T01:00:00.000Z' } })}; msg.when = '2026-11-21'; msg.fix = { 'd-2': { remark: '补' } }; return msg`
    const list = [...entries('document', 'd-1', 'd-2', 'd-1'), ...entries('withdrawal', 'w-1')]
    await station.deploy(
      tab(
        oaIn('in', {}, 'full', 'empty'),
        fn('full', collection(list), 'archive'),
        fn('empty', collection(entries('withdrawal', 'w-1')), 'archive'),
        archiveOut({ date: 'when', corrections: 'fix' }, 'tell'),
        tell('tell', 'msg.payload.collection.entries.length'),
      ),
    )
    const before = await bureauQueue()
    const id = await accept()
    expect((await probe.take(2)).sort()).toEqual([1, 4])
    await station.idle('in')
    expect(await bureauQueue()).toBe(before + 1)
    expect(await batchOf(id, 'in', ['d-1', 'd-2'])).toEqual({
      date: '2026-11-21',
      documents: ['d-1', 'd-2'],
      corrections: { 'd-2': { remark: '补' } },
    })
  })

  it.each([
    ['no date', { date: 'payload.number' }, '', 'date'],
    ['what is nothing to archive', {}, `msg.payload = { kind: 'reply' };`, 'msg.payload.kind'],
    [
      'a receipt of what was taken in',
      {},
      `msg.payload = ${JSON.stringify(receipt('r-0', true))};`,
      'msg.payload.archiveReceipt.accepted',
    ],
  ])('fails the hop and names %s', async (_what, properties, code, named) => {
    await station.deploy(
      tab(oaIn('in', {}, 'change'), fn('change', `${code} return msg`, 'archive'), archiveOut(properties)),
    )
    const id = await accept()
    const letter = await until(() => station.ledger.deadLetters.show(`${id}@in`), {
      what: 'the dead letter',
      timeoutMs: 20_000,
    })
    expect(letter.error).toMatchObject({ node: 'archive' })
    expect(letter.error.message).toContain(named)
  })
})

describe('archive in', () => {
  it('sends accepted and refused batches out of an output each, of the systems that it is told', async () => {
    await station.deploy(
      tab(
        archiveIn({ systems: ['bureau'] }, ['first'], ['second']),
        fn('first', `msg.at = 1; return msg`, 'tell'),
        fn('second', `msg.at = 2; return msg`, 'tell'),
        tell('tell', '[msg.at, msg.payload.archiveReceipt.batch]'),
      ),
    )
    await station.take({ ...receipt('r-1', true), origin: { system: 'another' } }, {})
    await station.take(receipt('r-2', true), {})
    await station.take(receipt('r-3', false), {})
    expect((await probe.take(2)).sort()).toEqual([
      [1, 'batch-r-2'],
      [2, 'batch-r-3'],
    ])
    await station.idle('receipts')
    expect(probe.seen).toEqual([])
  })

  it('with archive out: a refused batch waits as a dead letter with its reasons, and goes again when an operator has corrected it', async () => {
    await station.deploy(tab(archiveIn({}, [], ['archive']), archiveOut()))
    await station.take(receipt('r-4', false, { corrections: { 'd-1': { remark: '先前' } } }), {})
    const letter = await until(() => station.ledger.deadLetters.show('r-4@receipts'), {
      what: 'the dead letter',
      timeoutMs: 20_000,
    })
    expect(letter.error).toMatchObject({
      node: 'archive',
      message: expect.stringContaining('版式文件无法打开') as string,
    })
    const [waiting] = refusedBatches(await station.operations.deadLetters({ max: 100, subscription: 'receipts' }))
    expect(waiting).toMatchObject({
      batch: 'batch-r-4',
      documents: ['d-1', 'd-2', 'd-3'],
      refused: [{ document: 'd-2' }],
    })
    const before = await bureauQueue()
    const message: Message = repairedMessage(waiting!.letter, {
      corrections: { 'd-2': { 'document.title': '新题名' } },
      without: ['d-3'],
    })
    await station.operations.replay({ id: waiting!.letter.id, actor: 'operator', message })
    await until(async () => (await bureauQueue()) === before + 1, { what: 'the batch to go again' })
    expect(await batchOf('r-4', 'receipts', ['d-1', 'd-2'])).toEqual({
      date: today(),
      documents: ['d-1', 'd-2'],
      corrections: { 'd-1': { remark: '先前' }, 'd-2': { 'document.title': '新题名' } },
    })
    expect(await station.ledger.deadLetters.show('r-4@receipts')).toBeUndefined()
  })
})
