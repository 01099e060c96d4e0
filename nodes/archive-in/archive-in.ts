import { register, type Red } from '../lib/red.ts'
import { chosen, startSource, type SourceDef, SOURCE_PROPERTIES } from '../lib/source.ts'

interface ArchiveInDef extends SourceDef {
  readonly systems?: readonly string[]
}

/** `archive in`: the bureau's receipts; what it took in leaves by the first output, what it refused by the second. */
export default function (red: Red): void {
  register(red, 'archive in', { ...SOURCE_PROPERTIES, systems: true }, (node, definition: ArchiveInDef) => {
    const systems = chosen(definition.systems)
    startSource(red, node, definition, { source: 'archive', ...(systems && { systems }) }, undefined, byVerdict)
  })
}

function byVerdict(msg: {
  readonly payload?: { readonly archiveReceipt?: { readonly accepted?: boolean } }
}): (object | null)[] {
  return msg.payload?.archiveReceipt?.accepted === true ? [msg, null] : [null, msg]
}
