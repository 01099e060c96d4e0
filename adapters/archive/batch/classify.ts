import type { DocumentMessage } from '../../../core/message/schema.ts'
import type { ArchiveNumber } from '../archive-number.ts'
import type { Classification } from '../config.ts'
import { shanghaiDay } from '../../../core/util/shanghai.ts'

/** Where a document belongs: all of its archive number but the last part. */
export type Class = Omit<ArchiveNumber, 'fonds' | 'item'> & {
  readonly fonds: { readonly code: string; readonly name: string }
}

/**
 * By issuer, document type and date; 年度 is that of the date, else of the day on which we took it over
 * (Asia/Shanghai).
 */
export function classOf(message: DocumentMessage, classification: Classification): Class {
  const { document } = message
  const unit = message.from.unit
  return {
    fonds: (unit === undefined ? undefined : own(classification.fonds.units, unit)) ?? classification.fonds.default,
    category: classification.category,
    year: Number((document.date ?? shanghaiDay(Date.parse(message.acceptedAt))).slice(0, 4)),
    retention:
      own(classification.retention.documentTypes, document.documentType ?? '') ?? classification.retention.default,
    office: unit === undefined ? undefined : own(classification.offices, unit),
  }
}

/** Item numbers are counted within it: such as `0094-WS·2026-D30-BGS`. */
export function seriesOf({ fonds, category, year, retention, office }: Class): string {
  return `${fonds.code}-${category}·${year}-${retention}${office === undefined ? '' : `-${office}`}`
}

function own<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined
}
