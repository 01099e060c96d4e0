import { afterEach, beforeEach, expect, it } from 'vitest'
import type { BroadcastItem, Bus, ChannelItem } from '../../../core/bus/port.ts'
import { EventList } from '../../lib/events.ts'
import { until } from '../../lib/wait.ts'
import type { BusKind } from './bus-suite.ts'

let exchanges = 0

/** What every bus promises for what it publishes to whoever wants it. */
export function broadcastSuite(kind: BusKind): void {
  let bus: Bus
  let exchange: string

  beforeEach(async () => {
    bus = await kind.open(new EventList())
    exchange = `feed-${++exchanges}`
  })
  afterEach(() => bus.close())

  const item = (key: string, id = key): BroadcastItem => ({
    exchange,
    key,
    id,
    body: Buffer.from(`{"id":"${id}"}`),
    contentType: 'application/cloudevents+json; charset=utf-8',
    type: 'yizhan.test',
    correlationId: 'story',
    timestamp: 1_700_000_000_000,
  })
  const listen = async (key: string): Promise<ChannelItem[]> => {
    const got: ChannelItem[] = []
    await bus.channels.consume({ exchange, key }, 4, async (one) => void got.push(one))
    return got
  }

  it('is no failure where nobody listens', async () => {
    await bus.broadcast([item('document.delivered')])
    await bus.broadcast([])
  })

  it('reaches everybody whose pattern fits, in order, with its envelope', async () => {
    const [documents, refused, other] = [await listen('document.#'), await listen('*.refused'), await listen('reply.#')]
    await bus.broadcast([item('document.delivered', '1'), item('document.refused', '2')])
    await until(() => documents.length === 2 && refused.length === 1, { what: 'what was broadcast' })
    expect(documents.map(({ id }) => id)).toEqual(['1', '2'])
    expect(refused.map(({ id }) => id)).toEqual(['2'])
    expect(other).toEqual([])
    expect(documents[0]).toMatchObject({
      exchange,
      key: 'document.delivered',
      contentType: 'application/cloudevents+json; charset=utf-8',
      type: 'yizhan.test',
      correlationId: 'story',
      timestamp: 1_700_000_000_000,
      body: Buffer.from('{"id":"1"}'),
    })
  })

  it('takes a thousand at once', async () => {
    const got = await listen('#')
    await bus.broadcast(Array.from({ length: 1000 }, (_, n) => item('a.b', String(n))))
    await until(() => got.length === 1000, { what: 'a thousand' })
    expect(new Set(got.map(({ id }) => id)).size).toBe(1000)
  })

  it('says so when the bus is closed', async () => {
    await bus.close()
    await expect(bus.broadcast([item('a.b')])).rejects.toMatchObject({ code: 'BUS_UNAVAILABLE' })
  })
}
