import { once } from 'node:events'
import { connect as dial } from 'node:net'
import { afterEach, describe, expect, it, onTestFinished } from 'vitest'
import type { ChannelAddress } from '../../../core/bus/port.ts'
import type { EventSink, YizhanEvent } from '../../../core/events/event.ts'
import { LINK_PROTOCOL, type CityView, type FromFlows } from '../../../core/hop/link.ts'
import { NOBODY } from '../../../core/hop/loss.ts'
import { systemClock } from '../../../core/util/clock.ts'
import { connectFlows, type Flows, type FlowsParts } from '../../../station/link/flows.ts'
import { listenForFlows, type FlowSession } from '../../../station/link/server.ts'
import { LinkClient } from '../../../nodes/link/client.ts'
import type { ClaimedHop } from '../../../core/ledger/port.ts'
import { EventList } from '../../lib/events.ts'
import { until } from '../../lib/wait.ts'

const connect = (used: (readonly ChannelAddress[])[], sink: EventSink = { emit: () => undefined }): Flows =>
  connectFlows({
    dispatcher: { opened: () => undefined, subscribe: () => Promise.resolve(), closed: () => Promise.resolve() },
    channels: { use: (addresses: readonly ChannelAddress[]) => Promise.resolve(void used.push(addresses)) },
    ledger: {},
    clock: systemClock,
    sink,
    rejections: { note: (event: YizhanEvent) => sink.emit(event) },
    station: () => ({ name: 'st', hop: { leaseMs: 1 } }),
    city: () => ({ view: {} }),
    lossOf: () => Promise.resolve(NOBODY),
    certificates: { follow: () => undefined, line: undefined },
  } as unknown as FlowsParts)

type Subscribe = Extract<FromFlows, { t: 'subscribe' }>

const session = (id: string): FlowSession => ({ id, apart: false, pid: 1, send: () => undefined, end: () => undefined })
const subscribe = (...queues: string[]): Subscribe => ({
  t: 'subscribe',
  flowsRevision: 'r',
  subscriptions: queues.map((queue) => ({
    name: queue,
    filter: { source: 'channel' },
    concurrency: 1,
    channel: { queue },
  })),
})

describe('flow processes', () => {
  it('that share the work have their channels consumed together, and those of one that is gone no longer', async () => {
    const used: (readonly ChannelAddress[])[] = []
    const { opened, received, closed } = connect(used).handlers
    const said = async (from: FlowSession, line: Subscribe): Promise<readonly ChannelAddress[] | undefined> => {
      const before = used.length
      received(from, line)
      await until(() => used.length > before, { what: 'the channels' })
      return used.at(-1)
    }
    const [first, second] = [session('s1'), session('s2')]
    for (const one of [first, second]) opened(one)
    expect(await said(first, subscribe('orders'))).toEqual([{ queue: 'orders' }])
    expect(await said(second, subscribe())).toEqual([{ queue: 'orders' }])
    expect(await said(second, subscribe('events'))).toEqual([{ queue: 'orders' }, { queue: 'events' }])
    closed(first)
    expect(await said(second, subscribe('events'))).toEqual([{ queue: 'events' }])
  })

  it('with a channel node that was never filled in serve all others, and the log says which it is', async () => {
    const used: (readonly ChannelAddress[])[] = []
    const events = new EventList()
    const flows = connect(used, events)
    const process = session('s1')
    flows.handlers.opened(process)
    flows.handlers.received(process, {
      ...subscribe('orders', ''),
      subscriptions: subscribe('orders', '').subscriptions.map((one, n) => ({ ...one, name: `source ${n}` })),
    })
    await flows.subscribed()
    expect(used).toEqual([[{ queue: 'orders' }]])
    expect(events.of('internal.error')).toMatchObject([
      { detail: expect.stringMatching(/source 1.*FIELD_INVALID/) as string },
    ])
  })
})

describe('whoever is none of our flow processes', () => {
  it.each([
    ['with a wrong token', '{"t":"hello","token":"wrong","session":"s","pid":1}\n'],
    ['that asks before it greets', '{"t":"ask","n":1,"method":"status","args":{"id":"x"}}\n'],
    ['that speaks another protocol', 'GET / HTTP/1.1\r\n\r\n'],
    ['that only sends', 'x'.repeat(70_000)],
  ])('%s is sent away, and an event says so', async (_what, bytes) => {
    const events = new EventList()
    const link = await listenForFlows('token', connect([], events).handlers)
    onTestFinished(() => link.close())
    const socket = dial(link.port, '127.0.0.1')
    // What was still on its way when it was sent away is reset.
    socket.on('error', () => socket.destroy()).resume()
    socket.write(bytes)
    await once(socket, 'close')
    expect(events.all).toMatchObject([
      { code: 'account.rejected', actor: 'link', error: 'UNAUTHENTICATED', source: '127.0.0.1' },
    ])
  })
})

