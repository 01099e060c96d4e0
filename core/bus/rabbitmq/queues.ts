import type { ChannelModel, Options } from 'amqplib'
import { URGENCIES } from '../../message/urgency.ts'

/**
 * Handed out and given back so often, an item goes to the dead letters of its kind. Handlers that fail are tried again
 * in hand and cost none; a lost connection, a stop, and a breaker that opens cost one.
 */
export const DELIVERY_LIMIT = 100
/** The ledger has what our own dead letters announce: they are kept for a look, milliseconds. */
const DEAD_DELIVERIES_MS = 7 * 24 * 3_600_000

/** The first release had one such queue a system, `<prefix>delivery.<system>`: classic, with priorities. */
export const FIRST_RELEASE: Options.AssertQueue = { durable: true, maxPriority: 5 }

/** A queue that we declare where there is none, and the queue that its dead letters go to. */
export interface OwnQueue {
  readonly name: string
  readonly dead: string
  /** what comes to the dead letters is let go after so long, milliseconds; absent: never */
  readonly deadFor?: number
}

/** A system's queues, most urgent first. */
export function deliveryQueues(prefix: string, system: string): readonly OwnQueue[] {
  return URGENCIES.map((urgency) => ({
    name: `${prefix}delivery.${system}.${urgency}`,
    dead: `${prefix}dead.delivery`,
    deadFor: DEAD_DELIVERIES_MS,
  }))
}

/** What others have published is nowhere else: its dead letters stay until a person takes them. */
export function channelQueue(prefix: string, name: string): OwnQueue {
  return { name, dead: `${prefix}dead.channel` }
}

/**
 * Quorum queues that dead-letter at least once: RabbitMQ 3.10 was the first. Classic ones on what is older or another
 * broker.
 */
export function hasQuorum({ connection: { serverProperties } }: Pick<ChannelModel, 'connection'>): boolean {
  const { product, version } = serverProperties
  const [major = 0, minor = 0] = /^\d+\.\d+/.exec(version)?.[0].split('.').map(Number) ?? []
  return product === 'RabbitMQ' && (major > 3 || (major === 3 && minor >= 10))
}

/** How a queue of ours is declared. */
export function ownShape({ dead }: OwnQueue, quorum: boolean): Options.AssertQueue {
  if (!quorum) return { durable: true }
  return {
    durable: true,
    arguments: {
      'x-queue-type': 'quorum',
      'x-delivery-limit': DELIVERY_LIMIT,
      // the default exchange: straight to the queue of that name
      'x-dead-letter-exchange': '',
      'x-dead-letter-routing-key': dead,
      'x-dead-letter-strategy': 'at-least-once',
      // at-least-once asks for it
      'x-overflow': 'reject-publish',
    },
  }
}

export function deadShape({ deadFor }: OwnQueue, quorum: boolean): Options.AssertQueue {
  return {
    durable: true,
    arguments: {
      ...(quorum ? { 'x-queue-type': 'quorum' } : {}),
      ...(deadFor === undefined ? {} : { 'x-message-ttl': deadFor }),
    },
  }
}
