/** A channel as the editor configures it: a queue, a topic (exchange and routing key), or what an `accept` node of this station brings in. */
export interface ChannelDef {
  readonly mode?: 'queue' | 'topic' | 'accept'
  readonly queue?: string
  readonly exchange?: string
  readonly key?: string
}

export function addressOf(definition: ChannelDef): { readonly queue?: string; readonly exchange?: string; readonly key?: string } {
  if (definition.mode !== 'topic') return { queue: definition.queue ?? '' }
  const { exchange = '', key = '#', queue } = definition
  return { exchange, key, ...(queue === undefined || queue === '' ? {} : { queue }) }
}
