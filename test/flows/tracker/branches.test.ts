import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { FlowNode, TestNode } from '../lib/red.ts'
import { delay, fn, handles, probe, slow, source, startHarness, tab, until } from './harness.ts'
import type { Harness } from './harness.ts'

let red: Harness

beforeAll(async () => {
  const freeze = (node: TestNode): void => {
    node.on('input', ({ _msgid }, send, done) => {
      send(Object.freeze({ _msgid, payload: 'frozen' }))
      done()
    })
  }
  // Says that it is done first, and then sends something new in the same turn.
  const doneFirst = handles(3, (_msg, _node, send, done) => {
    done()
    send({ payload: 'new' })
  })
  // Gives every message to itself once, by hand.
  const again = handles(3, (msg, node, send, done) => {
    const first = msg.topic === undefined
    msg.topic = 'again'
    setTimeout(
      () => {
        if (first) node.receive(msg)
        else send(msg)
        done()
      },
      first ? 20 : 60,
    )
  })
  red = await startHarness({ types: { freeze, doneFirst, again } })
})

afterAll(() => red.stop())

describe('a hop ends when every branch has finished', () => {
  test('two branches, one of them an async function', async () => {
    await red.load(source('quick', 'slow'), probe('quick'), slow('slow', 150, 'out'), probe('out'))
    await expect(red.run()).resolves.toEqual({ ok: true, keys: ['hop1'] })
    expect(red.journal).toEqual(['quick:x', 'out:x', 'end hop1'])
  })

  test('a source without wires', async () => {
    await red.load(source())
    await expect(red.run()).resolves.toMatchObject({ ok: true })
  })

  test('split and delay: after the last part', async () => {
    const split = { id: 'split', type: 'split', splt: '\\n', spltType: 'str', arraySplt: 1, wires: [['wait']] }
    await red.load(source('split'), split, delay('wait', 100, 'out'), probe('out'))
    await expect(red.run({ payload: [1, 2, 3] })).resolves.toMatchObject({ ok: true })
    expect(red.journal).toEqual(['out:1', 'out:2', 'out:3', 'end hop1'])
  })

  test('split and join: after the joined message', async () => {
    const split = { id: 'split', type: 'split', splt: '\\n', spltType: 'str', arraySplt: 1, wires: [['wait']] }
    const join = { id: 'join', type: 'join', mode: 'auto', wires: [['last']] }
    await red.load(source('split'), split, delay('wait', 30, 'join'), join, slow('last', 60, 'out'), probe('out'))
    await expect(red.run({ payload: [1, 2, 3] })).resolves.toEqual({ ok: true, keys: ['hop1'] })
    expect(red.journal).toEqual(['out:1,2,3', 'end hop1'])
  })

  test('a function returns a new object', async () => {
    await red.load(source('new'), fn('new', 'return { payload: "new" }', 'slow'), slow('slow', 60, 'out'), probe('out'))
    await expect(red.run()).resolves.toMatchObject({ ok: true })
    expect(red.journal).toEqual(['out:new', 'end hop1'])
    expect(red.arrivals[0]?.hops).toEqual(['hop1'])
  })

  test('a node sends a frozen object, which cannot be marked', async () => {
    const wait = delay('wait', 60, 'out', 'other')
    await red.load(
      source('freeze'),
      { id: 'freeze', type: 'freeze', wires: [['wait']] },
      wait,
      probe('out'),
      probe('other'),
    )
    await expect(red.run()).resolves.toMatchObject({ ok: true })
    expect(red.journal).toEqual(['out:frozen', 'other:frozen', 'end hop1'])
    expect(red.arrivals.map(({ hops }) => hops)).toEqual([['hop1'], ['hop1']])
  })

  test('a JSON copy without _msgid, sent from a timer, with node.done()', async () => {
    const copy = `const copy = JSON.parse(JSON.stringify(msg)); delete copy._msgid
      setTimeout(() => { node.send(copy); node.done() }, 60)`
    await red.load(source('copy'), fn('copy', copy, 'slow'), slow('slow', 60, 'out'), probe('out'))
    await expect(red.run()).resolves.toMatchObject({ ok: true })
    expect(red.journal).toEqual(['out:x', 'end hop1'])
    expect(red.untracked).toEqual([])
  })

  test('a function that sends several times before node.done()', async () => {
    const twice = `node.send(msg); await new Promise((resolve) => setTimeout(resolve, 50))
      node.send({ payload: 'y' }); node.done()`
    await red.load(source('twice'), fn('twice', twice, 'out'), probe('out'))
    await expect(red.run()).resolves.toMatchObject({ ok: true })
    expect(red.journal).toEqual(['out:x', 'out:y', 'end hop1'])
  })

  test('the same object sent twice to the same node', async () => {
    const twice = 'node.send(msg, false); node.send(msg, false); node.done()'
    await red.load(source('twice'), fn('twice', twice, 'slow'), slow('slow', 50, 'out'), probe('out'))
    await expect(red.run()).resolves.toMatchObject({ ok: true })
    expect(red.journal).toEqual(['out:x', 'out:x', 'end hop1'])
  })

  test('a node that is done first and then sends, in the same turn', async () => {
    const node = { id: 'first', type: 'doneFirst', wires: [['slow']] }
    await red.load(source('first'), node, slow('slow', 50, 'out'), probe('out'))
    await expect(red.run()).resolves.toMatchObject({ ok: true })
    expect(red.journal).toEqual(['out:new', 'end hop1'])
  })

  test('a node that gives a message to itself', async () => {
    await red.load(source('again'), { id: 'again', type: 'again', wires: [['out']] }, probe('out'))
    await expect(red.run()).resolves.toMatchObject({ ok: true })
    expect(red.journal).toEqual(['out:x', 'end hop1'])
  })

  test('a loop of wires', async () => {
    const count = fn('count', 'msg.payload += 1; return msg.payload < 5 ? [msg, null] : [null, msg]')
    await red.load(source('count'), { ...count, outputs: 2, wires: [['count'], ['out']] }, probe('out'))
    await expect(red.run({ payload: 0 })).resolves.toMatchObject({ ok: true })
    expect(red.journal).toEqual(['out:5', 'end hop1'])
  })
})

