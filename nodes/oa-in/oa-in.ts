import type { MessageKind } from '../../core/message/schema.ts'
import { register, type Red } from '../lib/red.ts'
import { chosen, startSource, type SourceDef } from '../lib/source.ts'

interface OaInDef extends SourceDef {
  readonly systems?: readonly string[]
  readonly kinds?: readonly MessageKind[]
  readonly directions?: readonly ('issue' | 'report' | 'peer')[]
  /** kinds of the messages that their stories began with */
  readonly began?: readonly MessageKind[]
}

/** `oa in`: what the OAs sent: documents, receipts, returns, withdrawals, replies. */
export default function (red: Red): void {
  register(red, 'oa in', (node, definition: OaInDef) => {
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
  })
}
