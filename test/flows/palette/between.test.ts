import { describe, expect, it } from 'vitest'
import { shared } from '../../lib/shared.ts'
import { until } from '../../lib/wait.ts'
import { startMiniStation, type MiniStation } from '../lib/mini-station.ts'
import type { FlowNode } from '../lib/red.ts'
import { fn, node, oaIn, tab, tell } from './lib/flow.ts'
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

/** oa in → a function that prepares the message → the node under test, both outputs of which tell what they send. */
const around = (prepare: string, tested: FlowNode, expression: string): FlowNode[] =>
  tab(
    oaIn('in', {}, 'prepare'),
    fn('prepare', `${prepare}\nreturn msg`, tested.id),
    tested,
    tell('first', `['first', ${expression}]`),
    tell('second', `['second', ${expression}]`),
  )

async function run(flows: readonly FlowNode[], parts = {}): Promise<unknown> {
  await station.deploy(flows)
  await station.accept(parts)
  const [seen] = await probe.take(1)
  return seen
}

/** Runs a document through flows that fail, until it is a dead letter. */
async function failing(flows: readonly FlowNode[]): Promise<{ message: string; nodeName?: string }> {
  await station.deploy(flows)
  const id = await station.accept()
  const letter = await until(() => station.ledger.deadLetters.show(`${id}@in`), { what: 'the dead letter' })
  expect(probe.seen).toEqual([])
  return letter.error
}

describe('map', () => {
  const map = (properties: object): FlowNode => node('map', 'map', properties, 'first')

  it('makes another message by a mapping file, and says what it cannot take', async () => {
    const mapping = map({ operation: 'mapping', mapping: 'outcome-to-receipt' })
    const error = await failing(around('', mapping, 'msg.payload'))
    expect(error).toMatchObject({ nodeName: 'name of map' })
    expect(error.message).toContain('outcome-to-receipt')
    const unknown = around('', map({ operation: 'mapping', mapping: 'no-such' }), 'msg.payload')
    await expect(station.deploy(unknown)).rejects.toThrow('no-such')
    expect((await failing(around('delete msg.payload.urgency', mapping, 'msg.payload'))).message).toContain(
      'msg.payload.urgency',
    )
  })

  it('makes another message by an expression', async () => {
    const seen = await run(
      around(
        '',
        map({ operation: 'expression', expression: '$ ~> |$|{ "urgency": "urgent" }|' }),
        '[msg.payload.urgency, msg.payload.kind]',
      ),
    )
    expect(seen).toEqual(['first', ['urgent', 'document']])
    const broken = around('', map({ operation: 'expression', expression: '$ ~> |' }), 'msg.payload')
    await expect(station.deploy(broken)).rejects.toThrow(/FLOWS_REFUSED .*name of map.*JSONata/)
    const odd = await failing(around('', map({ operation: 'expression', expression: '$sum(kind)' }), 'msg.payload'))
    expect(odd).toMatchObject({ nodeName: 'name of map' })
    expect(odd.message).toMatch(/^FIELD_INVALID .*JSONata/)
  })

  it('reads XML as Node-RED’s own xml node does, and writes it', async () => {
    const object = await run(
      around(
        `msg.payload = '<doc n="1"><title>关于&amp;报送</title><a>x</a><a>y</a></doc>'`,
        map({ operation: 'xml-to-object' }),
        'msg.payload',
      ),
    )
    expect(object).toEqual(['first', { doc: { $: { n: '1' }, title: ['关于&报送'], a: ['x', 'y'] } }])
    const xml = await run(
      around(
        `msg.payload = { title: '关于<报送>', a: ['x', 'y'] }`,
        map({ operation: 'object-to-xml', root: 'doc' }),
        'msg.payload',
      ),
    )
    expect(String((xml as unknown[])[1]).replace(/\s*\n\s*/g, '')).toBe(
      '<?xml version="1.0" encoding="UTF-8"?><doc><title>关于&lt;报送&gt;</title><a>x</a><a>y</a></doc>',
    )
  })

  it.each([
    [
      'entities that multiply',
      `'<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><d>&b;</d>'`,
      'DOCTYPE',
    ],
    ['a file of ours', `'<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><d>&x;</d>'`, 'DOCTYPE'],
    ['depth without end', `'<a>'.repeat(100000)`, 'XML'],
    ['two roots', `'<a/><b/>'`, 'XML'],
    ['no XML at all', `'{}'`, 'XML'],
  ])('refuses %s', async (_what, xml, says) => {
    expect(
      (await failing(around(`msg.payload = ${xml}`, map({ operation: 'xml-to-object' }), 'msg.payload'))).message,
    ).toContain(says)
  })
})

