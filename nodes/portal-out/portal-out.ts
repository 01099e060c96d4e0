import { startOut } from '../lib/out.ts'
import { register, type NodeDef, type Red } from '../lib/red.ts'

interface PortalOutDef extends NodeDef {
  /** empty: the only one of its kind */
  readonly system?: string
}

/** `portal out`: replies for the citizen, documents to publish, and their withdrawals. */
export default function (red: Red): void {
  register(red, 'portal out', { system: true }, (node, definition: PortalOutDef) => {
    const system = definition.system || undefined
    startOut(red, node, () => ({ type: 'system', adapter: 'portal', ...(system === undefined ? {} : { system }) }))
  })
}
