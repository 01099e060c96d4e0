import { YizhanError } from '../../core/errors/error.ts'
import type { RecipientState } from '../../core/message/recipient-state.ts'
import { paletteRuntime } from '../link/runtime.ts'
import { propertyOf } from '../lib/property.ts'
import { onInput, register, type NodeDef, type Red } from '../lib/red.ts'
import { chosen } from '../lib/source.ts'
import { showLoss } from '../lib/status.ts'
import { propertyText } from '../lib/text.ts'
import { checkProperty } from '../lib/settings.ts'

interface TrackDef extends NodeDef {
  /** property with our id of the document, such as `payload.about.id` */
  readonly idProperty?: string
  /** recipients in these states are wanted */
  readonly states?: readonly RecipientState[]
  /** property that gets their unit ids */
  readonly target?: string
}

/** 签收 is still to come. */
const UNSIGNED: readonly RecipientState[] = ['waiting', 'delivered', 'refused', 'expired']

/**
 * `track`: asks the ledger for a document and what became of it. The document becomes the payload; the units in the
 * states wanted go to a property. Without any, or when it has been withdrawn, the message leaves by the second output.
 */
export default function (red: Red): void {
  register(
    red,
    'track',
    { idProperty: true, states: true, target: true },
    (node, definition: TrackDef) => {
      const { hops } = paletteRuntime(red)
      const { idProperty = 'payload.id', target = 'units' } = definition
      const states = chosen(definition.states) ?? UNSIGNED
      showLoss(hops, node)
      onInput(node, async (msg, send) => {
        const id = propertyText(propertyOf(red, msg, idProperty))
        if (id === '')
          throw new YizhanError('FIELD_INVALID', {
            field: `msg.${idProperty}`,
            value: '',
            rule: '公文的编号 / the id of a document',
          })
        const { message, withdrawn, recipients } = await hops.ask('status', { id })
        const units = withdrawn ? [] : recipients.filter(({ state }) => states.includes(state)).map(({ unit }) => unit)
        msg.payload = message
        msg['status'] = { withdrawn, recipients }
        red.util.setMessageProperty(msg, target, units, true)
        send(units.length > 0 ? [msg, null] : [null, msg])
      })
    },
    ({ idProperty, target }: TrackDef) => {
      for (const [field, property] of Object.entries({ idProperty, target })) checkProperty(red, field, property)
    },
  )
}
