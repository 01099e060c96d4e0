import { YizhanError } from '../errors/error.ts'
import type { DocumentEffect } from '../ledger/port.ts'
import { contentOf } from './content.ts'
import { checkFileNames } from './file-names.ts'
import type { DoorParts, Prepared } from './parts.ts'
import type { Take } from './port.ts'
import { passMessage } from './secrecy.ts'
import { store } from './store.ts'

/**
 * Accepts what is no draft: what came over a channel or from a flow, or what a system reports. Of the document's rules
 * only the guard's and that of files' names apply.
 */
export function createTake(
  parts: Pick<
    DoorParts,
    'ledger' | 'directory' | 'flows' | 'profileRevision' | 'sink' | 'admit' | 'guard' | 'clock' | 'station'
  >,
): Take {
  return async (message, { key, files = [], channel, answers, collects, content, dead }) => {
    const notes = await passMessage(parts, message, files, dead !== undefined)
    parts.admit()
    checkFileNames(message, parts.station().limits.refusedFileTypes)
    const prepared: Prepared = {
      message,
      bodies: files,
      content: content ?? contentOf(message, { origin: message.origin, from: message.from }),
      key: key ?? `new:${message.id}`,
      channel,
      effect: effectOf(answers, collects),
      dead,
      notes,
    }
    const result = await store(parts, message.origin.system, prepared)
    for (const event of result.events) parts.sink.emit(event)
    if (result.status === 'refused')
      throw new YizhanError(result.code, { value: key, rule: result.existing ?? '内容不同 / other content' })
    return { id: result.id, repeated: result.status === 'repeated' }
  }
}

function effectOf(answers: string | undefined, collects: readonly string[] | undefined): DocumentEffect | undefined {
  if (answers !== undefined) return { type: 'answered', delivery: answers }
  return collects === undefined ? undefined : { type: 'collected', rows: collects }
}
