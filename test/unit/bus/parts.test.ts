import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { openBus } from '../../../core/bus/open.ts'
import { HandlerPool } from '../../../core/bus/pool.ts'
import { RankQueue } from '../../../core/bus/rank-queue.ts'
import { brokerAddress } from '../../../core/bus/rabbitmq/address.ts'
import { announcementBodies, channelItem, readAnnouncement } from '../../../core/bus/rabbitmq/encode.ts'
import { patternsOf, topicMatches } from '../../../core/bus/topic.ts'
import { announcementFor } from '../../lib/announcement.ts'
import { EventList } from '../../lib/events.ts'
import { gate } from '../../lib/gate.ts'
import { until } from '../../lib/wait.ts'

const items = (count: number) => ({ items: count, bytes: Infinity, sizeOf: () => 1 })

describe('rank queue', () => {
  it('holds so many bytes, drops what is least urgent for what is more, and takes one item of any size', () => {
    const queue = new RankQueue<string>({ items: 100, bytes: 10, sizeOf: (item) => item.length })
    expect(queue.push(4, 'x'.repeat(1_000))).toBe(true)
    expect(queue.push(4, 'y')).toBe(false)
    expect(queue.shift()).toHaveLength(1_000)
    expect(['aaaa', 'bbbb', 'cccc'].map((item) => queue.push(4, item))).toEqual([true, true, false])
    expect(queue.push(1, 'urgent')).toBe(false)
    expect(queue.push(4, 'd')).toBe(false)
    expect([queue.shift(), queue.shift(), queue.shift()]).toEqual(['urgent', 'aaaa', undefined])
    queue.putBack(1, 'urgent')
    expect(queue.push(4, 'ffff')).toBe(true)
    expect(queue.push(4, 'g')).toBe(false)
  })

  it('gives what a stable sort by rank would give', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 4 })), (ranks) => {
        const queue = new RankQueue<number>(items(Infinity))
        ranks.forEach((rank, n) => queue.push(rank, n))
        const expected = ranks.map((_, n) => n).sort((a, b) => (ranks[a] as number) - (ranks[b] as number) || a - b)
        expect(ranks.map(() => queue.shift())).toEqual(expected)
        expect(queue.size).toBe(0)
      }),
    )
  })

  it('keeps order and count over long use, and puts back at the head of the rank', () => {
    const queue = new RankQueue<number>(items(5_000))
    for (let n = 0; n < 3_000; n++) queue.push(4, n)
    for (let n = 0; n < 2_500; n++) expect(queue.shift()).toBe(n)
    queue.putBack(4, 2_499)
    expect(queue.size).toBe(501)
    expect([queue.shift(), queue.shift()]).toEqual([2_499, 2_500])
  })

  it('drops the youngest of the least urgent when it is full, and says that it dropped', () => {
    const queue = new RankQueue<string>(items(3))
    expect(['a', 'b', 'c'].map((item) => queue.push(4, item))).toEqual([true, true, true])
    expect(queue.push(4, 'd')).toBe(false)
    expect(queue.push(1, 'urgent')).toBe(false)
    expect([queue.shift(), queue.shift(), queue.shift(), queue.shift()]).toEqual(['urgent', 'a', 'b', undefined])
  })
})

describe('topics', () => {
  it.each([
    ['oa.*.issued', 'oa.county.issued', true],
    ['oa.*.issued', 'oa.issued', false],
    ['oa.*.issued', 'oa.a.b.issued', false],
    ['oa.#', 'oa', true],
    ['oa.#', 'oa.a.b.c', true],
    ['oa.#', 'oax', false],
    ['#.issued', 'issued', true],
    ['#.issued', 'a.b.issued', true],
    ['#', '', true],
    ['#', 'anything.at.all', true],
    ['*', '', false],
    ['', '', true],
    ['a', 'a', true],
    ['a.b', 'a', false],
    ['a.#.b.#.c', 'a.x.b.y.z.c', true],
    ['a.#.b.#.c', 'a.x.y.z.c', false],
  ])('%s and %s: %s', (pattern, key, matches) => {
    expect(topicMatches(pattern, key)).toBe(matches)
  })
})

describe('the key of a channel that consumes', () => {
  it.each([
    ['document.#', ['document.#']],
    ['document.#  reply.accepted.#\n*.refused.#', ['document.#', 'reply.accepted.#', '*.refused.#']],
    ['a a', ['a']],
    ['', ['']],
  ])('%j', (key, patterns) => {
    expect(patternsOf(key)).toEqual(patterns)
  })
})

