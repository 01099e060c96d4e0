import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Bus } from '../../../core/bus/port.ts'
import { announcementFor } from '../../lib/announcement.ts'
import { EventList } from '../../lib/events.ts'
import { gate } from '../../lib/gate.ts'
import { until } from '../../lib/wait.ts'

export interface BusKind {
  /** a bus whose queues nobody else uses; connected when it resolves */
  open(events: EventList): Promise<Bus>
}

/** What every bus promises for deliveries, whichever it is. */
export function deliveryQueueSuite(kind: BusKind): void {
  let bus: Bus
  let events: EventList

  beforeEach(async () => {
    events = new EventList()
    bus = await kind.open(events)
  })

  afterEach(async () => {
    await bus.close()
  })

  it('hands an announcement to the consumer as it was announced', async () => {
    const seen: unknown[] = []
    await bus.consume('oa-1', 4, async (item) => void seen.push(item))
    const item = announcementFor('oa-1', 'd1', { urgency: 'urgent', attempt: 3 })
    await bus.announce([item])
    await until(() => seen.length === 1, { what: 'the announcement' })
    expect(seen[0]).toEqual(item)
  })

  it('keeps what is announced before anybody consumes, and each system its own', async () => {
    await bus.announce([announcementFor('oa-1', 'd1'), announcementFor('oa-2', 'd2')])
    const seen: string[] = []
    await bus.consume('oa-2', 4, async (item) => void seen.push(`oa-2 ${item.row}`))
    await bus.consume('oa-1', 4, async (item) => void seen.push(`oa-1 ${item.row}`))
    await until(() => seen.length === 2, { what: 'both announcements' })
    expect(seen.sort()).toEqual(['oa-1 d1/county-a', 'oa-2 d2/county-a'])
  })

  it('gives the most urgent first, and in order within an urgency', async () => {
    const hold = gate()
    const seen: string[] = []
    await bus.consume('oa-1', 1, async (item) => {
      seen.push(item.message.id)
      if (item.message.id === 'first') await hold.opened
    })
    await bus.announce([announcementFor('oa-1', 'first')])
    await until(() => seen.length === 1, { what: 'the first' })
    // whatever of these a broker has pushed when the first ends, they are ranked
    await bus.announce(['o1', 'o2'].map((id) => announcementFor('oa-1', id)))
    await bus.announce([
      announcementFor('oa-1', 'u1', { urgency: 'urgent' }),
      announcementFor('oa-1', 'f1', { urgency: 'flash' }),
      announcementFor('oa-1', 'u2', { urgency: 'urgent' }),
    ])
    await laterOnesPass(bus)
    hold.open()
    await until(() => seen.length === 6, { what: 'all six' })
    expect(seen).toEqual(['first', 'f1', 'u1', 'u2', 'o1', 'o2'])
  })

  it('runs no more handlers at once than it may', async () => {
    let running = 0
    let most = 0
    let done = 0
    const three = gate()
    await bus.consume('oa-1', 3, async () => {
      most = Math.max(most, ++running)
      // The first ones wait for each other: a slow line may bring them one by one.
      if (running === 3) three.open()
      await three.opened
      await new Promise(setImmediate)
      running--
      done++
    })
    await bus.announce(Array.from({ length: 50 }, (_, n) => announcementFor('oa-1', `d${n}`)))
    await until(() => done === 50, { what: 'fifty handlers' })
    expect(most).toBe(3)
  })

  it('brings an item back when its handler rejects, and goes on with others meanwhile', async () => {
    const seen: string[] = []
    await bus.consume('oa-1', 2, async (item) => {
      seen.push(item.message.id)
      if (item.message.id === 'bad' && seen.filter((id) => id === 'bad').length < 3)
        throw new Error('the ledger is away')
    })
    await bus.announce([announcementFor('oa-1', 'bad'), announcementFor('oa-1', 'good')])
    await until(() => seen.length === 4, { what: 'the third try' })
    expect(seen.filter((id) => id === 'bad')).toHaveLength(3)
    expect(events.of('bus.returned')).toHaveLength(2)
  })

  it('does not run in a hot loop over an item that is always rejected', async () => {
    let tries = 0
    await bus.consume('oa-1', 1, async () => {
      tries++
      throw new Error('never')
    })
    await bus.announce([announcementFor('oa-1', 'd1')])
    const started = performance.now()
    await until(() => tries >= 4, { what: 'the fourth try' })
    // 100 + 200 + 400 ms
    expect(performance.now() - started).toBeGreaterThan(650)
  })

  it('stops: what is under way ends, nothing new starts, and what is left goes to the next consumer', async () => {
    const hold = gate()
    const first: string[] = []
    const consumer = await bus.consume('oa-1', 1, async (item) => {
      first.push(item.message.id)
      await hold.opened
    })
    await bus.announce([announcementFor('oa-1', 'd1'), announcementFor('oa-1', 'd2')])
    await until(() => first.length === 1, { what: 'the first handler' })
    let stopped = false
    const stopping = consumer.stop().then(() => (stopped = true))
    await laterOnesPass(bus)
    expect(stopped).toBe(false)
    hold.open()
    await stopping
    expect(first).toEqual(['d1'])
    const second: string[] = []
    await bus.consume('oa-1', 1, async (item) => void second.push(item.message.id))
    await until(() => second.length === 1, { what: 'the item left' })
    await laterOnesPass(bus)
    expect(second).toEqual(['d2'])
  })

  it('pauses at limit 0 and goes on at a higher one', async () => {
    const seen: string[] = []
    const consumer = await bus.consume('oa-1', 2, async (item) => void seen.push(item.message.id))
    await bus.announce([announcementFor('oa-1', 'd1')])
    await until(() => seen.length === 1, { what: 'the first' })
    consumer.limit(0)
    await bus.announce([announcementFor('oa-1', 'd2'), announcementFor('oa-1', 'd3')])
    await laterOnesPass(bus)
    expect(seen).toEqual(['d1'])
    consumer.limit(1)
    await until(() => seen.length === 3, { what: 'the others' })
    // What was on its way at the pause went back to the queue: its order there is nobody's promise.
    expect(seen.toSorted()).toEqual(['d1', 'd2', 'd3'])
  })

  it('gives back at limit 0 what it has not begun: another consumer gets it', async () => {
    const hold = gate()
    const paused: string[] = []
    const consumer = await bus.consume('oa-1', 2, async (item) => {
      paused.push(item.message.id)
      await hold.opened
    })
    await bus.announce(['d1', 'd2', 'd3', 'd4'].map((id) => announcementFor('oa-1', id)))
    await until(() => paused.length === 2, { what: 'two handlers' })
    consumer.limit(0)
    hold.open()
    const other: string[] = []
    await bus.consume('oa-1', 2, async (item) => void other.push(item.message.id))
    await until(() => other.length === 2, { what: 'the other two' })
    expect([...paused, ...other].sort()).toEqual(['d1', 'd2', 'd3', 'd4'])
  })

  it('shares a system between consumers without doing anything twice', async () => {
    const seen: string[] = []
    for (const name of ['a', 'b']) {
      await bus.consume('oa-1', 2, async (item) => {
        seen.push(`${name} ${item.message.id}`)
        await new Promise(setImmediate)
      })
    }
    await bus.announce(Array.from({ length: 40 }, (_, n) => announcementFor('oa-1', `d${n}`)))
    await until(() => seen.length === 40, { what: 'forty handlers' })
    expect(new Set(seen.map((entry) => entry.slice(2))).size).toBe(40)
    expect(new Set(seen.map((entry) => entry.slice(0, 1)))).toEqual(new Set(['a', 'b']))
  })

  it('closes while busy: waits for what is under way and takes nothing more', async () => {
    const hold = gate()
    let begun = 0
    let ended = 0
    await bus.consume('oa-1', 3, async () => {
      begun++
      await hold.opened
      ended++
    })
    const announcing = bus.announce(Array.from({ length: 30 }, (_, n) => announcementFor('oa-1', `d${n}`)))
    await until(() => begun === 3, { what: 'three handlers' })
    await announcing
    const closing = bus.close()
    await expect(bus.announce([announcementFor('oa-1', 'late')])).rejects.toMatchObject({ code: 'BUS_UNAVAILABLE' })
    hold.open()
    await closing
    expect([begun, ended]).toEqual([3, 3])
    expect(bus.connected).toBe(false)
    await expect(bus.consume('oa-1', 1, async () => undefined)).rejects.toMatchObject({ code: 'BUS_UNAVAILABLE' })
  })

  it('tells when it is connected', async () => {
    let told = 0
    bus.onConnected(() => told++)
    await until(() => told === 1, { what: 'the callback' })
    expect(bus.connected).toBe(true)
  })
}

/** So many announcements go the whole way, one after the other, before something counts as not happening. */
const ROUNDS = 5
let asides = 0

/** Lets things happen that must not: what is announced later, to a system of its own, has been handed out meanwhile. */
export async function laterOnesPass(bus: Bus): Promise<void> {
  const aside = `aside-${++asides}`
  const passed: string[] = []
  const consumer = await bus.consume(aside, 1, async (item) => void passed.push(item.message.id))
  for (let round = 1; round <= ROUNDS; round++) {
    await bus.announce([announcementFor(aside, `later-${round}`)])
    await until(() => passed.length === round, { what: 'a later announcement to pass', everyMs: 5 })
  }
  await consumer.stop()
}
