import { register, type Red } from '../lib/red.ts'
import { chosen, startSource, type SourceDef, SOURCE_PROPERTIES } from '../lib/source.ts'

interface DeadLetterInDef extends SourceDef {
  readonly systems?: readonly string[]
}

/** `dead letter in`: messages whose flow or delivery failed for good. */
export default function (red: Red): void {
  register(red, 'dead letter in', { ...SOURCE_PROPERTIES, systems: true }, (node, definition: DeadLetterInDef) => {
    const systems = chosen(definition.systems)
    startSource(red, node, definition, { source: 'dead-letter', ...(systems && { systems }) })
  })
}