describe('handler pool', () => {
  it('keeps a rejected item in its slot for a delay that grows with failures in a row', async () => {
    const returned: number[] = []
    const started = performance.now()
    const pool: HandlerPool<string> = new HandlerPool<string>(1, () => Promise.reject(new Error('no')), {
      accepted: () => undefined,
      returned: (item) => {
        returned.push(performance.now() - started)
        if (returned.length < 3) pool.start(item)
      },
      room: () => undefined,
    })
    pool.start('a')
    expect(pool.free).toBe(false)
    await until(() => returned.length === 3, { what: 'three returns' })
    ;[100, 300, 700].forEach((least, n) => expect(returned[n]).toBeGreaterThan(least - 10))
    expect(pool.free).toBe(true)
  })

  it('returns at once what it keeps back when it stops, and waits for what is under way', async () => {
    const hold = gate()
    const returned: string[] = []
    const accepted: string[] = []
    const pool = new HandlerPool<string>(
      2,
      (item) => (item === 'bad' ? Promise.reject(new Error('no')) : hold.opened),
      {
        accepted: (item) => void accepted.push(item),
        returned: (item) => void returned.push(item),
        room: () => undefined,
      },
    )
    pool.start('bad')
    pool.start('slow')
    await new Promise(setImmediate)
    const stopping = pool.stop()
    expect(returned).toEqual(['bad'])
    expect(pool.free).toBe(false)
    hold.open()
    await stopping
    expect(accepted).toEqual(['slow'])
  })
})

describe('the JSON of an announcement', () => {
  it('is read as it was written, many recipients of one message included', () => {
    const one = announcementFor('oa-1', 'd1', { urgency: 'flash' })
    const items = [
      one,
      { ...one, row: 'd1/county-b', unit: 'county-b' },
      { ...one, row: 'd1', unit: undefined },
      announcementFor('oa-2', '乙〔2011〕'),
    ]
    expect(announcementBodies(items).map(readAnnouncement)).toEqual(items)
  })

  it.each([
    '',
    '{',
    'null',
    '[]',
    '{"row":1,"system":"a","rank":0,"attempt":1,"message":{}}',
    '{"row":"r","system":"a","rank":0,"attempt":1}',
    '{"row":"r","system":"a","rank":"0","attempt":1,"message":{}}',
  ])('is refused when it is none: %s', (text) => {
    expect(() => readAnnouncement(Buffer.from(text))).toThrow()
  })

  it('gives header values of any type as text', () => {
    const item = channelItem({
      content: Buffer.from('x'),
      fields: { deliveryTag: 1, redelivered: true, exchange: '', routingKey: 'q', consumerTag: 'c' },
      properties: {
        headers: { text: '文', number: 7, yes: true, bytes: Buffer.from('b'), nested: { a: [1] }, nothing: null },
      } as never,
    })
    expect(item).toEqual({
      body: Buffer.from('x'),
      exchange: '',
      key: 'q',
      headers: { text: '文', number: '7', yes: 'true', bytes: 'b', nested: '{"a":[1]}', nothing: 'null' },
      redelivered: true,
    })
  })
})

describe('the address of a broker', () => {
  it('is shown without user and password, and has a heartbeat', async () => {
    const { nodes, socket } = brokerAddress({ url: 'amqps://yizhan:p%40ss%E7%AB%99@broker.city:5671/vhost' })
    expect(nodes.map(({ shown }) => shown)).toEqual(['amqps://broker.city:5671/vhost'])
    expect(new URL(nodes[0]?.url ?? '').searchParams.get('heartbeat')).toBe('10')
    expect((await socket()).credentials?.response().toString()).toBe('\0yizhan\0p@ss站')
  })

  it('keeps the heartbeat that it was given', () => {
    const [node] = brokerAddress({ url: 'amqp://broker?heartbeat=30' }).nodes
    expect(new URL(node?.url ?? '').searchParams.get('heartbeat')).toBe('30')
  })

  it('may have further nodes, which differ in nothing but their place', () => {
    const { nodes } = brokerAddress({
      url: 'amqp://u:p@broker-1:5673/%E5%9F%8E?heartbeat=30',
      hosts: ['broker-2', '10.1.0.3:5674', '[fd00::4]:5675'],
    })
    expect(nodes.map(({ url }) => url)).toEqual(
      ['broker-1:5673', 'broker-2', '10.1.0.3:5674', '[fd00::4]:5675'].map(
        (host) => `amqp://u:p@${host}/%E5%9F%8E?heartbeat=30`,
      ),
    )
  })

  it('takes a password that was changed with the next connection', async () => {
    let password = 'old'
    const { socket } = brokerAddress({ url: 'amqp://yizhan@broker', password: () => password })
    expect((await socket()).credentials?.response().toString()).toBe('\0yizhan\0old')
    password = 'new'
    expect((await socket()).credentials?.response().toString()).toBe('\0yizhan\0new')
  })

  it.each([
    [{ url: 'amqp://u%zz@broker' }, 'bus.url'],
    [{ url: 'amqp://broker/%E5%9' }, 'bus.url'],
    [{ url: 'amqp://broker', hosts: ['u:p@elsewhere'] }, 'bus.hosts'],
    [{ url: 'amqp://broker', hosts: ['broker-2', 'two words'] }, 'bus.hosts'],
    [{ url: 'amqp://broker', certFile: '/a.pem', keyFile: '/b.pem' }, 'bus.certFile'],
    [{ url: 'amqps://broker', certFile: '/a.pem' }, 'bus.certFile'],
    [{ url: 'amqps://broker', caFile: '/nowhere.pem' }, 'bus.caFile'],
  ])('is refused when it is wrong: %j', (settings, field) => {
    expect(() => brokerAddress(settings)).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', facts: expect.objectContaining({ field }) as object }) as Error,
    )
  })

  it('is not told in the error when it is wrong', () => {
    expect(() => brokerAddress({ url: 'http://u:secret@broker' })).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: expect.not.stringContaining('secret') as string,
      }) as Error,
    )
  })
})

