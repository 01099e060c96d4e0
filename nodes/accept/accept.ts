import { paletteRuntime } from '../link/runtime.ts'
import { propertyOf } from '../lib/property.ts'
import { onInput, register, type NodeDef, type Red } from '../lib/red.ts'
import { showLoss } from '../lib/status.ts'
import { propertyText } from '../lib/text.ts'
import { checkFilled, checkProperty } from '../lib/settings.ts'

interface AcceptDef extends NodeDef {
  /** the channel name under which `channel in` nodes get it */
  readonly channel?: string
  /** property with an id of the sender's, by which a repeated message is recognised; empty: none */
  readonly keyProperty?: string
  /** property with the business number, for the log; empty: none */
  readonly numberProperty?: string
}

/** `accept`: brings a message of any other Node-RED source into the ledger, and sends it on once it is durable. */
export default function (red: Red): void {
  register(
    red,
    'accept',
    { channel: true, keyProperty: true, numberProperty: true },
    (node, definition: AcceptDef) => {
      const { hops } = paletteRuntime(red)
      showLoss(hops, node)
      const property = (msg: object, expression: string | undefined): string | undefined => {
        const text = expression === undefined || expression === '' ? '' : propertyText(propertyOf(red, msg, expression))
        return text === '' ? undefined : text
      }
      onInput(node, async (msg, send) => {
        const payload = Buffer.isBuffer(msg.payload) ? { base64: msg.payload.toString('base64') } : msg.payload
        const key = property(msg, definition.keyProperty)
        const number = property(msg, definition.numberProperty)
        msg['accepted'] = await hops.ask('accept', {
          name: definition.channel ?? '',
          payload: payload ?? null,
          key,
          number,
        })
        send(msg)
      })
    },
    ({ channel, keyProperty, numberProperty }: AcceptDef) => {
      checkFilled('channel', channel)
      for (const [field, property] of Object.entries({ keyProperty, numberProperty }))
        checkProperty(red, field, property)
    },
  )
}
