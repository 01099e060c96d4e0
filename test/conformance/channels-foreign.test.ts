import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { rootCertificates } from 'node:tls'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, type ChannelModel, type ConfirmChannel, type Options } from 'amqplib'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { openBus } from '../../core/bus/open.ts'
import type { Bus } from '../../core/bus/port.ts'
import type { Take } from '../../core/door/port.ts'
import { YizhanError } from '../../core/errors/error.ts'
import type { ChannelMessage, Message } from '../../core/message/schema.ts'
import { ChannelSources, channelSender } from '../../station/channels.ts'
import { EventList } from '../lib/events.ts'
import { startRabbitMq, type RabbitMq } from '../lib/servers/rabbitmq.ts'
import { until } from '../lib/wait.ts'
import { smallCity, TestHouse } from '../unit/oa/lib/house.ts'

/** Channels of a real broker, on which applications publish that know nothing of us: poison, encodings, envelopes. */

let broker: RabbitMq
let foreign: ChannelModel
let channel: ConfirmChannel
let names = 0

beforeAll(async () => {
  broker = await startRabbitMq({ tls: true })
  foreign = await connect(broker.url)
  channel = await foreign.createConfirmChannel()
})
afterAll(async () => {
  await foreign.close()
  await broker.close()
})

const QUEUES: readonly (readonly [string, Options.AssertQueue])[] = [
  ['a classic queue', { durable: true }],
  ['a quorum queue', { durable: true, arguments: { 'x-queue-type': 'quorum' } }],
  [
    'a quorum queue with a delivery limit',
    { durable: true, arguments: { 'x-queue-type': 'quorum', 'x-delivery-limit': 2 } },
  ],
]

interface Rig {
  readonly t: TestHouse
  readonly queue: string
  readonly bus: Bus
  readonly sources: ChannelSources
  send(body: Buffer | string, options?: Options.Publish): Promise<void>
  /** What the flows get, in order, until there are so many. */
  flow(count: number): Promise<ChannelMessage[]>
  dead(): ReturnType<TestHouse['opened']['ledger']['deadLetters']['list']>
  /** Messages in the queue, those that are not acknowledged included. */
  left(): Promise<number>
}

async function open(shape: Options.AssertQueue, take?: (real: Take) => Take): Promise<Rig> {
  const queue = `orders-${++names}`
  await channel.assertQueue(queue, shape)
  const t = await TestHouse.open(smallCity())
  const { ledger } = t.opened
  await ledger.hops.subscribe([{ name: 'ch', filter: { source: 'channel', channel: queue } }], t.house.clock.now())
  const busEvents = new EventList()
  const bus = await openBus({ url: broker.url, prefix: `${queue}.`, confirmTimeoutMs: 10_000, emit: busEvents })
  const sources = new ChannelSources({
    bus,
    station: 'st',
    take: take?.(t.house.door.take) ?? t.house.door.take,
    clock: t.house.clock,
    sink: t.house.emit,
  })
  onTestFinished(async () => {
    await sources.close()
    await bus.close()
    await t.close()
  })
  await until(() => bus.connected, { what: 'the bus' })
  await sources.use([{ queue }])
  const got: ChannelMessage[] = []
  return {
    t,
    queue,
    bus,
    sources,
    async send(body, options = {}) {
      channel.sendToQueue(queue, Buffer.from(body as string), { persistent: true, ...options })
      await channel.waitForConfirms()
    },
    async flow(count) {
      return until(
        async () => {
          const now = t.house.clock.now()
          const hops = await ledger.hops.claim({
            subscription: 'ch',
            max: 100,
            owner: 'flows',
            now,
            leaseUntil: now + 60_000,
          })
          got.push(...hops.map(({ message }) => message as ChannelMessage))
          return got.length >= count && got
        },
        { what: `${count} messages` },
      )
    },
    dead: () => ledger.deadLetters.list({ max: 100 }),
    async left() {
      await sources.close()
      const { messageCount } = await until(
        async () => {
          const state = await channel.checkQueue(queue)
          return state.consumerCount === 0 && state
        },
        { what: 'no consumer' },
      )
      return messageCount
    },
  }
}

const numbered = (count: number) => Array.from({ length: count }, (_, n) => n)

