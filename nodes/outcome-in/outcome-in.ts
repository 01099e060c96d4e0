import type { OutcomeState } from '../../core/ledger/port.ts'
import type { MessageKind } from '../../core/message/schema.ts'
import { register, type Red } from '../lib/red.ts'
import { chosen, startSource, type SourceDef, SOURCE_PROPERTIES } from '../lib/source.ts'

interface OutcomeInDef extends SourceDef {
  readonly states?: readonly OutcomeState[]
  readonly messageKinds?: readonly MessageKind[]
  readonly systems?: readonly string[]
  readonly directions?: readonly ('issue' | 'report' | 'peer')[]
}

/** `outcome in`: what became of deliveries: delivered, refused, in doubt, expired, given up. */
export default function (red: Red): void {
  register(
    red,
    'outcome in',
    { ...SOURCE_PROPERTIES, states: true, messageKinds: true, systems: true, directions: true },
    (node, definition: OutcomeInDef) => {
      const states = chosen(definition.states)
      const messageKinds = chosen(definition.messageKinds)
      const systems = chosen(definition.systems)
      const directions = chosen(definition.directions)
      startSource(red, node, definition, {
        source: 'outcome',
        ...(states && { states }),
        ...(messageKinds && { messageKinds }),
        ...(systems && { systems }),
        ...(directions && { directions }),
      })
    },
  )
}
