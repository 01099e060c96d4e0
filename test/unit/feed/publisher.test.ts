import { afterEach, describe, expect, it } from 'vitest'
import type { BroadcastItem, Bus } from '../../../core/bus/port.ts'
import { YizhanError } from '../../../core/errors/error.ts'
import { FeedPublisher } from '../../../core/feed/publisher.ts'
import type { Feed, FeedDelivery, FeedPosition } from '../../../core/ledger/port.ts'
import { systemClock } from '../../../core/util/clock.ts'
import { EventList } from '../../lib/events.ts'
import { until } from '../../lib/wait.ts'

const delivery = (position: number): FeedDelivery => ({
  position,
  row: `st-${position}/finance`,
  system: 'oa1',
  unit: 'finance',
  mode: 'push',
  at: 0,
  message: { id: `st-${position}`, kind: 'document', trace: `st-${position}`, story: 's', rank: 4, restricted: false },
})

/** A ledger of deliveries only. */
class Rows implements Feed {
  rows: FeedDelivery[] = []
  kept: FeedPosition | undefined

  begin(on: boolean): Promise<FeedPosition | undefined> {
    this.kept = on ? (this.kept ?? { deliveries: 0, events: 0 }) : undefined
    return Promise.resolve(this.kept)
  }
  next({ after, max }: Parameters<Feed['next']>[0]): ReturnType<Feed['next']> {
    const deliveries = this.rows.filter(({ position }) => position > after.deliveries).slice(0, max)
    const end = { deliveries: deliveries.at(-1)?.position ?? after.deliveries, events: 0 }
    return Promise.resolve({ deliveries, events: [], end })
  }
  moved(position: FeedPosition): Promise<void> {
    this.kept = position
    return Promise.resolve()
  }
}

describe('the publisher of the feed', () => {
  const events = new EventList()
  const published: BroadcastItem[] = []
  let state: 'up' | 'down' | 'failing' = 'up'
  const bus = {
    get connected() {
      return state !== 'down'
    },
    broadcast(items: readonly BroadcastItem[]) {
      published.push(...items)
      return state === 'failing'
        ? Promise.reject(new YizhanError('BUS_UNAVAILABLE', { detail: 'no confirm' }, { inDoubt: true }))
        : Promise.resolve()
    },
  } as unknown as Bus
  let publisher: FeedPublisher | undefined
  const start = async (feed: Feed, on = true): Promise<void> => {
    publisher = new FeedPublisher({
      feed,
      bus,
      clock: systemClock,
      emit: events,
      place: () => ({ station: 'st', publicUrl: 'http://127.0.0.1:1' }),
      exchanges: { deliveries: 'd', events: 'e' },
    })
    await publisher.start(on)
  }
  afterEach(async () => {
    await publisher?.close()
    published.length = 0
    events.all.length = 0
    state = 'up'
  })

  it('goes on until nothing is left, and remembers what was confirmed', async () => {
    const rows = new Rows()
    rows.rows = Array.from({ length: 1200 }, (_, n) => delivery(n + 1))
    await start(rows)
    await until(() => rows.kept?.deliveries === 1200, { what: 'the end' })
    expect(published.map(({ id }) => id)).toEqual(rows.rows.map(({ position }) => `st/delivery/${position}`))
    rows.rows.push(delivery(1201))
    await until(() => rows.kept?.deliveries === 1201, { what: 'one more' })
  })

  it('waits for a bus that is away, without a word of its own', async () => {
    state = 'down'
    const rows = new Rows()
    rows.rows = [delivery(1)]
    await start(rows)
    await new Promise(setImmediate)
    expect([published, events.all, rows.kept?.deliveries]).toEqual([[], [], 0])
    state = 'up'
    await until(() => rows.kept?.deliveries === 1, { what: 'the row' })
  })

  it('publishes again what was not confirmed, and tells once that it is held up, and once that it goes on', async () => {
    state = 'failing'
    const rows = new Rows()
    rows.rows = [delivery(1)]
    await start(rows)
    await until(() => published.length === 2, { what: 'a second try' })
    expect(rows.kept?.deliveries).toBe(0)
    state = 'up'
    await until(() => rows.kept?.deliveries === 1, { what: 'the row' })
    expect(events.all.map(({ code }) => code)).toEqual(['feed.held', 'feed.resumed'])
    expect(new Set(published.map(({ id }) => id))).toEqual(new Set(['st/delivery/1']))
  })

  it('says nothing where it is off', async () => {
    const rows = new Rows()
    rows.rows = [delivery(1)]
    await start(rows, false)
    await publisher?.close()
    expect(published).toEqual([])
    expect(rows.kept).toBeUndefined()
  })
})
