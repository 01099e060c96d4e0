import { register, type Red } from '../lib/red.ts'
import { chosen, startSource, type SourceDef, SOURCE_PROPERTIES } from '../lib/source.ts'

interface PortalInDef extends SourceDef {
  readonly systems?: readonly string[]
}

/** `portal in`: petitions that citizens filed at the web portal. */
export default function (red: Red): void {
  register(red, 'portal in', { ...SOURCE_PROPERTIES, systems: true }, (node, definition: PortalInDef) => {
    const systems = chosen(definition.systems)
    startSource(red, node, definition, { source: 'portal', kinds: ['petition'], ...(systems && { systems }) })
  })
}
