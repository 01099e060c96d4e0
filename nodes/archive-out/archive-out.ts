import { paletteRuntime } from '../link/runtime.ts'
import { propertyOf } from '../lib/property.ts'
import { onInput, register, type NodeDef, type Red } from '../lib/red.ts'
import { showLoss } from '../lib/status.ts'
import { batchOf } from './batch.ts'
import { checkProperty } from '../lib/settings.ts'

interface ArchiveOutDef extends NodeDef {
  /** empty: the only one of its kind */
  readonly system?: string
  /** property with the batch's date; empty: today */
  readonly date?: string
  /** property with corrections; empty: none */
  readonly corrections?: string
}

/**
 * `archive out`: puts a batch (归档批次) of the documents that the message names into its hop. What comes in also goes
 * on.
 */
export default function (red: Red): void {
  register(
    red,
    'archive out',
    { system: true, date: true, corrections: true },
    (node, definition: ArchiveOutDef) => {
      const { hops } = paletteRuntime(red)
      showLoss(hops, node)
      const target = {
        type: 'system',
        adapter: 'archive',
        ...(definition.system ? { system: definition.system } : {}),
      } as const
      onInput(node, (msg, send) => {
        const given = (property: string | undefined): unknown => (property ? propertyOf(red, msg, property) : undefined)
        const batch = batchOf(
          msg.payload,
          { date: given(definition.date), corrections: given(definition.corrections) },
          hops.now(),
        )
        if (batch !== undefined) {
          // A batch is no document: it bears no number, but where it is one document's own.
          const number = batch.documents.length === 1 ? {} : { number: undefined }
          hops.put(node, msg, target, {
            draft: { kind: 'archive-batch', ...number, batch },
            role: JSON.stringify(batch.documents),
          })
        }
        send(msg)
      })
    },
    ({ date, corrections }: ArchiveOutDef) => {
      for (const [field, property] of Object.entries({ date, corrections })) checkProperty(red, field, property)
    },
  )
}
