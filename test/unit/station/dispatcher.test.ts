import { alertsSchema } from '../../../core/alarm/config.ts'
import { guardOf } from '../../lib/guard.ts'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { YizhanEvent } from '../../../core/events/event.ts'
import type { FromFlows, ToFlows } from '../../../core/hop/link.ts'
import { NOBODY, type Loss } from '../../../core/hop/loss.ts'
import { openLedger, type OpenedLedger } from '../../../core/ledger/open.ts'
import type { ClaimedHop } from '../../../core/ledger/port.ts'
import type { DocumentMessage } from '../../../core/message/schema.ts'
import { systemClock } from '../../../core/util/clock.ts'
import { store } from '../../../core/door/store.ts'
import { commitLine } from '../../../station/flows/commits.ts'
import { Dispatcher } from '../../../station/flows/dispatcher.ts'
import type { FlowSession } from '../../../station/link/server.ts'
import { createUnitDirectory } from '../../../core/directory/unit-directory.ts'
import { createBindings } from '../../../core/directory/bindings.ts'
import { groupsSchema, stationSchema, systemSchema, unitSchema, type CityConfig } from '../../../core/config/schema.ts'
import { until } from '../../lib/wait.ts'

let folder: string
let opened: OpenedLedger
let dispatcher: Dispatcher
const events: YizhanEvent[] = []
const sink = { emit: (event: YizhanEvent) => void events.push(event) }

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'yizhan-dispatcher-'))
  opened = await openLedger({
    folder,
    station: 'st',
    clock: systemClock,
    hop: { maxAttempts: 2, backoffMs: 1, maxBackoffMs: 2 },
  })
  dispatcher = new Dispatcher({ hops: opened.ledger.hops, clock: systemClock, sink, leaseMs: 60_000 })
  events.length = 0
})
afterEach(async () => {
  dispatcher.close()
  await opened.ledger.close()
  await rm(folder, { recursive: true })
})

const city: CityConfig = {
  station: stationSchema.parse({ name: 'st' }),
  systems: [systemSchema.parse({ id: 'oa', name: 'OA', adapter: 'oa', profile: 'yizhan', roles: ['calls-us'] })],
  accounts: [],
  units: [
    unitSchema.parse({ id: 'u1', name: '市财政局', aliases: [], groups: ['department'], codes: [], system: 'oa' }),
  ],
  groups: groupsSchema.parse({ groups: [], phrases: [] }),
  alerts: alertsSchema.parse({}),
  revision: '1',
}
const directory = createUnitDirectory(city)

class FakeFlows implements FlowSession {
  readonly lines: ToFlows[] = []
  readonly pid = 1
  readonly apart: boolean
  readonly id: string
  constructor(id: string, apart = false) {
    this.id = id
    this.apart = apart
    dispatcher.opened(this)
  }
  send(line: ToFlows): void {
    this.lines.push(line)
  }
  end(): void {
    this.lines.length = 0
  }
  get hops(): ClaimedHop[] {
    return this.lines.flatMap((line) => (line.t === 'hop' ? [line.hop] : []))
  }
  subscribe(concurrency: number, flowsRevision = 'r'): Promise<void> {
    return dispatcher.subscribe(this, {
      t: 'subscribe',
      flowsRevision,
      subscriptions: [{ name: 'issue', filter: { source: 'oa' }, concurrency, tab: '收文' }],
    })
  }
  commit(hops: readonly ClaimedHop[], outputs: Extract<FromFlows, { t: 'commit' }>['outputs'] = []): Promise<void> {
    const parts = {
      guard: guardOf(),
      hops: opened.ledger.hops,
      dispatcher,
      routes: () => ({ directory, city, bindings: createBindings(city.units) }),
      announce: () => undefined,
      refusedFileTypes: () => [],
      clock: systemClock,
      sink,
    }
    return commitLine(parts, this, {
      t: 'commit',
      n: 1,
      hops: hops.map(({ id, attempt }) => ({ id, attempt })),
      outputs,
    })
  }
}

let serial = 0
async function accept(): Promise<string> {
  const id = `st-${++serial}`
  const message: DocumentMessage = {
    schema: 'document/1',
    kind: 'document',
    id,
    trace: id,
    from: { unit: 'u0', name: '市政府办公室' },
    recipients: [{ unit: 'u1', name: '市财政局', role: 'to' }],
    urgency: 'ordinary',
    acceptedAt: new Date().toISOString(),
    origin: { system: 'oa' },
    files: [],
    document: { direction: 'issue', title: `第${serial}份` },
  }
  await store(
    { ledger: opened.ledger, directory: () => directory, flows: dispatcher, profileRevision: () => 'p' },
    'oa',
    { message, bodies: [], content: id, effect: { type: 'issue' } },
  )
  return id
}

