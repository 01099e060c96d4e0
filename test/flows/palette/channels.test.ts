import { describe, expect, it } from 'vitest'
import { shared } from '../../lib/shared.ts'
import { until } from '../../lib/wait.ts'
import { startMiniStation, type MiniStation } from '../lib/mini-station.ts'
import { fn, node, tab, tell } from './lib/flow.ts'
import { openProbe, type Probe } from './lib/probe.ts'

let station: MiniStation
let probe: Probe
shared(
  async () => {
    station = await startMiniStation()
    probe = await openProbe(station.bus)
  },
  () => station.close(),
)

const publish = (address: { queue: string } | { exchange: string; key: string }, body: string | Buffer, id: string) =>
  station.bus.channels.publish(address, { id, body: Buffer.from(body as string), contentType: 'application/json' })

describe('channel in', () => {
  it('brings a queue’s messages into the ledger, each id once', async () => {
    await station.deploy(
      tab(
        node('channel in', 'q', { subscription: 'q', mode: 'queue', queue: 'orders' }, 'tell'),
        tell('tell', '[msg.payload.channel.name, msg.payload.channel.payload]'),
      ),
    )
    await publish({ queue: 'orders' }, '{"n":1}', 'm1')
    await publish({ queue: 'orders' }, '{"n":1}', 'm1')
    await publish({ queue: 'orders' }, '纯文本', 'm2')
    await publish({ queue: 'orders' }, Buffer.from([0xff, 0xfe]), 'm3')
    await station.idle('q')
    expect((await probe.take(3)).map((one) => JSON.stringify(one)).sort()).toEqual([
      '["orders","纯文本"]',
      '["orders",{"base64":"//4="}]',
      '["orders",{"n":1}]',
    ])
    expect(probe.seen).toEqual([])
  })

  it('brings a topic’s messages, those that match its routing key', async () => {
    await station.deploy(
      tab(
        node(
          'channel in',
          't',
          { subscription: 't', mode: 'topic', exchange: 'oa', key: 'issue.*', topicQueue: '' },
          'tell',
        ),
        tell('tell', 'msg.payload.channel.payload'),
      ),
    )
    await publish({ exchange: 'oa', key: 'issue.county' }, '"yes"', 't1')
    await expect(publish({ exchange: 'oa', key: 'report.county' }, '"no"', 't2')).rejects.toMatchObject({
      code: 'BUS_UNROUTABLE',
    })
    expect(await probe.take(1)).toEqual(['yes'])
  })
})

describe('channel out', () => {
  it('publishes to a topic when the hop commits, and tries again while nobody takes it', async () => {
    await station.deploy(
      tab(
        node('channel in', 'q', { subscription: 'q2', mode: 'queue', queue: 'orders2' }, 'out'),
        node('channel out', 'out', { mode: 'topic', exchange: 'events', key: 'order.new' }, []),
      ),
    )
    await publish({ queue: 'orders2' }, '{"n":7}', 'o1')
    await until(() => station.events.of('delivery.retry').length > 0, { what: 'a retry', timeoutMs: 30_000 })
    const bodies: string[] = []
    await station.bus.channels.consume(
      { exchange: 'events', key: 'order.#' },
      1,
      async (item) => void bodies.push(item.body.toString()),
    )
    await until(() => bodies.length > 0, { what: 'the message', timeoutMs: 30_000 })
    expect(bodies).toEqual(['{"n":7}'])
  })

  it('is not deployed where its address is none', async () => {
    const flows = tab(
      node('channel in', 'q', { subscription: 'q3', mode: 'queue', queue: 'orders3' }, 'out'),
      node('channel out', 'out', { mode: 'queue', queue: '' }, []),
    )
    await expect(station.deploy(flows)).rejects.toThrow(/FLOWS_REFUSED .*name of out.*queue/)
  })
})

describe('accept', () => {
  it('goes on once the message is durable, recognises a repeated key, and feeds a channel in', async () => {
    await station.deploy(
      tab(
        node(
          'inject',
          'press',
          { props: [{ p: 'payload', v: '{"title":"路灯不亮","id":"P-7"}', vt: 'json' }], repeat: '', once: false },
          'accept',
        ),
        node(
          'accept',
          'accept',
          { channel: 'petition', keyProperty: 'payload.id', numberProperty: 'payload.id' },
          'answer',
        ),
        fn('answer', `global.set('accepted', [...(global.get('accepted') || []), msg.accepted])`),
        node('channel in', 'petition', { subscription: 'petition', mode: 'accept', channel: 'petition' }, 'tell'),
        tell('tell', '[msg.payload.channel.payload.title, msg.payload.number, msg.topic, global.get("accepted")]'),
      ),
    )
    await station.api.inject('press')
    const [[title, number, topic]] = (await probe.take(1)) as [[string, string, string]]
    expect([title, number, topic]).toEqual(['路灯不亮', 'P-7', 'P-7'])
    await station.api.inject('press')
    const answers = await until(
      async () => {
        const context = (await station.api.call('GET', '/context/global/accepted')) as { msg?: string }
        const list = JSON.parse(context.msg ?? '[]') as { id: string; repeated: boolean }[]
        return list.length === 2 ? list : undefined
      },
      { what: 'both answers' },
    )
    expect(answers.map((answer) => answer.repeated)).toEqual([false, true])
    expect(answers[0]?.id).toBe(answers[1]?.id)
    expect(await station.ledger.journal.message(answers[0]?.id ?? '')).toMatchObject({
      kind: 'channel',
      channel: { name: 'petition' },
    })
    expect(probe.seen).toEqual([])
  })

  it('says so when it cannot take a message', async () => {
    await station.deploy(
      tab(
        node('inject', 'press', { props: [{ p: 'payload', v: 'x', vt: 'str' }], repeat: '', once: false }, 'odd'),
        fn('odd', 'msg.payload = 10n; return msg', 'accept'),
        node('accept', 'accept', { channel: 'odd', keyProperty: '', numberProperty: '' }, []),
        node('catch', 'catch', { scope: null, uncaught: false }, 'keep'),
        fn('keep', `global.set('failed', msg.error.message)`),
      ),
    )
    await station.api.inject('press')
    const said = await until(
      async () => {
        const { format, msg } = (await station.api.call('GET', '/context/global/failed')) as {
          format?: string
          msg?: string
        }
        return format?.startsWith('string') === true ? msg : undefined
      },
      { what: 'the error' },
    )
    expect(said).toContain('BigInt')
  })
})