describe('rate limit', () => {
  const limit = {
    id: 'limit',
    type: 'delay',
    pauseType: 'rate',
    rate: '10',
    nbRateUnits: '1',
    rateUnits: 'second',
    drop: false,
    outputs: 1,
    wires: [['out']],
  }

  test('three hops, each at its own time', async () => {
    await red.load(source('limit'), limit, probe('out'))
    const ends = await Promise.all(['a', 'b', 'c'].map((payload) => red.run({ payload }, { key: payload })))
    expect(ends.map(({ ok, keys }) => ({ ok, keys }))).toEqual(
      ['a', 'b', 'c'].map((key) => ({ ok: true, keys: [key] })),
    )
    expect(red.journal).toEqual(['out:a', 'end a', 'out:b', 'end b', 'out:c', 'end c'])
    expect(red.arrivals.map(({ hops }) => hops)).toEqual([['a'], ['b'], ['c']])
    expect(red.untracked).toEqual([])
  })

  test('parts of one hop, and a stranger, sent by a timer that the first part started', async () => {
    const split = { id: 'split', type: 'split', splt: '\\n', spltType: 'str', arraySplt: 1, wires: [['limit']] }
    await red.load(source('split'), split, limit, probe('out'))
    const run = red.run({ payload: [1, 2, 3] })
    await until('the first part has passed', () => red.arrivals.length === 1)
    red.node('limit').receive({ payload: 'stranger' })
    await expect(run).resolves.toMatchObject({ ok: true })
    await until('the stranger has passed', () => red.arrivals.length === 4)
    expect(red.journal).toEqual(['out:1', 'out:2', 'out:3', 'end hop1', 'out:stranger'])
    expect(red.arrivals.map(({ hops }) => hops)).toEqual([['hop1'], ['hop1'], ['hop1'], []])
    expect([...red.untracked, ...red.late]).toEqual([])
  })
})

