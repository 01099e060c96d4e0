import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { connect, type Channel, type ChannelModel } from 'amqplib'
import { describe, expect, it, onTestFinished } from 'vitest'
import { projectHome } from '../../core/config/home.ts'
import { feedRecordSchema, type FeedRecord } from '../../core/feed/record.ts'
import { startRabbitMq, type RabbitMq } from '../lib/servers/rabbitmq.ts'
import { shared } from '../lib/shared.ts'
import { until } from '../lib/wait.ts'
import { Rig } from './lib/rig.ts'

/** The public feed of a station on a real broker, as other applications see it. */
describe('the public feed on RabbitMQ', () => {
  let broker: RabbitMq
  let rig: Rig
  let foreign: ChannelModel
  const records: FeedRecord[] = []

  shared(
    async () => {
      // a station that is opened anew has another address, and none of these
      records.length = 0
      broker = await startRabbitMq()
      const channel = await listen()
      await channel.assertQueue('everything', { durable: true })
      for (const exchange of ['yizhan.deliveries', 'yizhan.events']) {
        await channel.assertExchange(exchange, 'topic', { durable: true })
        await channel.bindQueue('everything', exchange, '#')
      }
      await collect(channel)
      rig = await Rig.start(broker.url, {
        systems: [{ id: 'desk', name: '收文台', adapter: 'oa', profile: 'yizhan', roles: ['calls-us'] }],
        secrets: {},
        environment: {},
        accounts: [{ id: 'education', system: 'desk', units: ['jiaoyuju'] }],
        units: ['jiaoyuju\t市教育局\t\tdepartment\t\tdesk'],
      })
    },
    async () => {
      await rig.close()
      await foreign.close()
      await broker.close()
    },
  )

  async function listen(): Promise<Channel> {
    foreign = await connect(broker.url)
    // the broker is killed under it
    foreign.on('error', () => undefined)
    return foreign.createChannel()
  }

  async function collect(channel: Channel): Promise<void> {
    await channel.consume('everything', (message) => {
      if (message === null) return
      records.push(feedRecordSchema.parse(JSON.parse(message.content.toString('utf8'))))
      channel.ack(message)
    })
  }

  const seen = (state: string, exchange: 'delivery' | 'event'): FeedRecord[] =>
    records.filter((record) => record.data.state === state && record.id.startsWith(`rig/${exchange}/`))

  it('publishes every committed delivery and every outcome once', async () => {
    await rig.submit(20, '每件一次 ')
    expect(await rig.balance()).toEqual({ lost: [], twice: [], unexpected: [] })
    await until(() => seen('delivered', 'event').length >= 20, { what: '20 outcomes' })
    expect(seen('accepted', 'event')).toHaveLength(20)
    expect(seen('delivered', 'event')).toHaveLength(20)
    const documents = seen('committed', 'delivery').filter(({ data }) => data.kind === 'document')
    expect(documents.map(({ data }) => data.unit)).toEqual(Array.from({ length: 20 }, () => 'caizhengju'))
    expect(new Set(records.map(({ id }) => id)).size).toBe(records.length)
  })

  it('repeats after a kill what was confirmed and not remembered, under the same ids, and loses nothing', async () => {
    const before = new Set(seen('accepted', 'event').map(({ id }) => id)).size
    await rig.submitThroughDeath('feed.confirmed', 10, 'station')
    expect(await rig.balance()).toEqual({ lost: [], twice: [], unexpected: [] })
    await until(() => new Set(seen('delivered', 'event').map(({ id }) => id)).size === before + 10, {
      what: '10 outcomes more',
      timeoutMs: 30_000,
    })
    await until(() => new Set(records.map(({ id }) => id)).size < records.length, {
      what: 'a batch for the second time',
    })
    expect(new Set(seen('accepted', 'event').map(({ data }) => data.message)).size).toBe(before + 10)
  })

  it('catches up when the broker was away', async () => {
    await broker.kill()
    const n = new Set(seen('accepted', 'event').map(({ id }) => id)).size
    await rig.submit(3, '总线不在 ')
    await broker.start()
    await collect(await listen())
    const caughtUp = () => new Set(seen('accepted', 'event').map(({ id }) => id)).size >= n + 3
    await until(caughtUp, { what: 'what was accepted', timeoutMs: 60_000 })
  })

  it('lets an application in Python follow a document from door to reply, and fetch what its account may see', async () => {
    const title = '关于校园安全检查的通知'
    const child = spawn(
      '/usr/bin/python3',
      [join(projectHome(), 'test', 'faults', 'lib', 'follow.py'), broker.url, title, 'education', rig.password],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    onTestFinished(() => void child.kill('SIGKILL'))
    const lines: string[] = []
    createInterface({ input: child.stdout }).on('line', (line) => lines.push(line))
    const ended = once(child, 'exit')
    await until(() => lines.includes('ready'), { what: 'the follower' })
    await soap(
      rig,
      'issuer',
      `<Submit xmlns="urn:yizhan:oa:1"><document><submissionId>s-1</submissionId><documentType>通知</documentType><documentTitle>${title}</documentTitle><to><unit>jiaoyuju</unit></to><text>请即检查。</text></document></Submit>`,
    )
    const item = await until(
      async () =>
        /<(?:\w+:)?id>([^<]+)</.exec(await soap(rig, 'education', '<ListItems xmlns="urn:yizhan:oa:1"/>'))?.[1],
      { what: 'the item' },
    )
    await soap(rig, 'education', `<Fetch xmlns="urn:yizhan:oa:1"><id>${item}</id></Fetch>`)
    await soap(rig, 'education', `<Sign xmlns="urn:yizhan:oa:1"><id>${item}</id><by>张三</by></Sign>`)
    await soap(
      rig,
      'education',
      `<Reply xmlns="urn:yizhan:oa:1"><id>${item}</id><replyText>已检查完毕</replyText></Reply>`,
    )
    expect(await ended).toEqual([0, null])
    const told = lines.slice(1, -1).map((line) => JSON.parse(line) as FeedRecord['data'])
    expect(told.filter(({ kind }) => kind === 'document').map(({ state }) => state)).toEqual(
      expect.arrayContaining(['accepted', 'committed', 'delivered']),
    )
    expect(told.at(-1)).toMatchObject({ kind: 'reply', state: 'accepted', from: 'jiaoyuju' })
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ kind: 'reply', reply: { text: '已检查完毕' } })
  })

  it('shows a message to nobody else', async () => {
    await rig.submit(1, '不给旁人看 ')
    const { data } = await until(() => seen('accepted', 'event')[0], { what: 'what was accepted' })
    const get = (account: string, password = rig.password) =>
      fetch(data.link ?? '', {
        headers: { authorization: `Basic ${Buffer.from(`${account}:${password}`).toString('base64')}` },
      })
    expect((await get('issuer')).status).toBe(200)
    const [stranger, unknown] = [await get('education'), await fetchUnknown(rig)]
    expect(stranger.status).toBe(404)
    expect(unknown.status).toBe(404)
    expect((await get('issuer', 'wrong')).status).toBe(401)
    expect((await fetch(data.link ?? '')).headers.get('www-authenticate')).toContain('Basic realm="yizhan-feed"')
  })

  it('describes itself, and tells where the broker is to accounts only', async () => {
    const get = async (path: string, password?: string): Promise<{ status: number; text: string }> => {
      const authorization = `Basic ${Buffer.from(`education:${password}`).toString('base64')}`
      const answer = await fetch(rig.http + path, { headers: password === undefined ? {} : { authorization } })
      return { status: answer.status, text: await answer.text() }
    }
    const { protocol, host } = new URL(broker.url)
    const document = JSON.parse((await get('/asyncapi.json', rig.password)).text) as Record<string, unknown>
    expect(document).toMatchObject({
      asyncapi: '3.0.0',
      servers: { broker: { host, protocol: protocol.slice(0, -1) } },
    })
    expect(JSON.stringify(document['servers'])).not.toContain('guest')
    expect((await get('/feed', rig.password)).text).toContain(`${protocol}//${host}/`)
    for (const path of ['/asyncapi.json', '/feed']) {
      const { status, text } = await get(path)
      expect(status).toBe(200)
      expect(text).toContain('yizhan.deliveries')
      for (const told of [host, 'vhost', '"servers"', '内置总线']) expect(text).not.toContain(told)
      expect((await get(path, 'wrong')).status).toBe(401)
    }
  })
})

async function soap(rig: Rig, account: string, body: string): Promise<string> {
  const answer = await fetch(`${rig.http}/oa/yizhan`, {
    method: 'POST',
    body: `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>${body}</s:Body></s:Envelope>`,
    headers: {
      authorization: `Basic ${Buffer.from(`${account}:${rig.password}`).toString('base64')}`,
      'content-type': 'text/xml; charset=utf-8',
    },
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${answer.status} ${text}`)
  return text
}

function fetchUnknown(rig: Rig): Promise<Response> {
  return fetch(`${rig.http}/feed/messages/rig-nothing`, {
    headers: { authorization: `Basic ${Buffer.from(`education:${rig.password}`).toString('base64')}` },
  })
}
