/** What becomes of a C value that is longer than its field. */
export type Overflow =
  /** ARCHIVE_VALUE */
  | 'refuse'
  /** as many whole characters as fit */
  | 'cut'

/**
 * A column. Types of dBase III: C text, N number (written as text), L yes or no. Dates are C: an unknown day
 * (`20201200`) is no D.
 */
export type DbfField =
  | {
      readonly name: string
      readonly type: 'C'
      /** bytes in GBK, 1–254 */ readonly length: number
      readonly overflow?: Overflow | undefined
      /** stands for each character that GBK does not have; absent: such a value is refused */
      readonly substitute?: string | undefined
    }
  | {
      readonly name: string
      readonly type: 'N'
      /** characters, sign and point included, 1–19 */ readonly length: number
      readonly decimals?: number | undefined
    }
  | { readonly name: string; readonly type: 'L' }

/** `undefined`: blank, in L `?`. */
export type DbfValue = string | number | boolean | undefined

export interface DbfTable {
  readonly fields: readonly DbfField[]
  /** one value a field, in the fields' order */
  readonly records: readonly (readonly DbfValue[])[]
  /** last update as the header gives it, YYYY-MM-DD from 1900 to 2155 */
  readonly date: string
  /** byte 29, the code page: 0x7A for FoxPro's CP936 (default), 0x4D for dBase's and ESRI's, 0x00 for none */
  readonly language?: number | undefined
}
