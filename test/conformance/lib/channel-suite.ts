import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Bus, ChannelItem } from '../../../core/bus/port.ts'
import { EventList } from '../../lib/events.ts'
import { until } from '../../lib/wait.ts'
import { laterOnesPass, type BusKind } from './bus-suite.ts'

let names = 0

/** What every bus promises for queues and topics of other applications. */
export function channelSuite(kind: BusKind): void {
  let bus: Bus
  let unique: string

  beforeEach(async () => {
    bus = await kind.open(new EventList())
    unique = `case-${process.pid}-${++names}`
  })

  afterEach(async () => {
    await bus.close()
  })

  const item = (id: string, text = id): { id: string; body: Buffer; contentType: string } => ({
    id,
    body: Buffer.from(text),
    contentType: 'text/plain',
  })

  it('carries a message with its id, type, headers and bytes', async () => {
    const seen: ChannelItem[] = []
    await bus.channels.consume({ queue: unique }, 1, async (taken) => void seen.push(taken))
    const body = Buffer.from([0, 255, 1, 254])
    await bus.channels.publish(
      { queue: unique },
      { id: 'm1', body, contentType: 'application/octet-stream', headers: { 来源: '市政府', n: '1' } },
    )
    await until(() => seen.length === 1, { what: 'the message' })
    expect(seen[0]).toEqual({
      id: 'm1',
      body,
      contentType: 'application/octet-stream',
      exchange: '',
      key: unique,
      headers: { 来源: '市政府', n: '1' },
      redelivered: false,
    })
  })

  it('carries what else stands on the envelope, and says where it came from', async () => {
    const seen: ChannelItem[] = []
    const exchange = `${unique}-topic`
    await bus.channels.consume({ exchange, key: 'oa.#' }, 1, async (taken) => void seen.push(taken))
    const envelope = {
      ...item('m1'),
      contentType: 'text/plain; charset=GBK',
      contentEncoding: 'gzip',
      correlationId: '工单-1',
      type: 'order.placed',
      timestamp: Date.parse('2026-03-01T04:00:00Z'),
    }
    await bus.channels.publish({ exchange, key: 'oa.county.issued' }, envelope)
    await until(() => seen.length === 1, { what: 'the message' })
    expect(seen[0]).toEqual({ ...envelope, exchange, key: 'oa.county.issued', headers: {}, redelivered: false })
  })

  it('says so when no queue takes a message, and takes it once there is one', async () => {
    await expect(bus.channels.publish({ queue: unique }, item('m1'))).rejects.toMatchObject({
      code: 'BUS_UNROUTABLE',
      retryable: true,
      inDoubt: false,
    })
    await expect(bus.channels.publish({ exchange: `${unique}-topic`, key: 'a.b' }, item('m2'))).rejects.toMatchObject({
      code: 'BUS_UNROUTABLE',
    })
    const seen: string[] = []
    await bus.channels.consume({ queue: unique }, 1, async (taken) => void seen.push(String(taken.id)))
    await bus.channels.publish({ queue: unique }, item('m3'))
    await until(() => seen.length === 1, { what: 'the message' })
    expect(seen).toEqual(['m3'])
  })

  it('tells apart what is routable and what is not, published together', async () => {
    const seen: string[] = []
    await bus.channels.consume({ queue: unique }, 8, async (taken) => void seen.push(String(taken.id)))
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, (_, n) =>
        bus.channels.publish({ queue: n % 2 === 0 ? unique : `${unique}-none` }, item(`m${n}`)),
      ),
    )
    expect(results.map((result) => result.status)).toEqual(
      Array.from({ length: 20 }, (_, n) => (n % 2 === 0 ? 'fulfilled' : 'rejected')),
    )
    await until(() => seen.length === 10, { what: 'ten messages' })
  })

  it('routes topics with * for a word and # for any number, once to each queue', async () => {
    const exchange = `${unique}-topic`
    const seen: string[] = []
    const listen = (key: string, queue?: string): Promise<unknown> =>
      bus.channels.consume(
        { exchange, key, ...(queue === undefined ? {} : { queue }) },
        4,
        async (taken) => void seen.push(`${queue ?? key} ${taken.id}`),
      )
    await listen('oa.*.issued')
    await listen('oa.#')
    await listen('oa.county.#', `${unique}-twice`)
    await listen('*.county.*', `${unique}-twice`)
    await bus.channels.publish({ exchange, key: 'oa.county.issued' }, item('m1'))
    await bus.channels.publish({ exchange, key: 'oa' }, item('m2'))
    await expect(bus.channels.publish({ exchange, key: 'portal.petition' }, item('m3'))).rejects.toMatchObject({
      code: 'BUS_UNROUTABLE',
    })
    await until(() => seen.length >= 4, { what: 'four messages' })
    await laterOnesPass(bus)
    expect(seen.sort()).toEqual([`${unique}-twice m1`, 'oa.# m1', 'oa.# m2', 'oa.*.issued m1'].sort())
  })

  it('binds a queue by several patterns at once', async () => {
    const exchange = `${unique}-topic`
    const seen: string[] = []
    await bus.channels.consume(
      { exchange, key: 'document.# *.accepted' },
      4,
      async (taken) => void seen.push(String(taken.id)),
    )
    for (const [n, key] of ['document.refused', 'reply.accepted', 'document.accepted'].entries())
      await bus.channels.publish({ exchange, key }, item(`m${n}`))
    await expect(bus.channels.publish({ exchange, key: 'reply.refused' }, item('m9'))).rejects.toMatchObject({
      code: 'BUS_UNROUTABLE',
    })
    await until(() => seen.length >= 3, { what: 'three messages' })
    await laterOnesPass(bus)
    expect(seen.sort()).toEqual(['m0', 'm1', 'm2'])
  })

  it('brings a message back later when its handler rejects, marked as redelivered', async () => {
    const seen: boolean[] = []
    await bus.channels.consume({ queue: unique }, 1, async (taken) => {
      seen.push(taken.redelivered)
      if (seen.length === 1) throw new Error('over the watermark')
    })
    const started = performance.now()
    await bus.channels.publish({ queue: unique }, item('m1'))
    await until(() => seen.length === 2, { what: 'the second try' })
    expect(seen).toEqual([false, true])
    expect(performance.now() - started).toBeGreaterThan(90)
  })

  it('shares a queue between consumers, and pauses and stops like a delivery queue', async () => {
    const seen: string[] = []
    const first = await bus.channels.consume({ queue: unique }, 1, async (taken) => void seen.push(`first ${taken.id}`))
    await bus.channels.publish({ queue: unique }, item('m1'))
    await until(() => seen.length === 1, { what: 'the first' })
    first.limit(0)
    const second = await bus.channels.consume(
      { queue: unique },
      1,
      async (taken) => void seen.push(`second ${taken.id}`),
    )
    await bus.channels.publish({ queue: unique }, item('m2'))
    await until(() => seen.length === 2, { what: 'the second' })
    await second.stop()
    first.limit(1)
    await bus.channels.publish({ queue: unique }, item('m3'))
    await until(() => seen.length === 3, { what: 'the third' })
    expect(seen).toEqual(['first m1', 'second m2', 'first m3'])
  })
}