describe.each(QUEUES)('%s', (_, shape) => {
  it('flows on behind 20 messages whose id is known with another body: they are dead letters, and acknowledged', async () => {
    const rig = await open(shape)
    for (const n of numbered(20)) await rig.send(`{"n":${n}}`, { messageId: `m${n}`, contentType: 'application/json' })
    await rig.flow(20)
    for (const n of numbered(20)) await rig.send(`{"other":${n}}`, { messageId: `m${n}` })
    for (const n of numbered(10)) await rig.send(`{"good":${n}}`, { messageId: `good${n}` })
    const got = await rig.flow(30)
    expect(got.slice(20).map((one) => one.channel.payload)).toEqual(numbered(10).map((n) => ({ good: n })))
    const dead = await until(
      async () => {
        const letters = await rig.dead()
        return letters.length >= 20 && letters
      },
      { what: 'the dead letters' },
    )
    expect(dead).toHaveLength(20)
    expect(new Set(dead.map(({ error }) => error.code))).toEqual(new Set(['ID_IN_USE']))
    expect(new Set(dead.map(({ message }) => message.origin.externalId))).toEqual(
      new Set(numbered(20).map((n) => `m${n}`)),
    )
    expect(await rig.left()).toBe(0)
    // The bytes are kept, and a person who replays one lets the flows have it.
    const [letter] = dead
    const [file] = letter!.message.files
    expect((await rig.t.house.content.read(file!.digest)).toString()).toMatch(/^\{"other":\d+\}$/)
    await rig.t.opened.ledger.deadLetters.replay({ id: letter!.id, actor: 'operator', now: rig.t.house.clock.now() })
    expect((await rig.flow(31)).at(-1)?.id).toBe(letter!.message.id)
  })

  it('the same message again is the same, whatever brokers added to it on the way', async () => {
    const rig = await open(shape)
    const same = { messageId: 'm1', contentType: 'application/json', type: 'order', headers: { shop: 'a' } }
    await rig.send('{"n":1}', { ...same, timestamp: 1_700_000_000 })
    await rig.send('{"n":1}', { ...same, timestamp: 1_800_000_000, headers: { shop: 'a', 'x-death': [{ count: 2 }] } })
    await rig.send('{"n":2}', { ...same, messageId: 'm2' })
    expect((await rig.flow(2)).map((one) => one.origin.externalId)).toEqual(['m1', 'm2'])
    await until(() => rig.t.codes().includes('message.repeated'), { what: 'the repetition' })
    expect(await rig.dead()).toEqual([])
    expect(await rig.left()).toBe(0)
  })

  it('what cannot be taken in now is held, not given back again and again, and then arrives', async () => {
    let refusals = 4
    const rig = await open(shape, (real) => (message, options) => {
      if (refusals-- > 0) return Promise.reject(new YizhanError('OVERLOADED', { rule: 'test' }))
      return real(message, options)
    })
    await rig.send('{"n":1}', { messageId: 'm1' })
    expect((await rig.flow(1)).map((one) => one.channel.payload)).toEqual([{ n: 1 }])
    expect(refusals).toBe(-1)
    await until(() => rig.t.codes().includes('channel.resumed'), { what: 'the end of it' })
    expect(rig.t.codes().filter((code) => code.startsWith('channel.'))).toEqual(['channel.held', 'channel.resumed'])
    expect(await rig.left()).toBe(0)
  })

  it('what is held goes back to its queue when we stop', async () => {
    const rig = await open(shape, () => () => Promise.reject(new YizhanError('OVERLOADED', { rule: 'test' })))
    await rig.send('{"n":1}', { messageId: 'm1' })
    await until(() => rig.t.codes().includes('channel.held'), { what: 'the message held' })
    expect(await rig.left()).toBe(1)
  })
})

describe('what is classified', () => {
  it('is acknowledged, nothing of it is kept, and the queue goes on', async () => {
    const rig = await open({ durable: true, arguments: { 'x-queue-type': 'quorum', 'x-delivery-limit': 2 } })
    const text = '{"密级":"机密★1年","标题":"机密★1年"}'
    await rig.send(text, { messageId: 'secret' })
    // Nor where it cannot be read as what it says it is.
    await rig.send(text, { messageId: 'hidden', contentEncoding: 'gzip' })
    await rig.send('"good"')
    expect((await rig.flow(1)).map((one) => one.channel.payload)).toEqual(['good'])
    await until(() => rig.t.codes().filter((code) => code === 'channel.refused').length === 2, { what: 'both refused' })
    expect((await rig.dead()).filter(({ message }) => message.origin.externalId === 'secret')).toEqual([])
    expect(rig.t.codes()).not.toContain('channel.held')
    expect(await rig.left()).toBe(0)
  })
})