const hopCount = (flows: FakeFlows, count: number) =>
  until(() => flows.hops.length === count, { what: `${count} hops` })

const CRASH: Loss = { by: 'crash', detail: '崩溃', apart: true }

describe('suspects', () => {
  let wanted: string[]
  beforeEach(() => {
    dispatcher.close()
    wanted = []
    dispatcher = new Dispatcher({
      hops: opened.ledger.hops,
      clock: systemClock,
      sink,
      leaseMs: 60_000,
      sweepMs: 20,
      apart: { want: () => void wanted.push('want'), end: () => void wanted.push('end') },
    })
  })

  it('run in a process apart, one at a time, and never among the others', async () => {
    const lost = new FakeFlows('s1')
    await lost.subscribe(4)
    const ids = [await accept(), await accept(), await accept()]
    await hopCount(lost, 3)
    await dispatcher.closed(lost, Promise.resolve(CRASH))
    expect(wanted).toContain('want')
    const next = new FakeFlows('s2')
    await next.subscribe(4)
    const apart = new FakeFlows('s3', true)
    await apart.subscribe(4)
    const bystander = await accept()
    await hopCount(next, 1)
    for (let done = 1; done <= ids.length; done++) {
      await hopCount(apart, done)
      expect(dispatcher.open).toBe(2)
      await apart.commit([apart.hops[done - 1] as ClaimedHop])
    }
    expect(apart.hops.map(({ id }) => id).sort()).toEqual(ids.map((id) => `${id}@issue`).sort())
    expect(next.hops.map(({ id }) => id)).toEqual([`${bystander}@issue`])
    // What runs apart is no flow that serves documents.
    expect(dispatcher.connected).toHaveLength(1)
  })

  it('are charged when they were alone; the tab of their source is named where their node is not known', async () => {
    const flows = new FakeFlows('s1')
    await flows.subscribe(1)
    const id = await accept()
    await hopCount(flows, 1)
    await dispatcher.closed(flows, Promise.resolve(CRASH))
    const apart = new FakeFlows('s2', true)
    await apart.subscribe(1)
    await hopCount(apart, 1)
    await dispatcher.closed(apart, Promise.resolve(CRASH))
    const letter = await opened.ledger.deadLetters.show(`${id}@issue`)
    expect(letter?.error).toMatchObject({ code: 'HOP_KILLS_FLOWS', tab: '收文' })
  })

  it('wait for nobody who works on without harm', async () => {
    const lost = new FakeFlows('s1')
    await lost.subscribe(2)
    await Promise.all([accept(), accept()])
    await hopCount(lost, 2)
    await dispatcher.closed(lost, Promise.resolve(CRASH))
    const apart = new FakeFlows('s2', true)
    await apart.subscribe(2)
    await hopCount(apart, 1)
    // The first is patient work, such as a slow request: the second starts beside it in the end.
    await until(() => apart.hops.length === 2, { what: 'the second suspect', timeoutMs: 20_000 })
  })

  it('run by flows that run now: a deploy ends the process apart', async () => {
    const flows = new FakeFlows('s1')
    await flows.subscribe(1)
    await flows.subscribe(1, 'another revision')
    expect(wanted).toEqual(['end'])
  })

  it('wait until the end of their process is known, also when one was just being handed over', async () => {
    const flows = new FakeFlows('s1')
    await flows.subscribe(2)
    const ids = [await accept(), await accept()]
    await hopCount(flows, 2)
    let tell: (loss: Loss) => void = () => undefined
    const closed = dispatcher.closed(flows, new Promise((resolve) => (tell = resolve)))
    dispatcher.taken({ owner: 's1', leaseUntil: 0, subscriptions: ['issue'] }, flows.hops, [])
    const next = new FakeFlows('s2')
    await next.subscribe(2)
    tell(CRASH)
    await closed
    const apart = new FakeFlows('s3', true)
    await apart.subscribe(2)
    await hopCount(apart, 1)
    expect(ids.map((id) => `${id}@issue`)).toContain(apart.hops[0]?.id)
    expect(next.hops).toEqual([])
  })
})

