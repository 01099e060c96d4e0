import { connect, type Channel, type ChannelModel } from 'amqplib'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { openBus } from '../../core/bus/open.ts'
import type { Bus } from '../../core/bus/port.ts'
import { DELIVERY_LIMIT, FIRST_RELEASE } from '../../core/bus/rabbitmq/queues.ts'
import type { Urgency } from '../../core/message/urgency.ts'
import { announcementFor } from '../lib/announcement.ts'
import { EventList } from '../lib/events.ts'
import { startRabbitMq, type RabbitMq } from '../lib/servers/rabbitmq.ts'
import { until } from '../lib/wait.ts'

/** What queues the station makes on RabbitMQ, and what it does with those that are there. */
describe('the queues on RabbitMQ', () => {
  let broker: RabbitMq
  let other: ChannelModel
  let channel: Channel
  let events: EventList
  let prefix: string
  let cases = 0

  beforeAll(async () => {
    broker = await startRabbitMq()
    other = await connect(broker.url)
  })
  afterAll(async () => {
    await other.close()
    await broker.close()
  })
  beforeEach(async () => {
    events = new EventList()
    prefix = `queues${++cases}.`
    channel = await other.createChannel()
  })

  const open = async (): Promise<Bus> => {
    const bus = await openBus({ url: broker.url, prefix, confirmTimeoutMs: 20_000, emit: events })
    onTestFinished(() => bus.close())
    await until(() => bus.connected, { what: 'the connection' })
    return bus
  }
  const types = async (): Promise<ReadonlyMap<string, string>> =>
    new Map([...(await broker.queueTypes())].filter(([name]) => name.startsWith(prefix)))

  it('are quorum queues, those of deliveries, of channels and of dead letters', async () => {
    const bus = await open()
    await bus.consume('oa-1', 1, async () => undefined)
    await bus.channels.consume({ queue: `${prefix}theirs` }, 1, async () => undefined)
    await bus.channels.consume({ exchange: `${prefix}topic`, key: 'a.#  b.*' }, 1, async () => undefined)
    const made = await types()
    expect([...made.keys()].sort()).toEqual(
      [
        ...['flash', 'extra-urgent', 'urgent', 'prompt', 'ordinary'].map((urgency) => `delivery.oa-1.${urgency}`),
        `channel.${prefix}topic.a.# b.*`,
        'dead.channel',
        'dead.delivery',
        'theirs',
      ]
        .map((name) => `${prefix}${name}`)
        .sort(),
    )
    expect(new Set(made.values())).toEqual(new Set(['quorum']))
    expect(events.of('bus.queue-differs')).toEqual([])
  })

  it('let an urgent item behind 5,000 others leave within a second', async () => {
    const bus = await open()
    const ordinary = Array.from({ length: 5_000 }, (_, n) => announcementFor('oa-1', `d${n}`))
    for (let at = 0; at < ordinary.length; at += 500) await bus.announce(ordinary.slice(at, at + 500))
    const seen: string[] = []
    const times = new Map<string, number>()
    await bus.consume('oa-1', 4, async (item) => {
      seen.push(item.message.id)
      times.set(item.message.id, performance.now())
      // a system that takes twenty of them in a second
      await new Promise((resolve) => setTimeout(resolve, 50))
    })
    await until(() => seen.length > 20, { what: 'deliveries under way' })
    for (const urgency of ['urgent', 'flash', 'extra-urgent'] satisfies Urgency[]) {
      const announced = performance.now()
      await bus.announce([announcementFor('oa-1', urgency, { urgency })])
      await until(() => times.has(urgency), { what: urgency })
      const waited = (times.get(urgency) ?? Infinity) - announced
      expect(waited).toBeLessThan(1_000)
    }
    expect(seen.length).toBeLessThan(2_500)
  })

  it('give up an item that comes back too often: it lies with the dead letters, and that is told', async () => {
    const bus = await open()
    await bus.announce([announcementFor('oa-1', 'd1')])
    const queue = `${prefix}delivery.oa-1.ordinary`
    for (let back = 0; back < DELIVERY_LIMIT; back++) {
      const got = await until(() => channel.get(queue), { what: 'the item' })
      channel.nack(got, false, true)
    }
    let isBegun = false
    const consumer = await bus.consume('oa-1', 1, async () => {
      isBegun = true
      await Promise.reject(new Error('not now'))
    })
    await until(() => isBegun, { what: 'the item once more' })
    consumer.limit(0)
    await until(() => events.of('bus.dead').length === 1, { what: 'the event' })
    const dead = await until(() => channel.get(`${prefix}dead.delivery`, { noAck: true }), { what: 'the dead letter' })
    expect(dead.properties.messageId).toBe('d1/county-a')
    expect(dead.properties.headers?.['x-first-death-reason']).toBe('delivery_limit')
  })

  it('that exist with other arguments are used as they are, told once, without a channel lost each time', async () => {
    const queue = `${prefix}delivery.oa-1.ordinary`
    await channel.assertQueue(queue, { durable: true, arguments: { 'x-max-length': 1_000 } })
    const bus = await open()
    const seen: string[] = []
    const consumer = await bus.consume('oa-1', 1, async (item) => void seen.push(item.message.id))
    await bus.announce([announcementFor('oa-1', 'd1')])
    await until(() => seen.length === 1, { what: 'the item' })
    const opened = await channelsEverOpened()
    for (const limit of [0, 2, 0, 3]) {
      consumer.limit(limit)
      await bus.announce([announcementFor('oa-1', `limit${limit}`)])
    }
    await until(() => seen.length === 5, { what: 'the others' })
    expect(await channelsEverOpened()).toBe(opened)
    await broker.closeConnections()
    await until(() => events.of('bus.connected').length === 2, { what: 'the connection anew', timeoutMs: 30_000 })
    other = await connect(broker.url)
    await until(
      async () => {
        await bus.announce([announcementFor('oa-1', 'd2')])
        return seen.includes('d2')
      },
      { what: 'an item on the new connection', everyMs: 100 },
    )
    expect(events.of('bus.queue-differs')).toMatchObject([
      { place: queue, detail: expect.stringContaining('PRECONDITION') as string },
    ])
    expect((await types()).get(queue)).toBe('classic')
  })

  it('of the first release go when their consumers have gone, and not before', async () => {
    const first = (system: string): string => `${prefix}delivery.${system}`
    for (const system of ['oa-1', 'oa-2']) await channel.assertQueue(first(system), FIRST_RELEASE)
    channel.sendToQueue(first('oa-1'), Buffer.from('{}'))
    await channel.consume(first('oa-2'), () => undefined)
    await until(async () => (await channel.checkQueue(first('oa-1'))).messageCount === 1, { what: 'a message' })
    const bus = await open()
    for (const system of ['oa-1', 'oa-2']) await bus.consume(system, 1, async () => undefined)
    const left = [...(await types()).keys()].filter((name) => name === first('oa-1') || name === first('oa-2'))
    expect(left).toEqual([first('oa-2')])
    expect(events.of('bus.queue-replaced')).toMatchObject([{ place: first('oa-1') }])
    expect(events.of('bus.queue-differs')).toMatchObject([{ place: first('oa-2') }])
  })

  /** The broker counts them: each channel is a new one. */
  async function channelsEverOpened(): Promise<number> {
    const counts = await broker.evaluate('tuple_to_list(hd(ets:lookup(connection_churn_metrics, node())))')
    return Number(/\[[^,]+, *\d+, *\d+, *(\d+)/.exec(counts)?.[1])
  }
})
