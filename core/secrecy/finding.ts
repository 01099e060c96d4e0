/** What the guard sees: a mark of secrecy, which nothing lifts, or a doubtful word, which a declaration lifts. */
export type Seen = 'mark' | 'doubt'

export interface Finding {
  readonly seen: Seen
  /** where, in the house's words; never what stands there */
  readonly field: string
  /** which rule, in Chinese and English */
  readonly rule: string
}

/** A finding without its place. */
export type Look = Omit<Finding, 'field'>

export const mark = (rule: string): Look => ({ seen: 'mark', rule })
export const doubt = (rule: string): Look => ({ seen: 'doubt', rule })
