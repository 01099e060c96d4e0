import { EventEmitter } from 'node:events'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { BrokerLink } from '../../../core/bus/rabbitmq/link.ts'
import { Publisher } from '../../../core/bus/rabbitmq/publisher.ts'

/** A connection that hands out channels. */
class FakeModel {
  readonly channels: EventEmitter[] = []
  async createConfirmChannel(): Promise<EventEmitter> {
    const channel = new EventEmitter()
    this.channels.push(channel)
    return channel
  }
}

describe('a publisher', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('has one channel when the connection comes anew while it waits to open a lost one again', async () => {
    const [old, anew] = [new FakeModel(), new FakeModel()]
    const link = { model: old as FakeModel | undefined, flowing: true }
    const publisher = new Publisher(link as unknown as BrokerLink, 1_000, {
      ready: () => undefined,
      lost: () => undefined,
    })
    await publisher.open()
    old.channels[0]?.emit('close')
    await Promise.resolve()
    expect(vi.getTimerCount()).toBe(1)
    link.model = anew
    await publisher.open()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(anew.channels).toHaveLength(1)
    expect(publisher.ready).toBe(true)
  })
})
