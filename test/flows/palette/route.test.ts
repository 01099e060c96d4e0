import { describe, expect, it } from 'vitest'
import { shared } from '../../lib/shared.ts'
import { until } from '../../lib/wait.ts'
import { startMiniStation, type MiniStation } from '../lib/mini-station.ts'
import type { FlowNode } from '../lib/red.ts'
import { fn, node, oaIn, oaOut, tab, tell } from './lib/flow.ts'
import { openProbe, type Probe } from './lib/probe.ts'

let station: MiniStation
let probe: Probe
shared(
  async () => {
    station = await startMiniStation()
    probe = await openProbe(station.bus)
  },
  () => station.close(),
)

const COLUMNS = [
  { property: 'payload.document.documentType', label: '文种' },
  { property: 'payload.document.title', label: '标题' },
]
const ROWS = [
  { cells: ['请示、报告', '*资金*'], result: '市财政局、教育局', label: '资金' },
  { cells: ['请示、报告', ''], result: '各县(市、区)人民政府', label: '' },
]
const route = (properties: object, ...outputs: string[]): FlowNode =>
  node(
    'route',
    'route',
    {
      columns: COLUMNS,
      rows: ROWS,
      resultType: 'units',
      target: 'units',
      ports: 'one',
      otherwise: 'result',
      otherwiseResult: '市府办',
      outputs: 1,
      ...properties,
    },
    ...outputs,
  )
const accept = (title: string, documentType?: string): Promise<string> =>
  station.accept({ document: { direction: 'report', title, ...(documentType === undefined ? {} : { documentType }) } })
const deadLetter = (id: string) =>
  until(() => station.ledger.deadLetters.show(`${id}@in`), { what: 'the dead letter', timeoutMs: 20_000 })

describe('route', () => {
  it('gives the units of the first row that fits, else those of the last line', async () => {
    await station.deploy(
      tab(
        oaIn('in', { concurrency: 1 }, 'route'),
        route({}, 'tell'),
        tell('tell', '[msg.payload.document.title, msg.units]'),
      ),
    )
    for (const [title, type] of [
      ['关于资金的请示', '请示'],
      ['情况', '报告'],
      ['资金', '函'],
      ['没有文种', undefined],
    ] as const)
      await accept(title, type)
    expect(new Map((await probe.take(4)) as [string, unknown][])).toEqual(
      new Map<string, unknown>([
        ['关于资金的请示', ['finance', 'education']],
        ['情况', ['chuanhui', 'huaiyang']],
        ['资金', ['office']],
        ['没有文种', ['office']],
      ]),
    )
  })

  it('writes recipients that a message can go to', async () => {
    await station.deploy(
      tab(
        oaIn('in', {}, 'route'),
        route({ resultType: 'recipients', target: 'payload.recipients' }, 'out'),
        oaOut('out'),
      ),
    )
    const id = await accept('关于资金的报告', '报告')
    await until(async () => (await station.inbox('education')).some(({ message }) => message.parent === id), {
      what: 'the document',
      timeoutMs: 20_000,
    })
    expect((await station.inbox('chuanhui')).some(({ message }) => message.parent === id)).toBe(false)
  })

  it('sends each row out of its own output, and the rest out of the last', async () => {
    const mark = (id: string) => fn(id, `msg.by = '${id}'; return msg`, 'tell')
    await station.deploy(
      tab(
        oaIn('in', {}, 'route'),
        route({ ports: 'rows', outputs: 3, resultType: 'none' }, 'first', 'second', 'rest'),
        mark('first'),
        mark('second'),
        mark('rest'),
        tell('tell', '[msg.by, msg.units === undefined]'),
      ),
    )
    await accept('资金', '请示')
    await accept('情况', '请示')
    await accept('资金', '函')
    expect(((await probe.take(3)) as unknown[][]).sort()).toEqual([
      ['first', true],
      ['rest', true],
      ['second', true],
    ])
    await station.idle('in')
    expect(probe.seen).toEqual([])
  })

  it.each([
    ['what fits no row, with the values', { otherwise: 'fail' }, '函、资金'],
    ['a unit that nobody knows', { otherwiseResult: '市不存在局' }, '市不存在局'],
  ])('fails the hop for %s', async (_what, properties, named) => {
    await station.deploy(tab(oaIn('in', {}, 'route'), route(properties, 'out'), oaOut('out')))
    const { error } = await deadLetter(await accept('资金', '函'))
    expect(error).toMatchObject({ node: 'route', nodeType: 'route' })
    expect(error.message).toContain(named)
  })

  it('is not deployed with a cell that can fit nothing', async () => {
    const rows = [{ cells: ['>很多', ''], result: '市财政局', label: '' }]
    const flows = tab(oaIn('in', {}, 'route'), route({ rows }, 'out'), oaOut('out'))
    await expect(station.deploy(flows)).rejects.toThrow(/FLOWS_REFUSED .*1: 文种.*很多/)
  })
})

describe('track', () => {
  it('gives a document and the units that have not signed it, also behind a timer; none when it was withdrawn', async () => {
    const track = (idProperty: string): FlowNode =>
      node('track', 'track', { idProperty, states: ['waiting', 'delivered'], target: 'units' }, 'some', 'none')
    const mark = (id: string) => fn(id, `msg.by = '${id}'; return msg`, 'tell')
    const flow = [
      track('payload.parent'),
      mark('some'),
      mark('none'),
      ...tell('tell', '[msg.by, msg.payload.id, msg.units, msg.status.withdrawn]'),
    ]
    const timer = node(
      'timer',
      'wait',
      { subscription: 'wait', concurrency: 32, mode: 'after', amount: '4', unit: 'seconds' },
      'track',
    )
    await station.deploy(tab(oaIn('in', { kinds: ['document'] }, 'wait'), timer, flow))
    const id = await station.accept({
      recipients: [
        { unit: 'finance', name: '市财政局', role: 'to' },
        { unit: 'education', name: '市教育局', role: 'cc' },
      ],
    })
    expect(await probe.take(1)).toEqual([['some', id, ['finance', 'education'], false]])
    const other = await station.accept()
    await station.withdraw(other)
    expect(await probe.take(1)).toEqual([['none', other, [], true]])
  })
})
