import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, expect, it, onTestFinished } from 'vitest'
import { projectHome } from '../../core/config/home.ts'
import { startRabbitMq, type RabbitMq } from '../lib/servers/rabbitmq.ts'
import { shared } from '../lib/shared.ts'
import { until } from '../lib/wait.ts'
import { Rig } from './lib/rig.ts'

const node = (id: string, type: string, more: object): object => ({ id, type, z: 'orders', x: 100, y: 100, ...more })
const source = (id: string, exchange: string, key: string, wire: string): object =>
  node(id, 'channel in', {
    ...{ subscription: id, mode: 'topic', exchange, key, topicQueue: '', queue: '', channel: '', concurrency: 4 },
    wires: [[wire]],
  })
const out = (id: string, exchange: string, key: string): object =>
  node(id, 'channel out', { mode: 'topic', exchange, key, queue: '', wires: [[]] })

/** Orders of others, by two patterns, are answered on a topic; and what the feed says of documents is passed on. */
const ORDERS: readonly object[] = [
  { id: 'orders', type: 'tab', label: '其他应用', disabled: false, info: '', env: [] },
  source('orders-in', 'city.orders', 'order.*.new  urgent.#', 'orders-out'),
  out('orders-out', 'city.answers', 'order.city.done'),
  source('feed-in', 'yizhan.events', '#', 'feed-out'),
  out('feed-out', 'city.answers', 'feed.seen'),
]

interface Told {
  readonly key?: string
  readonly unroutable?: string
  readonly body?: { readonly id: string; readonly data?: { readonly kind: string; readonly state: string } }
}

describe('other applications on topics', () => {
  let broker: RabbitMq
  let rig: Rig
  shared(
    async () => {
      broker = await startRabbitMq()
      rig = await Rig.start(broker.url, { systems: [], secrets: {}, environment: {}, flows: { orders: ORDERS } })
    },
    async () => {
      await rig.close()
      await broker.close()
    },
  )

  it('in Python: publish through channel in and get from channel out by pattern, the feed through flows too', async () => {
    const script = join(projectHome(), 'test', 'faults', 'lib', 'orders.py')
    const child = spawn('/usr/bin/python3', [script, broker.url], { stdio: ['pipe', 'pipe', 'inherit'] })
    onTestFinished(() => void child.kill('SIGKILL'))
    const lines: string[] = []
    createInterface({ input: child.stdout }).on('line', (line) => lines.push(line))
    await until(() => lines.includes('ready'), { what: 'the application' })
    const orders = [
      { id: 'a', key: 'order.county.new' },
      { id: 'b', key: 'urgent.flood.alarm' },
      { id: 'c', key: 'order.county.old' },
      { id: 'a', key: 'order.county.new' },
    ]
    child.stdin.end(orders.map((order) => `${JSON.stringify(order)}\n`).join(''))
    await until(() => lines.includes('sent'), { what: 'the orders sent' })
    await rig.submit(1, '转告 ')
    const told = (): readonly Told[] =>
      lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Told)
    const answers = (): readonly (string | undefined)[] =>
      told().flatMap(({ key, body }) => (key === 'order.city.done' ? [body?.id] : []))
    const feed = (): readonly string[] =>
      told().flatMap(({ key, body }) =>
        key === 'feed.seen' && body?.data !== undefined ? [`${body.data.kind} ${body.data.state}`] : [],
      )
    await until(() => answers().length >= 2 && feed().includes('document delivered'), {
      what: 'answers and the feed',
      timeoutMs: 60_000,
    })
    expect([...answers()].sort()).toEqual(['a', 'b'])
    expect(told().filter(({ unroutable }) => unroutable !== undefined)).toEqual([{ unroutable: 'c' }])
    // two more documents' worth of feed later, nothing has come of what was read off the feed
    await rig.submit(2, '再转告 ')
    await until(() => feed().filter((what) => what === 'document delivered').length === 3, { what: 'two more' })
    expect(feed().filter((what) => what === 'document accepted')).toHaveLength(3)
    // the two orders and their answers are news; what the flow made of records is not
    expect(feed().filter((what) => what.startsWith('channel')).length).toBeLessThanOrEqual(4)
  })
})

describe('the feed on the embedded bus', () => {
  let rig: Rig
  shared(
    async () => {
      rig = await Rig.start('embedded', { systems: [], secrets: {}, environment: {}, flows: { orders: ORDERS } })
    },
    () => rig.close(),
  )

  it('is on the same exchanges for channel in', async () => {
    await rig.submit(1, '内置 ')
    const ids = Array.from({ length: 60 }, (_, n) => `rig/event/${n + 1}`)
    const taken = async (): Promise<number> => {
      // what is not there is an error of the question
      const told = await Promise.all(ids.map((id) => rig.timeline(id).catch(() => [])))
      return told.filter((timeline) => timeline.some(({ code }) => code === 'message.accepted')).length
    }
    // accepted, delivered
    await until(async () => (await taken()) >= 2, { what: 'records that a flow has taken', everyMs: 200 })
  })
})
