import type { ChannelPlace } from '../link/sources.ts'
import { checkFilled } from './settings.ts'
import type { OwnProperties } from './red.ts'

/** A channel as the editor configures it. */
export interface ChannelDef {
  /** a queue, a topic (exchange and routing key), or what an `accept` node of this station brings in */
  readonly mode?: 'queue' | 'topic' | 'accept'
  readonly queue?: string
  readonly exchange?: string
  readonly key?: string
  /** the queue that keeps what a topic gets; empty: named by itself */
  readonly topicQueue?: string
  /** name of an `accept` node's channel */
  readonly channel?: string
}

export const CHANNEL_PROPERTIES: OwnProperties<ChannelDef> = {
  mode: true,
  queue: true,
  exchange: true,
  key: true,
  topicQueue: true,
  channel: true,
}

export function placeOf(definition: ChannelDef): ChannelPlace {
  if (definition.mode !== 'topic') return { queue: definition.queue ?? '' }
  const { exchange = '', key = '#', topicQueue = '' } = definition
  return { exchange, key, ...(topicQueue === '' ? {} : { queue: topicQueue }) }
}

/** @throws YizhanError FIELD_INVALID for a channel without a name */
export function checkPlace({ mode, queue, exchange, channel }: ChannelDef): void {
  if (mode === 'topic') checkFilled('exchange', exchange)
  else if (mode === 'accept') checkFilled('channel', channel)
  else checkFilled('queue', queue)
}
