import type { Channel, ChannelModel } from 'amqplib'
import { EventEmitter } from 'node:events'
import { describe, expect, it } from 'vitest'
import { declare } from '../../../core/bus/rabbitmq/declare.ts'

/** A channel that answers its close as told; amqplib's own never does when the connection goes in between. */
class FakeChannel extends EventEmitter {
  closes = 0
  readonly #close: (channel: FakeChannel) => Promise<void>

  constructor(close: (channel: FakeChannel) => Promise<void>) {
    super()
    this.#close = close
  }

  close(): Promise<void> {
    this.closes++
    return this.#close(this)
  }
}

function model(channel: FakeChannel): ChannelModel {
  return { createChannel: async () => channel as unknown as Channel } as unknown as ChannelModel
}

describe('a declaration', () => {
  it('ends when the connection goes while its channel is being closed', async () => {
    const channel = new FakeChannel((self) => {
      setImmediate(() => self.emit('close'))
      return new Promise(() => undefined)
    })
    await declare(model(channel), async () => undefined)
    expect(channel.closes).toBe(1)
  })

  it('closes its channel after a declaration that failed otherwise, and fails', async () => {
    const channel = new FakeChannel(async () => undefined)
    await expect(declare(model(channel), () => Promise.reject(new Error('no such thing')))).rejects.toThrow(
      'no such thing',
    )
    expect(channel.closes).toBe(1)
  })

  it.each([403, 406])(
    'that the broker refuses with %d is no failure, and its channel is closed already',
    async (code) => {
      const channel = new FakeChannel(async () => undefined)
      await declare(model(channel), () => {
        const refusal = Object.assign(new Error('refused'), { code })
        channel.emit('error', refusal)
        return Promise.reject(refusal)
      })
      expect(channel.closes).toBe(0)
    },
  )

  it('that the broker refuses with 404 is a failure', async () => {
    const channel = new FakeChannel(async () => undefined)
    await expect(
      declare(model(channel), () => Promise.reject(Object.assign(new Error('not found'), { code: 404 }))),
    ).rejects.toThrow('not found')
  })
})
