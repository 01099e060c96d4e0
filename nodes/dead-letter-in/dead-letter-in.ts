import { register, type Red } from '../lib/red.ts'
import { chosen, startSource, type SourceDef } from '../lib/source.ts'

interface DeadLetterInDef extends SourceDef {
  readonly systems?: readonly string[]
}

/** `dead letter in`: messages whose flow or delivery failed for good. */
export default function (red: Red): void {
  register(red, 'dead letter in', (node, definition: DeadLetterInDef) => {
    const systems = chosen(definition.systems)
    startSource(red, node, definition, { source: 'dead-letter', ...(systems && { systems }) })
  })
}
