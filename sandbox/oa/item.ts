import type { Paper } from './paper.ts'

/** What kinds of things an OA receives. `notice` is anything that its dialect cannot tell apart. */
export const ITEM_KINDS = ['document', 'receipt', 'return', 'withdrawal', 'reply', 'notice'] as const
export type ItemKind = (typeof ITEM_KINDS)[number]

/** A file as an OA received it: the digest is computed here, over the received bytes. */
export interface KeptFile {
  readonly name: string
  readonly role: 'main' | 'annex'
  readonly size: number
  /** SHA-256, lower-case hex */
  readonly digest: string
}

/**
 * Something that an OA received, as it writes it to `DIR/<system>/<unit>/<sequence>.json`. Absent where the dialect
 * does not say.
 */
export interface Kept {
  readonly system: string
  readonly unit: string
  /** counts from 1 within the unit */
  readonly sequence: number
  readonly kind: ItemKind
  /** the id as this system knows it: a second delivery carries the same */
  readonly id: string
  /** 发文字号 */
  readonly number?: string | undefined
  readonly title?: string | undefined
  /** 文种 */
  readonly documentType?: string | undefined
  /** as the dialect writes it, such as 特急 */
  readonly urgency?: string | undefined
  /** who sent it, or who signed, returned or withdrew, as written */
  readonly from?: string | undefined
  /** of a document of several: all that issue it, the lead first */
  readonly issuers?: readonly string[] | undefined
  /** of receipts: a person's signature, or the receiving system's 回执 */
  readonly state?: 'signed' | 'taken' | undefined
  /** the document that this is about, as this system is told */
  readonly about?:
    | {
        readonly id?: string | undefined
        readonly externalId?: string | undefined
        readonly number?: string | undefined
        readonly title?: string | undefined
      }
    | undefined
  /** reason of a return or withdrawal, text of a reply */
  readonly text?: string | undefined
  /** SHA-256 of the main file, lower-case hex; the first file where none is marked as main */
  readonly digest?: string | undefined
  readonly files?: readonly KeptFile[] | undefined
  /** UTC, ISO 8601 with milliseconds */
  readonly receivedAt: string
}

/** An item that is about to be kept: the store adds the sequence and the time. */
export type Incoming = Omit<Kept, 'sequence' | 'receivedAt'>

/** What the unit has done with an item since. */
export type Mark = 'signed' | 'returned' | 'withdrawn'

/** @throws Error where a joint paper did not arrive with all its issuers, the lead first */
export function checkIssuers(paper: Paper, item: Kept): void {
  if (paper.issuers === undefined) return
  const names = paper.issuers.map(({ name }) => name)
  if (names.join() !== (item.issuers ?? []).join())
    throw new Error(`${paper.number} 的发文机关 issuers: ${names.join('、')} → ${(item.issuers ?? []).join('、')}`)
}
