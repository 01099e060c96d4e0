import type { EventSink } from '../events/event.ts'
import { systemClock, type Clock } from '../util/clock.ts'
import { EmbeddedBus } from './embedded.ts'
import type { Bus } from './port.ts'
import { brokerAddress, type BrokerSettings } from './rabbitmq/address.ts'
import { RabbitBus } from './rabbitmq/bus.ts'
import { probeBroker, type ProbedBroker } from './rabbitmq/probe.ts'

export interface BusOptions extends BrokerSettings {
  /** `embedded`, or an amqp:// or amqps:// URL with its user */
  readonly url: string
  /** before the names of our queues on a broker */
  readonly prefix: string
  /** for every publisher confirm, milliseconds */
  readonly confirmTimeoutMs: number
  readonly emit: EventSink
  readonly clock?: Clock
}

/**
 * Opens the bus. A broker that is down does not fail it: it connects when it can. Rejects with CONFIG_INVALID for a URL
 * that is none.
 */
export async function openBus(options: BusOptions): Promise<Bus> {
  const clock = options.clock ?? systemClock
  if (options.url === 'embedded')
    return new EmbeddedBus({ confirmTimeoutMs: options.confirmTimeoutMs, emit: options.emit, clock })
  const bus = new RabbitBus({
    address: brokerAddress(options),
    prefix: options.prefix,
    confirmTimeoutMs: options.confirmTimeoutMs,
    emit: options.emit,
    clock,
  })
  bus.open()
  return bus
}

/**
 * Which nodes of a broker are there and let us in, with product and version. Rejects with BUS_UNAVAILABLE where none
 * does, or CONFIG_INVALID.
 */
export async function probeBus(settings: BrokerSettings): Promise<ProbedBroker> {
  return probeBroker(brokerAddress(settings))
}
