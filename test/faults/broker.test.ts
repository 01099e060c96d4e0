import { connect } from 'amqplib'
import { describe, expect, it } from 'vitest'
import { FIRST_RELEASE } from '../../core/bus/rabbitmq/queues.ts'
import { cutProxy, type CutProxy } from '../lib/cut-proxy.ts'
import { startRabbitMq, type RabbitMq } from '../lib/servers/rabbitmq.ts'
import { shared } from '../lib/shared.ts'
import { until } from '../lib/wait.ts'
import { Rig } from './lib/rig.ts'

const BALANCED = { lost: [], twice: [], unexpected: [] }

describe('what happens to the broker happens to no document', () => {
  let broker: RabbitMq
  let rig: Rig
  shared(
    async () => {
      broker = await startRabbitMq()
    },
    () => broker.close(),
  )
  shared(
    async () => {
      rig = await Rig.start(broker.url)
    },
    () => rig.close(),
  )

  /** Sixty, awaited later: what fails until then is told there, and is no unhandled rejection. */
  function begin(prefix: string): Promise<void> {
    const submitted = rig.submit(60, prefix)
    submitted.catch(() => undefined)
    return submitted
  }

  it('connections cut under load', async () => {
    const submitted = begin('断线 ')
    await until(() => rig.inbox.taken.size > 5, { what: 'deliveries under way', timeoutMs: 60_000 })
    expect(await broker.cutConnections()).toBeGreaterThan(0)
    await submitted
    expect(await rig.balance()).toEqual(BALANCED)
  }, 240_000)

  it('killed under load, restarted: documents are accepted all the while', async () => {
    const before = rig.inbox.taken.size
    const submitted = begin('断电 ')
    await until(() => rig.inbox.taken.size > before + 5, { what: 'deliveries under way', timeoutMs: 60_000 })
    await broker.kill()
    await rig.submit(20, '停机期间 ')
    await broker.start()
    await submitted
    expect(await rig.balance()).toEqual(BALANCED)
  }, 300_000)

  it('its whole disk wiped while it is stopped, with a backlog in its queues', async () => {
    rig.inbox.mode = 'fail'
    await rig.submit(40, '磁盘损坏 ')
    await broker.stop()
    await broker.wipe()
    await broker.start()
    rig.inbox.mode = 'ok'
    expect(await rig.balance()).toEqual(BALANCED)
  }, 300_000)

  it('it takes nothing, being short of memory: that is shown, documents are accepted, and delivered afterwards', async () => {
    const state = async (): Promise<string> => (await rig.admin<{ readonly bus: string }>('health')).bus
    const ready = async (): Promise<number> => (await fetch(`${rig.http}/readyz`)).status
    const metrics = async (): Promise<string> =>
      (await fetch(`${rig.http}/metrics`, { headers: { authorization: `Bearer ${rig.password}` } })).text()
    await broker.evaluate('vm_memory_monitor:set_vm_memory_high_watermark(0.0000001)')
    const submitted = rig.submit(5, '停收期间 ')
    await until(async () => (await state()) === 'blocked', { what: 'blocked', timeoutMs: 60_000 })
    await submitted
    expect(await ready()).toBe(503)
    expect(await metrics()).toContain('yizhan_bus{state="blocked"} 1')
    await broker.evaluate('vm_memory_monitor:set_vm_memory_high_watermark(1.0)')
    expect(await rig.balance()).toEqual(BALANCED)
    await until(async () => (await ready()) === 200, { what: 'ready again', timeoutMs: 30_000 })
    expect(await state()).toBe('connected')
    expect(await metrics()).toContain('yizhan_bus{state="connected"} 1')
  }, 240_000)

  it('the queues of the first release, with a backlog that only they and the ledger have', async () => {
    rig.inbox.mode = 'fail'
    await rig.submit(40, '升级 ')
    await rig.station.stop()
    const client = await connect(broker.url)
    const channel = await client.createChannel()
    const queue = 'yizhan.delivery.pushed'
    const ours = [...(await broker.queueTypes()).keys()].filter((name) => name.startsWith(`${queue}.`))
    expect(ours).toHaveLength(5)
    await channel.assertQueue(queue, FIRST_RELEASE)
    let moved = 0
    for (const name of ours) {
      for (let one = await channel.get(name); one !== false; one = await channel.get(name)) {
        channel.sendToQueue(queue, one.content, { persistent: true, priority: 2 })
        channel.ack(one)
        moved++
      }
      await channel.deleteQueue(name)
    }
    await client.close()
    expect(moved).toBeGreaterThan(0)
    rig.inbox.mode = 'ok'
    await rig.station.start()
    expect(await rig.balance()).toEqual(BALANCED)
    const types = await broker.queueTypes()
    expect(types.has(queue)).toBe(false)
    expect(new Set(types.values())).toEqual(new Set(['quorum']))
  }, 300_000)
})

describe('a cluster that loses the node that the station was at', () => {
  let broker: RabbitMq
  let rig: Rig
  let first: CutProxy
  let second: CutProxy
  shared(
    async () => {
      broker = await startRabbitMq()
      const port = Number(new URL(broker.url).port)
      ;[first, second] = [await cutProxy(port), await cutProxy(port)]
      const at = new URL(broker.url)
      at.port = String(first.port)
      const hosts = [`127.0.0.1:${second.port}`]
      rig = await Rig.start(at.href, { systems: [], secrets: {}, environment: {}, hosts })
    },
    async () => {
      await rig.close()
      await second.close()
      await broker.close()
    },
  )

  it('under load: the next node is taken, what was in flight is repeated, and nothing comes twice', async () => {
    const submitted = rig.submit(60, '换节点 ')
    submitted.catch(() => undefined)
    await until(() => rig.inbox.taken.size > 5, { what: 'deliveries under way', timeoutMs: 60_000 })
    await first.close()
    await submitted
    expect(await rig.balance()).toEqual(BALANCED)
    expect(second.sent).toBeGreaterThan(0)
    expect((await rig.admin<{ readonly bus: string }>('health')).bus).toBe('connected')
  }, 240_000)
})