describe('the link', () => {
  const closing: (() => unknown)[] = []
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close()
  })

  async function station() {
    const events = new EventList()
    const { handlers } = connect([], events)
    let opened: FlowSession | undefined
    const { port, close } = await listenForFlows('token', {
      ...handlers,
      opened(session) {
        opened = session
        handlers.opened(session)
      },
    })
    closing.push(close)
    return { port, events, session: () => until(() => opened, { what: 'the session' }) }
  }

  /** A flow process of somebody else's making; resolves with the lines that it gets until the connection ends. */
  async function stranger(port: number, ...lines: readonly string[]): Promise<readonly unknown[]> {
    const socket = dial({ port, host: '127.0.0.1' })
    closing.push(() => socket.destroy())
    socket.end(lines.map((line) => `${line}\n`).join(''))
    let text = ''
    for await (const chunk of socket) text += String(chunk)
    return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as unknown]))
  }
  const hello = (protocol: number): string =>
    JSON.stringify({ t: 'hello', token: 'token', session: 's', pid: 7, protocol })

  it('tells a flow process of another version so, and the log', async () => {
    const { port, events } = await station()
    expect(await stranger(port, hello(LINK_PROTOCOL + 1))).toMatchObject([
      { t: 'refused', error: { code: 'LINK_VERSION', zh: expect.stringContaining(`${LINK_PROTOCOL + 1}`) as string } },
    ])
    expect(events.of('flows.mismatched')).toMatchObject([{ error: 'LINK_VERSION' }])
  })

  it('tells the client, which says it to its own Node-RED', async () => {
    const { port, close } = await listenForFlows('token', {
      ...connect([]).handlers,
      opened: (session) =>
        session.send({ t: 'refused', error: { code: 'LINK_VERSION', zh: '版本不同', en: 'another version' } }),
    })
    closing.push(close)
    const client = new LinkClient({ host: '127.0.0.1', port, token: 'token' }, () => 0)
    closing.push(() => client.close())
    const refused = once(client, 'refused')
    client.start()
    expect(await refused).toMatchObject([{ code: 'LINK_VERSION', message: '版本不同 / another version' }])
    expect(client.connected).toBe(false)
  })

  it('says of a line that it does not know that it came', async () => {
    const { port, events } = await station()
    const event = { t: 'event', code: 'no.such', detail: '' }
    await stranger(port, hello(LINK_PROTOCOL), '{"t":"mystery"}', JSON.stringify(event), 'no json')
    await until(() => events.of('internal.error').length === 3, { what: 'the lines' })
    const details = events.of('internal.error').map(({ detail }) => detail)
    expect(details.map((detail) => /"mystery"|no\.such|pid 7/.exec(detail ?? '')?.[0])).toEqual([
      '"mystery"',
      'no.such',
      'pid 7',
    ])
  })

  it('carries a hop with all that stands in its line, whatever that will be', async () => {
    const { port, session } = await station()
    const socket = dial({ port, host: '127.0.0.1' })
    closing.push(() => socket.destroy())
    socket.write(`${hello(LINK_PROTOCOL)}\n`)
    const line = {
      t: 'hop' as const,
      now: 5,
      later: { x: '}' },
      hop: { id: 'h', more: [1], message: { id: 'm', text: '{"' } } as unknown as ClaimedHop,
    }
    ;(await session()).send(line)
    let text = ''
    for await (const chunk of socket) if ((text += String(chunk)).split('\n').length > 2) break
    expect(JSON.parse(text.split('\n')[1] ?? '')).toEqual(line)
  })

  it('refuses what is too much for a line to whoever says or asks it, and nobody else loses anything', async () => {
    const many = Array.from({ length: 600_000 }, () => 1)
    const { port, close } = await listenForFlows('token', {
      ...connect([]).handlers,
      opened: (session) =>
        session.send({ t: 'welcome', station: 's', city: { revision: 'r' } as CityView, leaseMs: 60_000, now: 0 }),
      received: (session, line) => {
        if (line.t === 'ask') session.send({ t: 'answer', n: line.n, result: many })
      },
    })
    closing.push(close)
    const client = new LinkClient({ host: '127.0.0.1', port, token: 'token' }, () => 0)
    closing.push(() => client.close())
    const welcome = once(client, 'welcome')
    client.start()
    await welcome
    await expect(client.ask('accept', { name: 'x', payload: many })).rejects.toMatchObject({ code: 'TOO_LARGE' })
    await expect(client.ask('deadLetters.list', {})).rejects.toMatchObject({
      code: 'TOO_LARGE',
      message: expect.stringContaining('500000') as string,
    })
    expect(client.connected).toBe(true)
  })
})
