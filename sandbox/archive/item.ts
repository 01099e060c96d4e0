/** A file on the shelves: the digest is computed here, over the received bytes. */
export interface ShelvedFile {
  readonly path: string
  /** bytes */
  readonly size: number
  /** SHA-256, lower-case hex */
  readonly digest: string
}

/** A document that the bureau took in, as it writes it to `DIR/items/<sequence>.json`. */
export interface Shelved {
  /** counts from 1 over all batches */
  readonly sequence: number
  readonly batch: string
  /** 顺序号 within the batch */
  readonly position: number
  /** 档号 */
  readonly archiveNumber: string
  readonly title: string
  readonly responsible: string
  /** as the catalogue has it, YYYYMMDD */
  readonly date: string
  /** 文号, from the DBF catalogue */
  readonly number: string
  readonly files: readonly ShelvedFile[]
  /** UTC, ISO 8601 with milliseconds */
  readonly receivedAt: string
}

/** What the bureau finds wrong; without position it is about the batch. */
export interface Finding {
  readonly position?: number | undefined
  readonly archiveNumber?: string | undefined
  readonly reason: string
}

/** One line of `verdicts.jsonl`. */
export interface Verdict {
  readonly batch: string
  /** SHA-256 of the marker: the same batch again has the same */
  readonly marker: string
  readonly result: 'accepted' | 'refused'
  readonly findings: readonly Finding[]
  readonly at: string
}

/** One line of `repeats.jsonl`: a batch came again. */
export interface RepeatedBatch {
  readonly batch: string
  readonly same: boolean
  readonly at: string
}