describe('what stands on the envelope', () => {
  it('reaches the flow', async () => {
    const rig = await open({ durable: true })
    await channel.assertExchange('city', 'topic', { durable: true })
    await channel.bindQueue(rig.queue, 'city', 'orders.#')
    channel.publish('city', 'orders.county.new', Buffer.from('{"n":1}'), {
      messageId: 'm1',
      correlationId: '工单-7',
      replyTo: 'answers',
      type: 'order.placed',
      timestamp: 1_772_337_600,
      contentType: 'application/json; charset=utf-8',
      headers: { shop: '甲', count: 3 },
    })
    const [message] = await rig.flow(1)
    expect(message?.channel).toEqual({
      name: rig.queue,
      payload: { n: 1 },
      contentType: 'application/json; charset=utf-8',
      charset: 'utf-8',
      exchange: 'city',
      key: 'orders.county.new',
      headers: { shop: '甲', count: '3' },
      correlationId: '工单-7',
      replyTo: 'answers',
      type: 'order.placed',
      timestamp: '2026-03-01T04:00:00.000Z',
    })
  })

  const text = Buffer.from('{"题名":"关于做好防汛工作的通知"}')
  const gbk = Buffer.from('b9d8d3dacdd0d1ca', 'hex')
  const read: readonly [string, Buffer, Options.Publish, unknown][] = [
    ['gzip', gzipSync(text), { contentEncoding: 'gzip' }, { 题名: '关于做好防汛工作的通知' }],
    ['x-gzip', gzipSync(text), { contentEncoding: 'x-gzip' }, { 题名: '关于做好防汛工作的通知' }],
    ['deflate', deflateSync(text), { contentEncoding: 'deflate' }, { 题名: '关于做好防汛工作的通知' }],
    ['bare deflate', deflateRawSync(text), { contentEncoding: 'DEFLATE' }, { 题名: '关于做好防汛工作的通知' }],
    [
      'two of them',
      gzipSync(deflateSync(text)),
      { contentEncoding: 'deflate, gzip' },
      { 题名: '关于做好防汛工作的通知' },
    ],
    ['a charset', gbk, { contentType: 'text/plain; charset="GBK"' }, '关于托咽'],
    ['a charset in the wrong place', text, { contentEncoding: 'utf-8' }, { 题名: '关于做好防汛工作的通知' }],
    ['UTF-16', Buffer.from('通知', 'utf16le'), { contentType: 'text/plain;charset=utf-16le' }, '通知'],
    ['bytes', Buffer.from([0xff, 0xfe]), { contentType: 'application/octet-stream' }, { base64: '//4=' }],
  ]
  const unreadable: readonly [string, Buffer, Options.Publish, string][] = [
    ['no gzip', text, { contentEncoding: 'gzip' }, 'content-encoding'],
    ['half a gzip', gzipSync(text).subarray(0, 20), { contentEncoding: 'gzip' }, 'content-encoding'],
    ['a bomb', gzipSync(Buffer.alloc(64 * 1024 * 1024)), { contentEncoding: 'gzip' }, 'body'],
    ['an encoding that nobody knows', text, { contentEncoding: 'aes128gcm' }, 'content-encoding'],
    ['a charset that nobody knows', text, { contentType: 'text/plain; charset=klingon' }, 'content-type'],
    [
      'bytes that are none of the charset',
      Buffer.from([0xff]),
      { contentType: 'text/plain; charset=utf-8' },
      'content-type',
    ],
  ]

  it(`is understood: ${read.map(([name]) => name).join(', ')}`, async () => {
    const rig = await open({ durable: true })
    for (const [name, body, options] of read) await rig.send(body, { ...options, messageId: name })
    const got = await rig.flow(read.length)
    expect(new Map(got.map(({ origin, channel: { payload } }) => [origin.externalId, payload]))).toEqual(
      new Map(read.map(([name, , , payload]) => [name, payload])),
    )
  })

  it(`is a dead letter with its bytes, and the queue goes on: ${unreadable.map(([name]) => name).join(', ')}`, async () => {
    const rig = await open({ durable: true, arguments: { 'x-queue-type': 'quorum', 'x-delivery-limit': 2 } })
    for (const [name, body, options] of unreadable) await rig.send(body, { ...options, messageId: name })
    await rig.send('"good"')
    expect((await rig.flow(1)).map((one) => one.channel.payload)).toEqual(['good'])
    const letters = await until(
      async () => {
        const found = await rig.dead()
        return found.length >= unreadable.length && found
      },
      { what: 'the dead letters' },
    )
    for (const [name, body, , field] of unreadable) {
      const letter = letters.find(({ message }) => message.origin.externalId === name)
      expect(letter?.error).toMatchObject({ code: 'FIELD_INVALID', message: expect.stringContaining(field) as string })
      expect(await rig.t.house.content.read(letter!.message.files[0]!.digest)).toEqual(body)
    }
    expect(rig.t.codes().filter((code) => code === 'channel.refused')).toHaveLength(unreadable.length)
    expect(await rig.left()).toBe(0)
  })

  it('says who we are to others, and nothing of what is ours', async () => {
    const rig = await open({ durable: true })
    const out = `out-${++names}`
    await channel.assertQueue(out, { durable: true })
    const sender = channelSender(rig.bus)
    const document = {
      schema: 'document/1',
      kind: 'document',
      id: 'st-1',
      trace: 'st-1',
      acceptedAt: '2026-03-01T04:00:00.500Z',
    } as unknown as Message
    const carried = (more: Partial<ChannelMessage['channel']>): Message => ({
      ...document,
      schema: 'channel/1',
      kind: 'channel',
      channel: { name: 'x', payload: '回执', ...more },
    })
    const send = (message: Message) =>
      sender.send(
        {
          id: `${message.id}/${JSON.stringify({ queue: out })}`,
          address: { to: 'channel', queue: out },
          message,
        } as never,
        AbortSignal.timeout(10_000),
      )
    for (const message of [
      document,
      document,
      carried({}),
      carried({ contentType: 'text/plain', correlationId: '工单-7', type: 'order.done' }),
      carried({ contentType: 'application/pdf', payload: { base64: Buffer.from('%PDF').toString('base64') } }),
    ])
      await send(message)
    const received = await Promise.all(numbered(5).map(() => channel.get(out, { noAck: true })))
    const seen = received.map((one) => one !== false && { ...one.properties, text: one.content.toString() })
    expect(seen).toMatchObject([
      {
        messageId: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
        timestamp: 1_772_337_600,
        type: 'document/1',
        correlationId: 'st-1',
        contentType: 'application/json',
        text: JSON.stringify(document),
      },
      {},
      { type: 'channel/1', contentType: 'application/json', text: '"回执"' },
      { type: 'order.done', correlationId: '工单-7', contentType: 'text/plain; charset=utf-8', text: '回执' },
      { contentType: 'application/pdf', text: '%PDF' },
    ])
    // Sent again it is the same.
    expect((received[1] as { properties: { messageId: string } }).properties.messageId).toBe(
      (received[0] as { properties: { messageId: string } }).properties.messageId,
    )
  })
})

