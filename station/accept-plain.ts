import type { DoorParts } from '../core/door/door.ts'
import { store } from '../core/door/door.ts'
import { YizhanError } from '../core/errors/error.ts'
import { contentKey, type Bring } from './channels.ts'

/** Accepts what came over a channel or from another flow: no document, so none of the document's rules. */
export function plainAcceptance(parts: Pick<DoorParts, 'ledger' | 'directory' | 'flows' | 'profileRevision' | 'sink' | 'admit'>): Bring {
  return async (message, key) => {
    parts.admit()
    const prepared = { message, bodies: [], content: contentKey(message), key: key ?? `new:${message.id}` }
    const result = await store(parts, message.origin.system, prepared)
    for (const event of result.events) parts.sink.emit(event)
    if (result.status === 'refused') throw new YizhanError(result.code, { value: key, rule: result.existing ?? 'content' })
    return { id: result.id, repeated: result.status === 'repeated' }
  }
}
