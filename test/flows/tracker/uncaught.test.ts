import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { delay, fn, handles, probe, slow, source, startHarness, until } from './harness.ts'
import type { Harness } from './harness.ts'

let red: Harness
/** What the tracker said of the code that ran at an error that nobody caught. */
const running: unknown[] = []
const blamed: boolean[] = []

beforeAll(async () => {
  const leave = (): void => {
    running.push(red.tracker.running())
    blamed.push(red.tracker.blame(new Error('nobody caught it')))
  }
  const types = {
    // What the process hears of a rejection or a throw comes in the async context in which it arose.
    leaves: handles(3, (_msg, _node, _send, done) => {
      queueMicrotask(leave)
      done()
    }),
    leavesLater: handles(3, (_msg, _node, _send, done) => {
      setTimeout(leave, 20)
      done()
    }),
  }
  red = await startHarness({ types })
})
afterAll(() => red.stop())

const leaver = (type: 'leaves' | 'leavesLater', ...to: string[]) => ({ id: 'bad', type, name: 'bad one', wires: [to] })
const catcher = (id: string, ...to: string[]) => ({ id, type: 'catch', scope: null, wires: [to] })

describe('an error that nobody caught', () => {
  test('is the error of the hop in whose context it arose, at its node', async () => {
    await red.load(source('bad'), leaver('leaves'))
    const end = await red.run()
    expect(end).toMatchObject({
      ok: false,
      error: { code: 'node-error', message: 'nobody caught it', nodeId: 'bad', nodeName: 'bad one' },
    })
    expect(running.at(-1)).toEqual({
      keys: ['hop1'],
      nodeId: 'bad',
      nodeType: 'leaves',
      nodeName: 'bad one',
      tab: 'test',
    })
    expect(blamed.at(-1)).toBe(true)
    expect(red.logged.map(({ msg }) => String(msg))).toEqual([expect.stringContaining('nobody caught it')])
  })

  test('goes to a Catch node, as any other', async () => {
    await red.load(source('bad'), leaver('leaves'), catcher('catch', 'out'), probe('out'))
    await expect(red.run()).resolves.toMatchObject({ ok: true })
    expect(red.arrivals.map(({ node, hops }) => [node, hops])).toEqual([['out', ['hop1']]])
  })

  test('of one hop leaves the others alone', async () => {
    await red.load(source('fn'), fn('fn', 'return [msg.bad ? msg : null, msg]', 'bad'), leaver('leaves'))
    const runs = [1, 2, 3].map((n) => red.run({ payload: n, ...(n === 2 ? { bad: true } : {}) }))
    expect((await Promise.all(runs)).map(({ ok }) => ok)).toEqual([true, false, true])
  })

  test('that comes when the hop has ended is nobody’s', async () => {
    await red.load(source('bad'), leaver('leavesLater'))
    await expect(red.run()).resolves.toMatchObject({ ok: true })
    const before = blamed.length
    await until('it is left', () => blamed.length > before)
    expect(blamed.at(-1)).toBe(false)
    expect(running.at(-1)).toMatchObject({ keys: [], nodeId: 'bad', tab: 'test' })
  })

  test('that comes later is the hop’s while another branch keeps it open', async () => {
    await red.load(source('bad', 'slow'), leaver('leavesLater'), slow('slow', 300))
    await expect(red.run()).resolves.toMatchObject({ ok: false, error: { nodeId: 'bad' } })
  })

  test('outside of any hop there is nobody to blame', () => {
    expect(red.tracker.running()).toBeUndefined()
    expect(red.tracker.blame(new Error('x'))).toBe(false)
  })
})

describe('a timer of a function that is due within a second', () => {
  test.each([0, 20, 200])('keeps its hop open: what it throws after %i ms is the hop’s', async (ms) => {
    await red.load(source('fn'), fn('fn', `setTimeout(() => { throw new Error('in a timer') }, ${ms}); return null`))
    await expect(red.run()).resolves.toMatchObject({ ok: false, error: { nodeId: 'fn', message: 'in a timer' } })
  })

  test('what it sends is tracked', async () => {
    await red.load(
      source('fn'),
      fn('fn', 'setTimeout(() => node.send(msg), 60)', 'slow'),
      slow('slow', 60, 'out'),
      probe('out'),
    )
    await expect(red.run()).resolves.toMatchObject({ ok: true })
    expect(red.journal).toEqual(['out:x', 'end hop1'])
    expect([...red.late, ...red.untracked, ...red.faults]).toEqual([])
  })

  test('ends nothing when it is cleared', async () => {
    await red.load(
      source('fn'),
      fn('fn', 'clearTimeout(setTimeout(() => node.send(msg), 900)); return msg', 'out'),
      probe('out'),
    )
    await expect(red.run({ payload: 'x' }, { leaseMs: 800 })).resolves.toMatchObject({ ok: true })
  })

  test('that a deploy cuts off fails its hop', async () => {
    await red.load(source('fn'), fn('fn', 'setTimeout(() => node.send(msg), 1000); return null', 'out'), probe('out'))
    const run = red.run()
    await until('the timer runs', () => red.tracker.open === 1)
    await red.load(source('fn'), fn('fn', 'return msg'))
    await expect(run).resolves.toMatchObject({ ok: false, error: { code: 'node-closed', nodeId: 'fn' } })
  })

  test('one that repeats, or runs longer, holds up nobody', async () => {
    const code = 'const i = setInterval(() => undefined, 50); setTimeout(() => clearInterval(i), 1500); return msg'
    await red.load(source('fn'), fn('fn', code, 'wait'), delay('wait', 10, 'out'), probe('out'))
    await expect(red.run({ payload: 'x' }, { leaseMs: 1_000 })).resolves.toMatchObject({ ok: true })
  })
})