describe('amqps', () => {
  const openTls = async (caFile: string | undefined) => {
    const events = new EventList()
    const bus = await openBus({ url: broker.tlsUrl!, caFile, prefix: 'tls.', confirmTimeoutMs: 10_000, emit: events })
    onTestFinished(() => bus.close())
    return { bus, events }
  }

  it('trusts the authority of caFile', async () => {
    const { bus } = await openTls(broker.authority?.caFile)
    await until(() => bus.connected, { what: 'the bus' })
  })

  it('trusts nobody else, and says which setting', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'yizhan-ca-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const other = join(folder, 'other.pem')
    writeFileSync(other, rootCertificates[0]!)
    for (const caFile of [undefined, other]) {
      const { bus, events } = await openTls(caFile)
      await until(() => events.of('bus.lost').length > 0, { what: 'the refusal' })
      expect(events.of('bus.lost')[0]?.detail).toContain('bus.caFile')
      expect(bus.connected).toBe(false)
    }
    writeFileSync(join(folder, 'no.pem'), 'nothing')
    for (const [caFile, url] of [
      [join(folder, 'missing.pem'), broker.tlsUrl!],
      [join(folder, 'no.pem'), broker.tlsUrl!],
      [broker.authority!.caFile, broker.url],
    ] as const) {
      const opening = openBus({ url, caFile, prefix: 'tls.', confirmTimeoutMs: 1_000, emit: new EventList() })
      await expect(opening).rejects.toMatchObject({ code: 'CONFIG_INVALID', facts: { field: 'bus.caFile' } })
    }
  })
})
