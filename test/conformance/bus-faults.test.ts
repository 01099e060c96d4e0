import { connect, type Channel, type ChannelModel } from 'amqplib'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openBus } from '../../core/bus/open.ts'
import type { Bus } from '../../core/bus/port.ts'
import { announcementFor } from '../lib/announcement.ts'
import { EventList } from '../lib/events.ts'
import { startRabbitMq, type RabbitMq } from '../lib/servers/rabbitmq.ts'
import { stallProxy } from '../lib/stall-proxy.ts'
import { until } from '../lib/wait.ts'
import { channelsTake, restore } from './lib/rabbit-state.ts'

describe('the RabbitMQ bus when the broker fails', () => {
  let broker: RabbitMq
  let bus: Bus
  let events: EventList
  let prefix: string
  let cases = 0

  beforeAll(async () => {
    broker = await startRabbitMq()
  })

  afterAll(async () => {
    await broker.close()
  })

  beforeEach(() => {
    events = new EventList()
    prefix = `fault${++cases}.`
  })

  afterEach(async () => {
    await bus.close()
    await restore(broker)
  })

  const open = async (url = broker.url, confirmTimeoutMs = 5_000): Promise<Bus> =>
    (bus = await openBus({ url, prefix, confirmTimeoutMs, emit: events }))
  const connected = (times = 1): Promise<unknown> =>
    until(() => events.of('bus.connected').length === times && bus.connected, {
      what: 'the connection',
      timeoutMs: 30_000,
    })
  const announceUntilTaken = (id: string): Promise<unknown> =>
    until(
      async () => {
        await bus.announce([announcementFor('oa-1', id)])
        return true
      },
      { what: `the announcement of ${id}`, timeoutMs: 30_000 },
    )

  it('opens while the broker is down, refuses announcements at once, and connects when it comes', async () => {
    await broker.stop()
    const seen: string[] = []
    await open()
    expect(bus.connected).toBe(false)
    await bus.consume('oa-1', 2, async (item) => void seen.push(item.message.id))
    await bus.channels.consume({ queue: `${prefix}in` }, 1, async (item) => void seen.push(String(item.id)))
    const started = performance.now()
    await expect(bus.announce([announcementFor('oa-1', 'd0')])).rejects.toMatchObject({
      code: 'BUS_UNAVAILABLE',
      inDoubt: false,
    })
    await expect(
      bus.channels.publish({ queue: `${prefix}in` }, { id: 'm0', body: Buffer.alloc(1), contentType: 'text/plain' }),
    ).rejects.toMatchObject({ code: 'BUS_UNAVAILABLE' })
    // not after the time of a confirm
    expect(performance.now() - started).toBeLessThan(4_500)
    await until(() => events.of('bus.lost').length === 1, { what: 'the report' })
    let told = 0
    bus.onConnected(() => told++)
    await broker.start()
    await connected()
    await announceUntilTaken('d1')
    await until(() => seen.length === 1, { what: 'the delivery' })
    await until(
      async () => {
        await bus.channels.publish(
          { queue: `${prefix}in` },
          { id: 'm1', body: Buffer.alloc(1), contentType: 'text/plain' },
        )
        return true
      },
      { what: 'the publish' },
    )
    await until(() => seen.length === 2, { what: 'the message' })
    expect(seen).toEqual(['d1', 'm1'])
    expect(told).toBe(1)
    expect(events.of('bus.lost')).toHaveLength(1)
    expect(JSON.stringify(events.all)).not.toContain('guest')
  })

  it('keeps what it confirmed when the broker is killed and restarted, and consumes again', async () => {
    await open()
    await connected()
    const ids = Array.from({ length: 20 }, (_, n) => `d${n}`)
    await bus.announce(ids.map((id) => announcementFor('oa-1', id)))
    const seen = new Set<string>()
    const begun: string[] = []
    let release: () => void = () => undefined
    const held = new Promise<void>((resolve) => (release = resolve))
    await bus.consume('oa-1', 2, async (item) => {
      begun.push(item.message.id)
      await held
      seen.add(item.message.id)
    })
    await until(() => begun.length === 2, { what: 'two handlers under way' })
    await broker.kill()
    await until(() => !bus.connected, { what: 'the loss' })
    release()
    await broker.start()
    await connected(2)
    await until(() => seen.size === 20, { what: 'all twenty' })
    // their handlers ended on a connection that was gone, so these two came again
    expect(begun.filter((id) => id === begun[0])).toHaveLength(2)
    expect(events.of('bus.lost')).toHaveLength(1)
  })

  it.each(['closeConnections', 'cutConnections'] as const)(
    'rejects what was unconfirmed when the connection is lost, and loses nothing that was confirmed (%s)',
    async (cut) => {
      await open()
      await connected()
      const seen = new Set<string>()
      await bus.consume('oa-1', 8, async (item) => {
        await new Promise(setImmediate)
        seen.add(item.message.id)
      })
      const confirmed: string[] = []
      let rejected = 0
      let n = 0
      let going = true
      const announcer = async (): Promise<void> => {
        while (going) {
          const id = `d${n++}`
          try {
            await bus.announce([announcementFor('oa-1', id)])
            confirmed.push(id)
          } catch (error) {
            expect(error).toMatchObject({ code: 'BUS_UNAVAILABLE' })
            rejected++
            await new Promise((resolve) => setTimeout(resolve, 20))
          }
        }
      }
      const announcers = Array.from({ length: 16 }, announcer)
      for (let round = 1; round <= 3; round++) {
        await until(() => confirmed.length > round * 100, { what: 'a hundred announcements' })
        expect(await broker[cut]()).toBeGreaterThanOrEqual(2)
        await until(() => events.of('bus.lost').length === round, { what: 'the loss' })
        await connected(round + 1)
      }
      going = false
      await Promise.all(announcers)
      await until(() => confirmed.every((id) => seen.has(id)), { what: 'everything confirmed' })
      expect(rejected).toBeGreaterThan(0)
    },
  )

  it('consumes again however often the connection breaks while it is setting up', async () => {
    await open()
    await connected()
    const systems = Array.from({ length: 12 }, (_, n) => `oa-${n}`)
    const seen = new Set<string>()
    for (const system of systems) await bus.consume(system, 4, async () => void seen.add(system))
    for (let cut = 0; cut < 12; cut++) {
      await broker.cutConnections()
      // on purpose no event to wait for: the next cut comes at any point of setting up
      await new Promise((resolve) => setTimeout(resolve, 150 + Math.random() * 250))
    }
    await until(
      async () => {
        await bus.announce(systems.filter((system) => !seen.has(system)).map((system) => announcementFor(system, 'd1')))
        return seen.size === systems.length
      },
      { what: 'all twelve consumers', timeoutMs: 30_000, everyMs: 300 },
    )
  })

  it('declares its queues again on a broker that has lost its disk', async () => {
    await open()
    await connected()
    const seen: string[] = []
    await bus.consume('oa-1', 2, async (item) => void seen.push(item.message.id))
    await bus.channels.consume(
      { exchange: `${prefix}topic`, key: 'oa.#' },
      1,
      async (item) => void seen.push(String(item.id)),
    )
    await bus.announce([announcementFor('oa-1', 'd1'), announcementFor('oa-2', 'gone')])
    await until(() => seen.length === 1, { what: 'the first' })
    await broker.stop()
    await broker.wipe()
    await broker.start()
    await connected(2)
    // nobody consumes this one: announcing declares it
    await bus.announce([announcementFor('oa-2', 'kept')])
    await announceUntilTaken('d2')
    await until(() => seen.length === 2, { what: 'the second' })
    await until(
      async () => {
        await bus.channels.publish(
          { exchange: `${prefix}topic`, key: 'oa.issued' },
          { id: 'm1', body: Buffer.alloc(0), contentType: 'text/plain' },
        )
        return true
      },
      { what: 'the publish' },
    )
    await until(() => seen.length === 3, { what: 'what was announced afterwards' })
    expect(seen).toEqual(['d1', 'd2', 'm1'])
  })

  it('does not wait for a broker that has fallen silent: confirms time out, and closing is bounded', async () => {
    const proxy = await stallProxy(Number(new URL(broker.url).port))
    try {
      await open(`amqp://guest:guest@127.0.0.1:${proxy.port}`, 300)
      await connected()
      await bus.consume('oa-1', 1, async () => undefined)
      // the broker may be slower than the limit for one that has fallen silent
      await announceUntilTaken('d1')
      proxy.stall()
      const started = performance.now()
      await expect(bus.announce([announcementFor('oa-1', 'd2')])).rejects.toMatchObject({
        code: 'BUS_UNAVAILABLE',
        inDoubt: true,
      })
      await expect(bus.announce([announcementFor('oa-9', 'd3')])).rejects.toMatchObject({ code: 'BUS_UNAVAILABLE' })
      expect(performance.now() - started).toBeLessThan(5_000)
      await bus.close()
      expect(performance.now() - started).toBeLessThan(15_000)
    } finally {
      await proxy.close()
    }
  })

  it('closes while the broker is down', async () => {
    await broker.stop()
    await open()
    await bus.consume('oa-1', 1, async () => undefined)
    await until(() => events.of('bus.lost').length === 1, { what: 'the report' })
    const started = performance.now()
    await bus.close()
    expect(performance.now() - started).toBeLessThan(5_000)
    await broker.start()
  })

  describe('with another application on it', () => {
    let other: ChannelModel
    let channel: Channel

    beforeEach(async () => {
      other = await connect(broker.url)
      channel = await other.createChannel()
      await open()
      await connected()
      await channelsTake(bus, prefix)
    })

    afterEach(async () => {
      await other.close()
    })

    it('puts an item that is no announcement to the dead letters, with an event, and goes on', async () => {
      const seen: string[] = []
      await bus.consume('oa-1', 1, async (item) => void seen.push(item.message.id))
      for (const poison of ['{', '"text"', '{"row":1}', '{"row":"r","system":"oa-1","rank":0,"attempt":1}'])
        channel.sendToQueue(`${prefix}delivery.oa-1.ordinary`, Buffer.from(poison))
      await until(() => events.of('bus.poison').length === 4, { what: 'four events' })
      await bus.announce([announcementFor('oa-1', 'd1')])
      await until(() => seen.length === 1, { what: 'the announcement' })
      await until(async () => (await channel.checkQueue(`${prefix}delivery.oa-1.ordinary`)).messageCount === 0, {
        what: 'an empty queue',
      })
      await until(async () => (await channel.checkQueue(`${prefix}dead.delivery`)).messageCount === 4, {
        what: 'the dead letters',
      })
      expect(events.of('bus.poison')).toHaveLength(4)
    })

    it('lets other applications read along: JSON with row and attempt in the headers, persistent, a queue an urgency', async () => {
      const item = announcementFor('oa-1', '甲', { urgency: 'extra-urgent', attempt: 2 })
      await bus.announce([item, announcementFor('oa-1', '乙')])
      const read = await channel.get(`${prefix}delivery.oa-1.extra-urgent`, { noAck: true })
      if (read === false) throw new Error('nothing in the queue')
      expect(JSON.parse(read.content.toString('utf8'))).toEqual(item)
      expect(read.properties).toMatchObject({
        messageId: '甲/county-a',
        headers: { row: '甲/county-a', attempt: 2 },
        contentType: 'application/json',
        deliveryMode: 2,
      })
    })

    it('declares a delivery queue again that somebody deleted', async () => {
      const seen: string[] = []
      await bus.consume('oa-1', 1, async (item) => void seen.push(item.message.id))
      await bus.announce([announcementFor('oa-1', 'd0')])
      await until(() => seen.length === 1, { what: 'the first' })
      await channel.deleteQueue(`${prefix}delivery.oa-1.ordinary`)
      await announceUntilTaken('d1')
      await until(() => seen.includes('d1'), { what: 'the announcement' })
      await bus.announce([announcementFor('oa-2', 'd2')])
      await channel.deleteQueue(`${prefix}delivery.oa-2.ordinary`)
      await expect(bus.announce([announcementFor('oa-2', 'd3')])).rejects.toMatchObject({ code: 'BUS_UNROUTABLE' })
      await bus.announce([announcementFor('oa-2', 'd4')])
      expect((await channel.checkQueue(`${prefix}delivery.oa-2.ordinary`)).messageCount).toBe(1)
    })

    it('uses queues and exchanges as another application has made them', async () => {
      const queue = `${prefix}theirs`
      const exchange = `${prefix}fanout`
      await channel.assertQueue(queue, { durable: true, arguments: { 'x-max-length': 100 } })
      await channel.assertExchange(exchange, 'fanout', { durable: false })
      const seen: string[] = []
      await bus.channels.consume({ exchange, key: '', queue }, 1, async (item) => void seen.push(String(item.id)))
      await bus.channels.publish(
        { exchange, key: 'anything' },
        { id: 'm1', body: Buffer.alloc(0), contentType: 'text/plain' },
      )
      await until(() => seen.length === 1, { what: 'the message' })
      expect(events.of('bus.refused')).toHaveLength(0)
    })

    it('outlives an exchange that is deleted under it; announcements do not notice', async () => {
      const exchange = `${prefix}topic`
      const publish = (id: string): Promise<void> =>
        bus.channels.publish({ exchange, key: 'a' }, { id, body: Buffer.alloc(0), contentType: 'text/plain' })
      await bus.channels.consume({ exchange, key: 'a' }, 1, async () => undefined)
      await publish('m1')
      await channel.deleteExchange(exchange)
      await expect(publish('m2')).rejects.toMatchObject({ code: 'BUS_UNAVAILABLE' })
      await bus.announce([announcementFor('oa-1', 'd1')])
      // a new exchange has no binding until the consumer declares it again
      await until(
        () =>
          publish('m3').then(
            () => true,
            (error: unknown) => (error as { readonly code?: string }).code === 'BUS_UNROUTABLE',
          ),
        { what: 'an exchange declared anew' },
      )
      expect(bus.connected).toBe(true)
    })

    it('refuses one message that AMQP cannot carry and publishes the next', async () => {
      await bus.channels.consume({ queue: `${prefix}q` }, 1, async () => undefined)
      const publish = (headers: Record<string, string>): Promise<void> =>
        bus.channels.publish(
          { queue: `${prefix}q` },
          { id: 'm', body: Buffer.alloc(0), contentType: 'text/plain', headers },
        )
      await expect(publish({ long: 'x'.repeat(70_000) })).rejects.toMatchObject({
        code: 'FIELD_INVALID',
        retryable: false,
      })
      await publish({ short: 'x' })
    })
  })
})

describe('opening a bus', () => {
  it.each(['http://broker', 'rabbit', 'amqp://broker?frameMax=4096'])('refuses %s as a URL', async (url) => {
    await expect(openBus({ url, prefix: 'x.', confirmTimeoutMs: 100, emit: new EventList() })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    })
  })
})
