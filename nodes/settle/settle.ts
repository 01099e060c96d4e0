import { YizhanError } from '../../core/errors/error.ts'
import { paletteRuntime } from '../link/runtime.ts'
import { propertyOf } from '../lib/property.ts'
import { onInput, register, type NodeDef, type Red } from '../lib/red.ts'
import { propertyText } from '../lib/text.ts'
import { checkProperty } from '../lib/settings.ts'

interface SettleDef extends NodeDef {
  /** keep the hop open; finish it; fail it */
  readonly operation?: 'hold' | 'finish' | 'fail'
  /** for `fail`: property with the reason */
  readonly reasonProperty?: string
}

/** `settle`: for flows that hold messages on purpose (in context, in another system): keeps a hop open, or ends it. */
export default function (red: Red): void {
  register(
    red,
    'settle',
    { operation: true, reasonProperty: true },
    (node, definition: SettleDef) => {
      const { tracker } = paletteRuntime(red)
      onInput(node, (msg, send) => {
        if (definition.operation === 'hold') {
          if (tracker.hold(msg).length === 0) throw new YizhanError('STALE', { field: node.id })
          msg['hop'] = tracker.hopsOf(msg)[0]
          send(msg)
          return
        }
        const reason =
          definition.reasonProperty === undefined || definition.reasonProperty === ''
            ? undefined
            : propertyOf(red, msg, definition.reasonProperty)
        const outcome =
          definition.operation === 'fail'
            ? ({ ok: false, message: propertyText(reason) || 'settle' } as const)
            : ({ ok: true } as const)
        // The token goes first: the message that brings it may be in a hop of its own.
        const token = typeof msg['hop'] === 'string' && tracker.isOpen(msg['hop']) ? msg['hop'] : undefined
        if (!tracker.settle(token ?? msg, outcome))
          throw new YizhanError('STALE', { field: propertyText(msg['hop']) || node.id })
        send(msg)
      })
    },
    ({ reasonProperty }: SettleDef) => checkProperty(red, 'reasonProperty', reasonProperty),
  )
}