describe('calls', () => {
  const call = (timeout: string): FlowNode => ({
    id: 'call',
    type: 'link call',
    links: ['sub'],
    linkType: 'static',
    timeout,
    wires: [['out']],
  })
  const subroutine = [
    { id: 'sub', type: 'link in', wires: [['work']] },
    slow('work', 100, 'back'),
    { id: 'back', type: 'link out', mode: 'return', wires: [] },
  ]

  test('link call to a slow subroutine', async () => {
    await red.load(source('call'), call('5'), ...subroutine, probe('out'))
    await expect(red.run()).resolves.toMatchObject({ ok: true })
    expect(red.journal).toEqual(['out:x', 'end hop1'])
  })

  test('link call that times out', async () => {
    await red.load(source('call'), call('0.05'), ...subroutine, probe('out'))
    await expect(red.run()).resolves.toMatchObject({
      ok: false,
      error: { code: 'node-error', nodeId: 'call', nodeType: 'link call', message: 'timeout' },
    })
  })

  test('link call that times out, with a Catch node', async () => {
    const caught = { id: 'catch', type: 'catch', scope: ['call'], wires: [['caught']] }
    const nodes = [call('0.05'), ...subroutine, probe('out'), caught]
    await red.load(source('call'), ...nodes, probe('caught'))
    await expect(red.run()).resolves.toMatchObject({ ok: true })
    // The subroutine's answer comes after the timeout, and is sent on all the same.
    expect(red.journal).toEqual(['caught:x', 'out:x', 'end hop1'])
  })

  test('node.linkcall in a function', async () => {
    const code = 'const answer = await node.linkcall("sub", { payload: 7 }); return { payload: answer.payload }'
    await red.load(source('fn'), fn('fn', code, 'out'), ...subroutine, probe('out'))
    await expect(red.run()).resolves.toMatchObject({ ok: true })
    expect(red.journal).toEqual(['out:7', 'end hop1'])
  })

  test('link out to link in', async () => {
    const nodes = [
      { id: 'lout', type: 'link out', mode: 'link', links: ['lin'], wires: [] },
      { id: 'lin', type: 'link in', links: ['lout'], wires: [['slow']] },
    ]
    await red.load(source('lout'), ...nodes, slow('slow', 60, 'out'), probe('out'))
    await expect(red.run()).resolves.toMatchObject({ ok: true })
    expect(red.journal).toEqual(['out:x', 'end hop1'])
  })
})

