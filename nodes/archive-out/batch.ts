import { z } from 'zod'
import { YizhanError } from '../../core/errors/error.ts'
import { fitting } from '../../core/errors/fitting.ts'
import {
  archiveBatchMessage,
  archiveReceiptMessage,
  collectionMessage,
  type ArchiveBatchMessage,
  type ArchiveReceiptMessage,
} from '../../core/message/schema.ts'
import { shanghaiDay } from '../../core/util/shanghai.ts'

type Batch = ArchiveBatchMessage['batch']
type Corrections = NonNullable<Batch['corrections']>

/** What the node's properties hold. */
export interface BatchSettings {
  /** YYYY-MM-DD; undefined: today in Asia/Shanghai */
  readonly date: unknown
  /** by a document's id: canonical paths and what shall stand there */
  readonly corrections: unknown
}

const inputs = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('archive-batch'), batch: archiveBatchMessage.shape.batch.strict() }),
  collectionMessage.pick({ kind: true, collection: true }),
  archiveReceiptMessage.pick({ kind: true, archiveReceipt: true }),
  z.object({ kind: z.literal('document'), id: z.string() }),
])
const givenSchema = z.object({
  date: z.iso.date().optional(),
  corrections: archiveBatchMessage.shape.batch.shape.corrections,
})

/**
 * The batch that a message asks for: a batch itself, a collection's documents, one document, or those of a refused
 * batch that an operator has corrected. Undefined for a collection without documents.
 *
 * @param now milliseconds since 1970
 * @throws YizhanError ARCHIVE_REFUSED for a refused batch that nobody has corrected; FIELD_INVALID
 */
export function batchOf(payload: unknown, given: BatchSettings, now: number): Batch | undefined {
  const input = fitting(inputs, payload, 'msg.payload')
  const { date, corrections } = fitting(givenSchema, given, '')
  const batch = (documents: readonly string[], ...more: readonly (Corrections | undefined)[]): Batch => {
    const all = merged(...more, corrections)
    return {
      date: date ?? shanghaiDay(now),
      documents: [...new Set(documents)],
      ...(Object.keys(all).length === 0 ? {} : { corrections: all }),
    }
  }
  switch (input.kind) {
    case 'archive-batch':
      return { ...batch(input.batch.documents, input.batch.corrections), date: date ?? input.batch.date }
    case 'document':
      return batch([input.id])
    case 'collection': {
      const documents = input.collection.entries.filter(({ kind }) => kind === 'document').map(({ message }) => message)
      return documents.length === 0 ? undefined : batch(documents)
    }
    case 'archive-receipt': {
      const { documents, corrections: before, resend } = again(input.archiveReceipt)
      return batch(
        documents.filter((id) => !(resend.without ?? []).includes(id)),
        before,
        resend.corrections,
      )
    }
  }
}

type Receipt = ArchiveReceiptMessage['archiveReceipt']

function again(receipt: Receipt): Receipt & { readonly resend: NonNullable<Receipt['resend']> } {
  const { batch, accepted, refused, reason, resend } = receipt
  if (accepted)
    throw new YizhanError('FIELD_INVALID', {
      field: 'msg.payload.archiveReceipt.accepted',
      value: 'true',
      rule: '已接收的批次不再移交 / a batch that was taken in is not sent again',
    })
  if (resend !== undefined) return { ...receipt, resend }
  const detail =
    refused.map((item) => `${item.sequence} ${item.archiveNumber ?? ''} ${item.reason}`).join('；') || reason
  throw new YizhanError('ARCHIVE_REFUSED', { field: batch, detail })
}

function merged(...all: readonly (Corrections | undefined)[]): Corrections {
  const result: Corrections = {}
  for (const corrections of all) {
    for (const [document, paths] of Object.entries(corrections ?? {}))
      result[document] = { ...result[document], ...paths }
  }
  return result
}