describe('the dispatcher', () => {
  it('hands an accepted message over at once, and its commit makes the delivery', async () => {
    const flows = new FakeFlows('s1')
    await flows.subscribe(2)
    const id = await accept()
    await hopCount(flows, 1)
    expect(flows.hops[0]).toMatchObject({ id: `${id}@issue`, attempt: 1 })
    await flows.commit(flows.hops, [{ type: 'units', node: 'n', message: 'input' }])
    expect(flows.lines.at(-1)).toMatchObject({ t: 'committed', status: 'committed' })
    expect(
      (await opened.ledger.pickup.list({ system: 'oa', unit: 'u1', max: 10 })).map((item) => item.message.id),
    ).toEqual([id])
    expect(dispatcher.open).toBe(0)
  })

  it('gives no more at once than there are places, and the rest as they become free', async () => {
    const flows = new FakeFlows('s1')
    await flows.subscribe(2)
    await Promise.all(Array.from({ length: 5 }, accept))
    await hopCount(flows, 2)
    for (let done = 0; done < 5; done++) {
      expect(dispatcher.open).toBeLessThanOrEqual(2)
      await flows.commit([flows.hops[done] as ClaimedHop])
      await hopCount(flows, Math.min(5, done + 3))
    }
    expect(new Set(flows.hops.map((hop) => hop.id)).size).toBe(5)
  })

  it('brings the hops of a lost process to the next one, as another attempt; what the lost one commits late is stale', async () => {
    const lost = new FakeFlows('s1')
    await lost.subscribe(4)
    await accept()
    await hopCount(lost, 1)
    const next = new FakeFlows('s2')
    await next.subscribe(4)
    await dispatcher.closed(lost, Promise.resolve(NOBODY))
    await hopCount(next, 1)
    expect(next.hops[0]?.attempt).toBe(2)
    await lost.commit(lost.hops, [{ type: 'units', node: 'n', message: 'input' }])
    expect(lost.lines.at(-1)).toMatchObject({ t: 'committed', status: 'stale' })
    await next.commit(next.hops, [{ type: 'units', node: 'n', message: 'input' }])
    expect(await opened.ledger.pickup.list({ system: 'oa', unit: 'u1', max: 10 })).toHaveLength(1)
  })

  it('keeps no place for a hop that was committed together with one that is no longer held', async () => {
    const flows = new FakeFlows('s1')
    await flows.subscribe(1)
    await accept()
    await hopCount(flows, 1)
    const [held] = flows.hops as [ClaimedHop]
    await flows.commit([held, { ...held, attempt: 7 }])
    expect(flows.lines.at(-1)).toMatchObject({ t: 'committed', status: 'stale' })
    expect(dispatcher.open).toBe(0)
  })

  it('tries a failed hop again, and lets it die after its attempts', async () => {
    const flows = new FakeFlows('s1')
    await flows.subscribe(1)
    await accept()
    const failure = { code: 'node-error', message: '坏了', node: 'n1' }
    for (let attempt = 1; attempt <= 2; attempt++) {
      await hopCount(flows, attempt)
      const hop = flows.hops[attempt - 1] as ClaimedHop
      expect(hop.attempt).toBe(attempt)
      await dispatcher.fail(flows, [hop], failure, true)
    }
    const [letter] = await opened.ledger.deadLetters.list({ max: 10 })
    expect(letter).toMatchObject({ what: 'hop', attempts: 2, error: { message: '坏了', node: 'n1' } })
    expect(events.map((event) => event.code)).toEqual(expect.arrayContaining(['hop.failed', 'dead-letter.added']))
  })

  it('keeps its places when the ledger cannot be asked, as on a full disk: the next look hands the hops over', async () => {
    dispatcher.close()
    let broken = 0
    const hops = Object.create(opened.ledger.hops, {
      claim: {
        value: (request: Parameters<typeof opened.ledger.hops.claim>[0]) =>
          broken++ < 3 ? Promise.reject(new Error('database or disk is full')) : opened.ledger.hops.claim(request),
      },
    }) as typeof opened.ledger.hops
    dispatcher = new Dispatcher({ hops, clock: systemClock, sink, leaseMs: 60_000, sweepMs: 20 })
    const flows = new FakeFlows('s1')
    await flows.subscribe(1)
    await Promise.all([accept(), accept()])
    await hopCount(flows, 1)
    await flows.commit(flows.hops)
    await hopCount(flows, 2)
    expect(events.some(({ detail }) => detail?.includes('disk is full'))).toBe(true)
  })

  it('goes on when the ledger fails it while it gives back the hop of a process that went meanwhile', async () => {
    dispatcher.close()
    const hops = Object.create(opened.ledger.hops, {
      recover: { value: () => Promise.reject(new Error('database or disk is full')) },
    }) as typeof opened.ledger.hops
    dispatcher = new Dispatcher({ hops, clock: systemClock, sink, leaseMs: 60_000, sweepMs: 60_000 })
    const flows = new FakeFlows('s1')
    await flows.subscribe(1)
    const preclaim = await until(() => dispatcher.preclaim(), { what: 'a free place' })
    await expect(dispatcher.closed(flows, Promise.resolve(NOBODY))).rejects.toThrow('disk is full')
    events.length = 0
    dispatcher.taken(
      preclaim,
      [{ id: 'm1@issue', subscription: 'issue', attempt: 1, message: {} as DocumentMessage }],
      [],
    )
    await until(() => events.some(({ detail }) => detail?.includes('disk is full')), { what: 'the failure in the log' })
  })

  it('takes no hop away from a process because the clock jumps', async () => {
    dispatcher.close()
    let ahead = 0
    dispatcher = new Dispatcher({
      hops: opened.ledger.hops,
      clock: { now: () => Date.now() + ahead, monotonic: () => performance.now() },
      sink,
      leaseMs: 60_000,
      sweepMs: 60_000,
    })
    const flows = new FakeFlows('s1')
    await flows.subscribe(2)
    await accept()
    await hopCount(flows, 1)
    ahead = 3600_000
    await dispatcher.sweep()
    expect(events.map(({ code }) => code)).not.toContain('hop.failed')
    await flows.commit(flows.hops)
    expect(flows.lines.at(-1)).toMatchObject({ t: 'committed', status: 'committed' })
  })

  it('refuses outputs that break a rule: the flow is told which, and nothing is written', async () => {
    const flows = new FakeFlows('s1')
    await flows.subscribe(1)
    await accept()
    await hopCount(flows, 1)
    await flows.commit(flows.hops, [{ type: 'units', node: 'n7', message: 'input', units: ['nobody'] }])
    expect(flows.lines.at(-1)).toMatchObject({
      t: 'committed',
      status: 'refused',
      error: { code: 'UNKNOWN_RECIPIENT' },
    })
    expect(await opened.ledger.pickup.list({ system: 'oa', unit: 'u1', max: 10 })).toHaveLength(0)
  })

  it('alarms when an output bears the marks of a classified document', async () => {
    const flows = new FakeFlows('s1')
    await flows.subscribe(1)
    const id = await accept()
    await hopCount(flows, 1)
    const input = flows.hops[0]?.message as DocumentMessage
    const message = { ...input, document: { ...input.document, securityClass: '机密' } }
    await flows.commit(flows.hops, [{ type: 'units', node: 'n7', message, units: ['u1'] }])
    expect(flows.lines.at(-1)).toMatchObject({ t: 'committed', status: 'refused', error: { code: 'CLASSIFIED' } })
    expect(events.filter(({ code }) => code === 'output.classified')).toMatchObject([{ message: id, place: 'n7' }])
  })
})

describe('a subscription', () => {
  const told = (code: YizhanEvent['code']) => events.filter((event) => event.code === code).map(({ place }) => place)

  it('is told when it is opened first, and when its backlog has had no flow for a while, once', async () => {
    dispatcher.close()
    dispatcher = new Dispatcher({
      hops: opened.ledger.hops,
      clock: systemClock,
      sink,
      leaseMs: 60_000,
      sweepMs: 5,
      orphanMs: 20,
    })
    const flows = new FakeFlows('f1')
    await flows.subscribe(1)
    await flows.subscribe(1)
    expect(told('subscription.opened')).toEqual(['issue'])
    await dispatcher.closed(flows, Promise.resolve(NOBODY))
    await accept()
    await until(() => told('subscription.orphaned').length === 1, { what: 'the alarm' })
    for (let sweeps = 0; sweeps < 3; sweeps++) await dispatcher.sweep()
    expect(told('subscription.orphaned')).toEqual(['issue'])
    const next = new FakeFlows('f2')
    await next.subscribe(1)
    await until(() => next.hops.length === 1, { what: 'the backlog to be served' })
  })
})
