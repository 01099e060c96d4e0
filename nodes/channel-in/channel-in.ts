import { checkPlace, placeOf, type ChannelDef, CHANNEL_PROPERTIES } from '../lib/channel.ts'
import { register, type Red } from '../lib/red.ts'
import { startSource, type SourceDef, SOURCE_PROPERTIES } from '../lib/source.ts'

/** `channel in`: messages of other applications from any AMQP queue or topic, or from an `accept` node. */
export default function (red: Red): void {
  register<SourceDef & ChannelDef>(
    red,
    'channel in',
    { ...SOURCE_PROPERTIES, ...CHANNEL_PROPERTIES },
    (node, definition) => {
      if (definition.mode === 'accept')
        startSource(red, node, definition, { source: 'channel', channel: definition.channel ?? '' })
      else startSource(red, node, definition, { source: 'channel' }, placeOf(definition))
    },
    (definition: ChannelDef) => checkPlace(definition),
  )
}
