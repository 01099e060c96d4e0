import { checkPlace, placeOf, type ChannelDef } from '../lib/channel.ts'
import { register, type Red } from '../lib/red.ts'
import { startSource, type SourceDef } from '../lib/source.ts'

/** `channel in`: messages of other applications from any AMQP queue or topic, or from an `accept` node. */
export default function (red: Red): void {
  register(
    red,
    'channel in',
    (node, definition: SourceDef & ChannelDef) => {
      if (definition.mode === 'accept')
        startSource(red, node, definition, { source: 'channel', channel: definition.channel ?? '' })
      else startSource(red, node, definition, { source: 'channel' }, placeOf(definition))
    },
    (definition: ChannelDef) => checkPlace(definition),
  )
}
