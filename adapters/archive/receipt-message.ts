import type { SystemConfig } from '../../core/config/schema.ts'
import { newMessageId } from '../../core/message/ids.ts'
import type { ArchiveBatchMessage, ArchiveReceiptMessage } from '../../core/message/schema.ts'
import type { FoundReceipt, Receipt, ReceiptItem } from './receipts.ts'
import type { SentBatch } from './register.ts'

/** Of texts that a bureau wrote, as the canonical message has them. */
const LONGEST = 2_000

export interface ReceiptParts {
  /** this station's name */
  readonly station: string
  /** milliseconds since 1970 */
  readonly now: number
  readonly system: SystemConfig
  readonly batch: ArchiveBatchMessage
  readonly sent: SentBatch
  readonly found: FoundReceipt
}

/** A receipt as the house has it. The same file gives the same message, but for its id and when we took it. */
export function messageOfReceipt({ station, now, system, batch, sent, found }: ReceiptParts): ArchiveReceiptMessage {
  const { receipt, changedAt } = found
  const refused = receipt.items.map((item) => refusedItem(item, receipt, sent))
  const reason = receipt.note ?? refused.map((item) => item.reason).find((text) => text !== '')
  return {
    schema: 'archive-receipt/1',
    kind: 'archive-receipt',
    id: newMessageId(station, now),
    trace: batch.trace,
    parent: batch.id,
    number: batch.number,
    from: { name: system.name },
    recipients: [],
    urgency: 'ordinary',
    acceptedAt: new Date(now).toISOString(),
    origin: { system: system.id, externalId: receipt.batch },
    mustNotReach: batch.mustNotReach,
    files: [],
    about: { id: batch.id, number: batch.number, title: `归档批次 ${receipt.batch}` },
    archiveReceipt: {
      batch: receipt.batch,
      accepted: receipt.result === 'accepted',
      ...(reason === undefined ? {} : { reason: reason.slice(0, LONGEST) }),
      refused: receipt.result === 'accepted' ? [] : refused,
      documents: sent.items.length === 0 ? batch.batch.documents : sent.items.map(([document]) => document),
      ...(sent.corrections === undefined ? {} : { corrections: sent.corrections }),
      at: new Date(writtenAt(receipt.at) ?? changedAt * 1000).toISOString(),
    },
  }
}

/** What a receipt decides, in words: two that decide the same are one, however they were written. */
export function verdictOf({ archiveReceipt: { accepted, refused } }: ArchiveReceiptMessage): string {
  if (accepted) return '接收 accepted'
  const places = [...new Set(refused.map(({ sequence, archiveNumber }) => archiveNumber ?? String(sequence)))].sort()
  return `拒收 refused${places.length === 0 ? '' : `: ${places.join(', ')}`}`
}

/** A bureau may name a document by its place in the catalogue, by its number there, or by both. */
function refusedItem(
  { sequence, archiveNumber, reason }: ReceiptItem,
  { note }: Receipt,
  { items }: SentBatch,
): ArchiveReceiptMessage['archiveReceipt']['refused'][number] {
  const byNumber = items.findIndex(([, number]) => number === archiveNumber)
  const place = byNumber >= 0 ? byNumber + 1 : (sequence ?? 0)
  const [document, number] = items[place - 1] ?? []
  const known = archiveNumber ?? number
  return {
    sequence: place,
    ...(known === undefined ? {} : { archiveNumber: known }),
    ...(document === undefined ? {} : { document }),
    reason: (reason ?? note ?? '').slice(0, LONGEST),
  }
}

/** With a zone as it says, without one in Asia/Shanghai; undefined for what is no time. */
function writtenAt(text: string | undefined): number | undefined {
  const [, date, time, zone] =
    /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?)(Z|[+-]\d{2}:\d{2})?$/.exec(text ?? '') ?? []
  if (date === undefined || time === undefined) return undefined
  const at = Date.parse(`${date}T${time}${zone ?? '+08:00'}`)
  return Number.isNaN(at) ? undefined : at
}
