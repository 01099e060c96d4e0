import type { Router } from 'express'
import type { House } from '../core/adapter/port.ts'
import type { Bus } from '../core/bus/port.ts'
import type { AsyncApiPlace } from '../core/feed/asyncapi.ts'
import { FeedPublisher } from '../core/feed/publisher.ts'
import type { Feed } from '../core/ledger/port.ts'
import { feedRoutes } from './http/feed.ts'

const PORTS = { amqp: 5672, amqps: 5671 } as const

/** The public feed of this station: its publisher, and the pages that it points to. */
export function openFeed(
  house: House,
  feed: Feed,
  bus: Bus,
): {
  readonly routes: Router
  /** publishes from now on, where it is on */
  readonly start: () => Promise<void>
  readonly close: () => Promise<void>
} {
  const { name, bus: settings } = house.city().station
  const exchanges = { deliveries: `${settings.prefix}deliveries`, events: `${settings.prefix}events` }
  const broker = brokerOf(settings.url)
  const publisher = new FeedPublisher({
    feed,
    bus,
    clock: house.clock,
    emit: house.emit,
    place: () => ({ station: name, publicUrl: house.publicUrl('oa') }),
    exchanges,
  })
  return {
    routes: feedRoutes(house, () => ({ publicUrl: house.publicUrl('oa'), broker, exchanges })),
    start: () => publisher.start(settings.feed),
    close: () => publisher.close(),
  }
}

/** Where others find the broker, without user and password. */
function brokerOf(url: string): AsyncApiPlace['broker'] {
  const address = URL.parse(url)
  const protocol = address?.protocol.slice(0, -1)
  if (address === null || (protocol !== 'amqp' && protocol !== 'amqps')) return 'embedded'
  const port = address.port === '' ? String(PORTS[protocol]) : address.port
  const vhost = decodeURIComponent(address.pathname.slice(1))
  return { protocol, host: `${address.hostname}:${port}`, vhost: vhost === '' ? '/' : vhost }
}
