import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { openBus, probeBus, type BusOptions } from '../../core/bus/open.ts'
import type { Bus } from '../../core/bus/port.ts'
import { announcementFor } from '../lib/announcement.ts'
import { cutProxy } from '../lib/cut-proxy.ts'
import { EventList } from '../lib/events.ts'
import { startRabbitMq, type RabbitMq } from '../lib/servers/rabbitmq.ts'
import { until } from '../lib/wait.ts'

/** How the station comes to a broker: logins, virtual hosts, nodes, certificates; what it does when that is full. */
describe('the roads to a broker', () => {
  let broker: RabbitMq
  let cases = 0

  beforeAll(async () => {
    broker = await startRabbitMq({ tls: true, clientCertificates: true })
  })
  afterAll(() => broker.close())

  const open = async (
    options: Partial<BusOptions> & { readonly url: string },
  ): Promise<{ readonly bus: Bus; readonly events: EventList }> => {
    const events = new EventList()
    const bus = await openBus({ prefix: `road${++cases}.`, confirmTimeoutMs: 10_000, emit: events, ...options })
    onTestFinished(() => bus.close())
    return { bus, events }
  }
  const connected = (bus: Bus): Promise<unknown> =>
    until(() => bus.connected, { what: 'the connection', timeoutMs: 30_000 })
  const user = async (name: string, password: string, vhost: string): Promise<void> => {
    const [who, where] = [name, vhost].map((text) => `<<"${text}"/utf8>>`)
    await broker.evaluate(
      `rabbit_auth_backend_internal:add_user(${who}, <<"${password}"/utf8>>, <<"test">>), rabbit_auth_backend_internal:set_permissions(${who}, ${where}, <<".*">>, <<".*">>, <<".*">>, <<"test">>)`,
    )
  }

  it('may be percent-encoded: user, password and virtual host', async () => {
    await broker.evaluate('rabbit_vhost:add(<<"city/a b">>, <<"test">>)')
    await user('yi:zhan@city', 'p%40/?#', 'city/a b')
    const at = new URL(broker.url).host
    const login = ['yi:zhan@city', 'p%40/?#'].map(encodeURIComponent).join(':')
    const { bus, events } = await open({ url: `amqp://${login}@${at}/city%2Fa%20b` })
    await connected(bus)
    await bus.announce([announcementFor('oa-1', 'd1')])
    expect(JSON.stringify(events.all)).not.toContain('p%25')
    const counts = await broker.evaluate(
      '{length(rabbit_amqqueue:list(<<"city/a b">>)), length(rabbit_amqqueue:list(<<"/">>))}',
    )
    expect(counts).toContain('{2, 0}')
  })

  it('lead to the next node when one goes: what was in flight is repeated, and nothing is lost', async () => {
    const port = Number(new URL(broker.url).port)
    const [first, second] = [await cutProxy(port), await cutProxy(port)]
    onTestFinished(() => second.close())
    const { bus, events } = await open({
      url: `amqp://guest:guest@127.0.0.1:${first.port}`,
      hosts: [`127.0.0.1:${second.port}`],
    })
    await connected(bus)
    expect(events.of('bus.connected')[0]?.place).toContain(String(first.port))
    const seen: string[] = []
    await bus.consume('oa-1', 4, async (item) => {
      await new Promise(setImmediate)
      seen.push(item.message.id)
    })
    const waiting = new Set(Array.from({ length: 400 }, (_, n) => `d${n}`))
    let isCut = false
    // as the sweeper does: what was not confirmed is announced again
    const announcing = (async () => {
      while (waiting.size > 0) {
        const some = [...waiting].slice(0, 10)
        await bus.announce(some.map((id) => announcementFor('oa-1', id))).then(
          () => some.forEach((id) => waiting.delete(id)),
          () => new Promise((resolve) => setTimeout(resolve, 20)),
        )
        if (waiting.size < 300 && !isCut) {
          isCut = true
          await first.close()
        }
      }
    })()
    await announcing
    await until(() => new Set(seen).size === 400, { what: 'all of them' })
    expect(events.of('bus.connected').at(-1)?.place).toContain(String(second.port))
    expect(events.of('bus.lost')).toHaveLength(1)
    // a claim in the ledger finds what came twice: what was in hand when the node went
    expect(seen.length - 400).toBeLessThan(100)
    expect(await probeBus({ url: `amqp://guest:guest@127.0.0.1:${second.port}`, hosts: ['127.0.0.1:1'] })).toEqual({
      told: expect.stringMatching(/RabbitMQ 3\.\d+\.\d+, amqp:.*ECONNREFUSED/) as string,
      away: 1,
    })
  })

  it('may ask for our certificate, which may be the login', async () => {
    const { caFile, certFile, keyFile } = broker.authority ?? { caFile: '', certFile: '', keyFile: '' }
    const url = broker.tlsUrl ?? ''
    const nobody = await open({ url, caFile })
    await until(() => nobody.events.of('bus.lost').length > 0, { what: 'the refusal' })
    const known = await open({ url, caFile, certFile, keyFile })
    await connected(known.bus)
    const own = { url: url.replace('guest:guest@', ''), caFile, certFile, keyFile }
    const stranger = await open(own)
    await until(() => stranger.events.of('bus.lost').length > 0, { what: 'the refusal of a stranger' })
    await user('localhost', 'not used', '/')
    const byName = await open(own)
    await connected(byName.bus)
    await byName.bus.announce([announcementFor('oa-1', 'd1')])
  })

  it('are told when the broker takes nothing, and when it does again', async () => {
    const { bus, events } = await open({ url: broker.url })
    await connected(bus)
    await bus.announce([announcementFor('oa-1', 'd1')])
    let told = 0
    bus.onConnected(() => told++)
    await broker.evaluate('vm_memory_monitor:set_vm_memory_high_watermark(0.0000001)')
    // the broker tells those who publish
    await until(
      async () => {
        await bus.announce([announcementFor('oa-1', 'd2')]).catch(() => undefined)
        return bus.state === 'blocked'
      },
      { what: 'blocked', timeoutMs: 30_000, everyMs: 100 },
    )
    expect(bus.connected).toBe(false)
    await expect(bus.announce([announcementFor('oa-1', 'd3')])).rejects.toMatchObject({ code: 'BUS_UNAVAILABLE' })
    await broker.evaluate('vm_memory_monitor:set_vm_memory_high_watermark(1.0)')
    await until(() => bus.state === 'connected', { what: 'unblocked', timeoutMs: 30_000 })
    expect(events.of('bus.blocked')).toMatchObject([{ detail: expect.stringContaining('memory') as string }])
    expect(events.of('bus.unblocked')).toHaveLength(1)
    expect(events.of('bus.lost')).toEqual([])
    await until(() => told === 2, { what: 'what was announced in vain can be announced again' })
  })
})