describe('directory', () => {
  const directory = (properties: object): FlowNode =>
    node(
      'directory',
      'directory',
      {
        operation: 'resolve',
        source: 'line',
        target: 'found',
        role: 'to',
        unresolved: 'output',
        outputs: 2,
        ...properties,
      },
      'first',
      'second',
    )

  it('resolves names, aliases, groups and phrases, the sender left out of groups, each unit once', async () => {
    const seen = await run(
      around(
        `msg.line = '财政局、各县(市、区)人民政府，市政府各部门'`,
        directory({}),
        'msg.found.map((to) => to.unit + " " + to.role)',
      ),
    )
    expect(seen).toEqual(['first', ['finance to', 'chuanhui to', 'huaiyang to', 'education to']])
  })

  it('adds to whom the message names already; 主送 goes before 抄送', async () => {
    const prepare = `msg.line = '财政局、教育局'; msg.found = [{ unit: 'finance', name: '市财政局', role: 'to' }]`
    expect(
      await run(around(prepare, directory({ role: 'cc' }), 'msg.found.map((to) => to.unit + " " + to.role)')),
    ).toEqual(['first', ['finance to', 'education cc']])
  })

  it('says what it cannot resolve, by its second output or by failing', async () => {
    const prepare = `msg.line = '财政局、火星办'`
    expect(
      await run(
        around(prepare, directory({}), '[msg.unresolved.map((piece) => piece.text), msg.error.code, msg.error.field]'),
      ),
    ).toEqual(['second', [['火星办'], 'UNKNOWN_RECIPIENT', 'line']])
    const error = await failing(around(prepare, directory({ unresolved: 'fail', outputs: 1 }), 'msg.found'))
    expect(error).toMatchObject({ nodeName: 'name of directory' })
    expect(error.message).toContain('火星办')
  })

  it('looks one unit up, and says when there is none', async () => {
    const lookup = directory({ operation: 'lookup' })
    expect(await run(around(`msg.line = '川汇区'`, lookup, 'msg.found'))).toEqual([
      'first',
      { id: 'chuanhui', name: '川汇区人民政府' },
    ])
    expect(await run(around(`msg.line = '火星办'`, lookup, 'msg.unresolved[0].reason'))).toEqual(['second', 'unknown'])
  })
})

describe('guard', () => {
  const guard = (rules: readonly object[], properties: object = {}): FlowNode =>
    node('guard', 'guard', { rules, broken: 'output', outputs: 2, ...properties }, 'first', 'second')

  it.each([
    ['present', '', `'x'`, `''`],
    ['present', '', `[0]`, '[]'],
    ['absent', '', 'undefined', `'x'`],
    ['equals', '5', '5', `'6'`],
    ['one-of', 'a; b；c', `'c'`, `'d'`],
    ['matches', '^周政办〔\\d{4}〕', `'周政办〔2011〕83号'`, `'周政〔2011〕'`],
    ['at-most', '3', '[1, 2, 3]', '4'],
    ['at-least', '3', `'3'`, '[1, 2]'],
  ])('%s “%s” keeps %s and stops %s', async (test, value, keeping, breaking) => {
    const rule = { property: 'a.b', test, value, message: '' }
    expect(await run(around(`msg.a = { b: ${keeping} }`, guard([rule]), '1'))).toEqual(['first', 1])
    expect(
      await run(
        around(`msg.a = { b: ${breaking} }`, guard([rule]), '[msg.broken.length, msg.error.code, msg.error.field]'),
      ),
    ).toEqual(['second', [1, 'FIELD_INVALID', 'a.b']])
  })

  it('takes what is missing on the way to a property for missing', async () => {
    expect(await run(around('', guard([{ property: 'no.such.path', test: 'present' }]), 'msg.broken.length'))).toEqual([
      'second',
      1,
    ])
    expect(await run(around('', guard([{ property: 'no.such.path', test: 'absent' }]), '1'))).toEqual(['first', 1])
  })

  it('fails the hop in the words of its rule', async () => {
    const error = await failing(
      around(
        '',
        guard([{ property: 'a.b', test: 'present', message: '必须有 b' }], { broken: 'fail', outputs: 1 }),
        '1',
      ),
    )
    expect(error).toMatchObject({ nodeName: 'name of guard' })
    expect(error.message).toContain('必须有 b')
  })

  it('is not deployed when a rule is none, and says which', async () => {
    const rules = (test: string, value: string): FlowNode[] =>
      around('', guard([{ property: 'a.b', test, value }]), '1')
    await expect(station.deploy(rules('matches', '('))).rejects.toThrow(/FLOWS_REFUSED .*a\.b matches.*\(/)
    await expect(station.deploy(rules('at-most', 'three'))).rejects.toThrow(/FLOWS_REFUSED .*a\.b at-most.*three/)
  })
})
