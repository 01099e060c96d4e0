import type { EventSink } from '../events/event.ts'
import { systemClock, type Clock } from '../util/clock.ts'
import { EmbeddedBus } from './embedded.ts'
import type { Bus } from './port.ts'
import { brokerAddress, trusting } from './rabbitmq/address.ts'
import { RabbitBus } from './rabbitmq/bus.ts'
import { probeBroker } from './rabbitmq/probe.ts'

export interface BusOptions {
  /** `embedded`, or an amqp:// or amqps:// URL with its user */
  readonly url: string
  /** of the user, where the URL has none; asked for at each connection */
  readonly password?: (() => string) | undefined
  /** PEM file with the authorities that sign the broker's certificate; absent: Node's own list */
  readonly caFile?: string | undefined
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
    address: await trusting(brokerAddress(options.url, options.password), options.caFile),
    prefix: options.prefix,
    confirmTimeoutMs: options.confirmTimeoutMs,
    emit: options.emit,
    clock,
  })
  await bus.open()
  return bus
}

/**
 * Whether a broker is there and lets us in: its product and version. Rejects with BUS_UNAVAILABLE or CONFIG_INVALID.
 */
export async function probeBus({
  url,
  password,
  caFile,
}: Pick<BusOptions, 'url' | 'password' | 'caFile'>): Promise<string> {
  return probeBroker(await trusting(brokerAddress(url, password), caFile))
}
