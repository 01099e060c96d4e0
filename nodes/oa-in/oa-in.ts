import type { MessageKind } from '../../core/message/schema.ts'
import { register, type Red } from '../lib/red.ts'
import { chosen, startSource, type SourceDef, SOURCE_PROPERTIES } from '../lib/source.ts'

interface OaInDef extends SourceDef {
  readonly systems?: readonly string[]
  readonly kinds?: readonly MessageKind[]
  readonly directions?: readonly ('issue' | 'report' | 'peer')[]
  /** kinds of the messages that their stories began with */
  readonly began?: readonly MessageKind[]
}

/** `oa in`: what the OAs sent: documents, receipts, returns, withdrawals, replies. */
export default function (red: Red): void {
  register(
    red,
    'oa in',
    { ...SOURCE_PROPERTIES, systems: true, kinds: true, directions: true, began: true },
    (node, definition: OaInDef) => {
      const systems = chosen(definition.systems)
      const kinds = chosen(definition.kinds)
      const directions = chosen(definition.directions)
      const began = chosen(definition.began)
      startSource(red, node, definition, {
        source: 'oa',
        ...(systems && { systems }),
        ...(kinds && { kinds }),
        ...(directions && { directions }),
        ...(began && { began }),
      })
    },
  )
}
