/** One document that the bureau says something about. */
export interface ReceiptItem {
  /** 顺序号 in the batch's catalogue */
  readonly sequence?: number | undefined
  /** 档号 */
  readonly archiveNumber?: string | undefined
  /** why it was refused */
  readonly reason?: string | undefined
}

/** 回执: what the bureau answers to a batch. */
export interface Receipt {
  /** 批次号 */
  readonly batch: string
  readonly result: 'accepted' | 'refused'
  /** as the bureau wrote it */
  readonly at?: string | undefined
  readonly by?: string | undefined
  readonly note?: string | undefined
  /** refused: at least one item or a note says why */
  readonly items: readonly ReceiptItem[]
}

/** A receipt as it was found. */
export interface FoundReceipt {
  readonly receipt: Receipt
  /** name of the file */
  readonly name: string
  /** `sha256:…` over the bytes: the same receipt again has the same */
  readonly digest: string
  readonly bytes: Buffer
  /** when the bureau wrote it, seconds since 1970 by the server's clock; 0 if it does not say */
  readonly changedAt: number
}

/**
 * Takes a receipt over; durable when resolved. It may come again after a crash or a failed move, with the same digest.
 * A YizhanError that is not retryable says that it can never be taken: it is set aside. Any other is tried again next
 * round.
 */
export type TakeReceipt = (found: FoundReceipt) => Promise<void>
