import { register, type Red } from '../lib/red.ts'
import { chosen, startSource, type SourceDef, SOURCE_PROPERTIES } from '../lib/source.ts'

interface SmsInDef extends SourceDef {
  readonly kinds?: readonly ('sms-report' | 'sms-reply')[]
  readonly systems?: readonly string[]
}

/** `sms in`: what became of the SMS that we sent, and what people wrote back. */
export default function (red: Red): void {
  register(red, 'sms in', { ...SOURCE_PROPERTIES, kinds: true, systems: true }, (node, definition: SmsInDef) => {
    const kinds = chosen(definition.kinds)
    const systems = chosen(definition.systems)
    startSource(red, node, definition, { source: 'sms', ...(kinds && { kinds }), ...(systems && { systems }) })
  })
}