describe('nodes that call no done', () => {
  const choose = (extra: object = {}): FlowNode => ({
    id: 'if',
    type: 'switch',
    property: 'payload',
    propertyType: 'msg',
    rules: [{ t: 'eq', v: 'x', vt: 'str' }],
    checkall: 'true',
    repair: false,
    outputs: 1,
    wires: [['slow']],
    ...extra,
  })

  test('switch: match', async () => {
    await red.load(source('if'), choose(), slow('slow', 60, 'out'), probe('out'))
    await expect(red.run()).resolves.toMatchObject({ ok: true })
    expect(red.journal).toEqual(['out:x', 'end hop1'])
    expect(red.untracked).toEqual([])
  })

  test('switch: no match ends at once', async () => {
    await red.load(source('if'), choose(), slow('slow', 60, 'out'), probe('out'))
    await expect(red.run({ payload: 'other' })).resolves.toMatchObject({ ok: true })
    expect(red.journal).toEqual(['end hop1'])
  })

  test('switch: a burst of five, with and without a match, among strangers', async () => {
    await red.load(source('if'), choose({ property: 'topic' }), slow('slow', 60, 'out'), probe('out'))
    for (const topic of ['x', 'y', 'y']) red.node('if').receive({ payload: 'stranger', topic })
    const runs = ['x', 'y', 'x', 'y', 'x'].map((topic, at) => red.run({ payload: at, topic }, { key: String(at) }))
    const ends = await Promise.all(runs)
    expect(ends).toEqual([0, 1, 2, 3, 4].map((at) => ({ ok: true, keys: [String(at)] })))
    expect(red.arrivals.map(({ payload, hops }) => [payload, ...hops])).toEqual([
      ['stranger'],
      [0, '0'],
      [2, '2'],
      [4, '4'],
    ])
    for (const at of [0, 2, 4]) expect(red.journal.indexOf(`out:${at}`)).toBeLessThan(red.journal.indexOf(`end ${at}`))
    // The others did not wait.
    for (const at of [1, 3]) expect(red.journal.indexOf(`end ${at}`)).toBeLessThan(red.journal.indexOf('out:0'))
  })

  test('switch: an expression that is evaluated later', async () => {
    const rules = [{ t: 'jsonata_exp', v: 'payload = "x"', vt: 'jsonata' }]
    await red.load(source('if'), choose({ rules }), slow('slow', 30, 'out'), probe('out'))
    const ends = await Promise.all(['x', 'y', 'x', 'y'].map((payload) => red.run({ payload })))
    expect(ends.every(({ ok }) => ok)).toBe(true)
    expect(red.arrivals.map(({ hops }) => hops)).toEqual([['hop1'], ['hop3']])
    expect(red.journal.indexOf('end hop3')).toBeGreaterThan(red.journal.lastIndexOf('out:x'))
  })

  test('switch: a sequence that it recreates is held until it is complete', async () => {
    const split = { id: 'split', type: 'split', splt: '\\n', spltType: 'str', arraySplt: 1, wires: [['wait']] }
    const nodes = [split, slow('wait', 30, 'if'), choose({ repair: true })]
    await red.load(source('split'), ...nodes, slow('slow', 30, 'out'), probe('out'))
    await expect(red.run({ payload: ['x', 'y', 'x'] })).resolves.toMatchObject({ ok: true })
    expect(red.journal).toEqual(['out:x', 'out:x', 'end hop1'])
  })

  test('switch rewired by a deploy of changed nodes', async () => {
    const nodes = [source('if'), choose(), slow('slow', 30, 'out'), probe('out')]
    await red.load(...nodes)
    await red.run()
    await red.deploy(tab(...nodes.map((node) => (node.id === 'if' ? { ...node, wires: [['out']] } : node))), 'nodes')
    await expect(red.run()).resolves.toMatchObject({ ok: true })
    await expect(red.run({ payload: 'other' })).resolves.toMatchObject({ ok: true })
    expect(red.journal).toEqual(['out:x', 'end hop1', 'out:x', 'end hop2', 'end hop3'])
  })

  test('subflow', async () => {
    const template = [
      {
        id: 'sf',
        type: 'subflow',
        name: 'sf',
        in: [{ wires: [{ id: 'inner' }] }],
        out: [{ wires: [{ id: 'inner', port: 0 }] }],
      },
      { ...slow('inner', 60), z: 'sf' },
    ]
    await red.load(...template, source('box'), { id: 'box', type: 'subflow:sf', wires: [['out']] }, probe('out'))
    await expect(red.run()).resolves.toMatchObject({ ok: true })
    expect(red.journal).toEqual(['out:x', 'end hop1'])
    expect(red.untracked).toEqual([])
  })

  test('rbe (filter): passed and blocked', async () => {
    const filter = { id: 'rbe', type: 'rbe', func: 'rbe', property: 'payload', wires: [['slow']] }
    await red.load(source('rbe'), filter, slow('slow', 60, 'out'), probe('out'))
    await expect(red.run()).resolves.toMatchObject({ ok: true })
    await expect(red.run()).resolves.toMatchObject({ ok: true })
    expect(red.journal).toEqual(['out:x', 'end hop1', 'end hop2'])
    expect(red.untracked).toEqual([])
  })
})

describe('nodes that get their messages without a delivery', () => {
  test('complete node with a slow branch', async () => {
    const complete = { id: 'complete', type: 'complete', scope: ['fn'], wires: [['slow']] }
    await red.load(source('fn'), fn('fn', 'return msg'), complete, slow('slow', 60, 'out'), probe('out'))
    await expect(red.run()).resolves.toMatchObject({ ok: true })
    expect(red.journal).toEqual(['out:x', 'end hop1'])
  })

  test('status node with a slow branch', async () => {
    const status = { id: 'status', type: 'status', scope: ['fn'], wires: [['slow']] }
    const code = 'node.status({ text: "working" }); return msg'
    await red.load(source('fn'), fn('fn', code, 'end'), probe('end'), status, slow('slow', 60, 'out'), probe('out'))
    await expect(red.run()).resolves.toMatchObject({ ok: true })
    expect(red.journal).toEqual(['end:x', 'out:undefined', 'end hop1'])
    expect(red.arrivals[1]?.hops).toEqual(['hop1'])
  })
})
