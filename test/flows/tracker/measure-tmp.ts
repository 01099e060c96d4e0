/**
 * What following costs: source → function → switch → sink, 1 kB, 50 in flight, in turns without and with a tracker.
 * Run as `node test/flows/tracker/measure-cost.ts [messages a round] [rounds]`; prints medians. The time on the clock
 * depends on what else the machine does; the processor time less so.
 */
import { createTracker } from '../../../nodes/tracker/index.ts'
import { startRed } from '../lib/red.ts'
import type { FlowNode, RedFixture } from '../lib/red.ts'
import { fn, source, tab } from './harness.ts'

const IN_FLIGHT = 50
const [messages = 20_000, rounds = 7] = process.argv.slice(2).map(Number)
const body = 'x'.repeat(1000)

let arrived: () => void = () => undefined

const flow: FlowNode[] = tab(
  source('fn'),
  fn('fn', 'msg.topic = "seen"; return msg', 'if'),
  {
    id: 'if',
    type: 'switch',
    property: 'topic',
    propertyType: 'msg',
    rules: [{ t: 'eq', v: 'seen', vt: 'str' }],
    checkall: 'true',
    outputs: 1,
    wires: [['sink']],
  },
  { id: 'sink', type: 'sink', wires: [] },
)

interface Round {
  readonly perSecond: number
  /** Processor time, µs a message. */
  readonly cpu: number
}

/** Passes all messages, each of `IN_FLIGHT` lanes one after the other. */
async function pass(one: (at: number) => Promise<unknown>): Promise<Round> {
  const began = performance.now()
  const cpuBefore = process.cpuUsage()
  let at = 0
  const lane = async (): Promise<void> => {
    while (at < messages) await one(at++)
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane))
  const { user, system } = process.cpuUsage(cpuBefore)
  return { perSecond: (messages / (performance.now() - began)) * 1000, cpu: (user + system) / messages }
}

/** Without a tracker a lane goes on when a message has arrived; they arrive in order. */
async function without(red: RedFixture): Promise<Round> {
  const waiting: (() => void)[] = []
  let next = 0
  arrived = () => waiting[next++]?.()
  const input = red.node('in')
  return pass(() => {
    const answer = new Promise<void>((resolve) => waiting.push(resolve))
    input.send({ payload: body })
    return answer
  })
}

async function withTracker(red: RedFixture): Promise<Round> {
  const tracker = createTracker(red.red.hooks)
  arrived = () => undefined
  const input = red.node('in')
  const rate = await pass((at) => tracker.run(`hop${at}`, { payload: body }, (msg) => input.send(msg), 60_000))
  tracker.close()
  return rate
}

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0

function summary(name: string, results: readonly Round[]): string {
  const perSecond = median(results.map((round) => round.perSecond)).toFixed(0)
  const cpu = results.map((round) => round.cpu)
  return `${name}: ${perSecond} messages/s, ${median(cpu).toFixed(1)} µs CPU a message (least ${Math.min(...cpu).toFixed(1)})\n`
}

const red = await startRed({
  types: {
    source: () => undefined,
    sink: (node) => {
      node.on('input', (_msg, _send, done) => {
        arrived()
        done()
      })
    },
  },
})
const bare: Round[] = []
const followed: Round[] = []
for (let round = 0; round <= rounds; round++) {
  // The nodes are new in each round, so that none is watched in the rounds without.
  await red.deploy(flow)
  if (process.env["ONLY"] !== "with") bare.push(await without(red))
  await red.deploy(flow)
  if (process.env["ONLY"] !== "without") followed.push(await withTracker(red))
}
await red.stop()
// The first round warms up.
process.stdout.write(summary('without', bare.slice(1)) + summary('with', followed.slice(1)))