describe('the embedded bus', () => {
  afterEach(() => {
    vi.useRealTimers()
  })
  const open = (confirmTimeoutMs = 200): ReturnType<typeof openBus> =>
    openBus({ url: 'embedded', prefix: '', confirmTimeoutMs, emit: new EventList() })

  it('holds 2,000 announcements a system, says when it drops, and keeps other systems out of it', async () => {
    const bus = await open()
    await bus.announce(Array.from({ length: 2_000 }, (_, n) => announcementFor('oa-1', `d${n}`)))
    await expect(bus.announce([announcementFor('oa-1', 'over')])).rejects.toMatchObject({ code: 'BUS_UNAVAILABLE' })
    await bus.announce([announcementFor('oa-2', 'd0')])
    const seen: string[] = []
    await bus.consume('oa-1', 10, async (item) => void seen.push(item.message.id))
    await until(() => seen.length === 2_000, { what: 'two thousand' })
    expect(seen).not.toContain('over')
    await bus.close()
  })

  it('fails a channel publish whose handlers do not accept it in time, in doubt once one has begun', async () => {
    const bus = await open()
    const item = { id: 'm1', body: Buffer.alloc(0), contentType: 'text/plain' }
    const consumer = await bus.channels.consume({ queue: 'q' }, 0, async () => undefined)
    await expect(bus.channels.publish({ queue: 'q' }, item)).rejects.toMatchObject({
      code: 'BUS_UNROUTABLE',
      inDoubt: false,
    })
    let tries = 0
    await bus.channels.consume({ queue: 'q' }, 1, async () => {
      tries++
      throw new Error('over the watermark')
    })
    vi.useFakeTimers()
    const refused = expect(bus.channels.publish({ queue: 'q' }, item)).rejects.toMatchObject({
      code: 'BUS_UNROUTABLE',
      inDoubt: true,
    })
    await vi.advanceTimersByTimeAsync(200)
    await refused
    const before = tries
    await vi.advanceTimersByTimeAsync(60_000)
    expect(tries).toBe(before)
    vi.useRealTimers()
    await consumer.stop()
    await expect(bus.channels.publish({ queue: 'other' }, item)).rejects.toMatchObject({ code: 'BUS_UNROUTABLE' })
    await bus.close()
  })

  it('resolves a publish to a topic when every queue has accepted it', async () => {
    const bus = await open(5_000)
    const hold = gate()
    await bus.channels.consume({ exchange: 'x', key: '#' }, 1, async () => undefined)
    await bus.channels.consume({ exchange: 'x', key: 'a' }, 1, () => hold.opened)
    let resolved = false
    vi.useFakeTimers()
    const publishing = bus.channels
      .publish({ exchange: 'x', key: 'a' }, { id: 'm', body: Buffer.alloc(0), contentType: 'text/plain' })
      .then(() => (resolved = true))
    // Up to its time-out.
    await vi.advanceTimersByTimeAsync(4_900)
    expect(resolved).toBe(false)
    hold.open()
    await publishing
    await bus.close()
  })

  it('fails publishes under way when it closes', async () => {
    const bus = await open(5_000)
    await bus.channels.consume({ queue: 'q' }, 0, async () => undefined)
    const publishing = bus.channels.publish(
      { queue: 'q' },
      { id: 'm', body: Buffer.alloc(0), contentType: 'text/plain' },
    )
    const failed = expect(publishing).rejects.toMatchObject({ code: 'BUS_UNAVAILABLE' })
    await bus.close()
    await failed
  })
})
