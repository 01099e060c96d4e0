import { afterAll, beforeAll, describe } from 'vitest'
import { openBus } from '../../core/bus/open.ts'
import { startRabbitMq, type RabbitMq } from '../lib/servers/rabbitmq.ts'
import { until } from '../lib/wait.ts'
import { deliveryQueueSuite, type BusKind } from './lib/bus-suite.ts'
import { broadcastSuite } from './lib/broadcast-suite.ts'
import { channelSuite } from './lib/channel-suite.ts'
import { channelsTake } from './lib/rabbit-state.ts'

describe('the embedded bus', () => {
  const kind: BusKind = {
    open: (emit) => openBus({ url: 'embedded', prefix: 'yizhan.', confirmTimeoutMs: 5_000, emit }),
  }
  describe('deliveries', () => deliveryQueueSuite(kind))
  describe('channels', () => channelSuite(kind))
  describe('broadcasts', () => broadcastSuite(kind))
})

describe('RabbitMQ', () => {
  let broker: RabbitMq
  let opened = 0

  beforeAll(async () => {
    broker = await startRabbitMq()
  })

  afterAll(async () => {
    await broker.close()
  })

  const kind: BusKind = {
    open: async (emit) => {
      const prefix = `case${++opened}.`
      const bus = await openBus({ url: broker.url, prefix, confirmTimeoutMs: 20_000, emit })
      await until(() => emit.of('bus.connected').length === 1, { what: 'the connection' })
      await channelsTake(bus, prefix)
      return bus
    },
  }
  describe('deliveries', () => deliveryQueueSuite(kind))
  describe('channels', () => channelSuite(kind))
  describe('broadcasts', () => broadcastSuite(kind))
})
