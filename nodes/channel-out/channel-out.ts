import { checkPlace, placeOf, type ChannelDef, CHANNEL_PROPERTIES } from '../lib/channel.ts'
import { startOut } from '../lib/out.ts'
import { register, type NodeDef, type Red } from '../lib/red.ts'

/** `channel out`: sends the message to another application over an AMQP queue or topic. */
export default function (red: Red): void {
  register<NodeDef & ChannelDef>(
    red,
    'channel out',
    { ...CHANNEL_PROPERTIES },
    (node, definition) => {
      const address = placeOf(definition)
      startOut(red, node, () => ({ type: 'channel', address }))
    },
    (definition: ChannelDef) => checkPlace(definition),
  )
}
