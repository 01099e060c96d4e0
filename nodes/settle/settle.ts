import { YizhanError } from '../../core/errors/error.ts'
import { paletteRuntime } from '../link/runtime.ts'
import { onInput, register, type NodeDef, type Red } from '../lib/red.ts'
import { textOf } from '../lib/text.ts'

interface SettleDef extends NodeDef {
  /** keep the hop open; finish it; fail it */
  readonly operation?: 'hold' | 'finish' | 'fail'
  /** for `fail`: property with the reason */
  readonly reasonProperty?: string
}

/** `settle`: for flows that hold messages on purpose (in context, in another system): keeps a hop open, or ends it. */
export default function (red: Red): void {
  register(red, 'settle', (node, definition: SettleDef) => {
    const { tracker } = paletteRuntime(red)
    onInput(node, (msg, send) => {
      if (definition.operation === 'hold') {
        if (tracker.hold(msg).length === 0) throw new YizhanError('STALE', { field: node.id })
        msg['hop'] = tracker.hopsOf(msg)[0]
        send(msg)
        return
      }
      const reason = definition.reasonProperty === undefined || definition.reasonProperty === '' ? undefined : red.util.getMessageProperty(msg, definition.reasonProperty)
      const outcome = definition.operation === 'fail' ? ({ ok: false, message: textOf(reason) || 'settle' } as const) : ({ ok: true } as const)
      const target = tracker.hopsOf(msg).some((key) => tracker.isOpen(key)) ? msg : typeof msg['hop'] === 'string' ? msg['hop'] : msg
      if (!tracker.settle(target, outcome)) throw new YizhanError('STALE', { field: typeof msg['hop'] === 'string' ? msg['hop'] : node.id })
      send(msg)
    })
  })
}
