/** One entry of the error catalogue; `docs/errors.md` is held against it by a test. */
export interface ErrorEntry {
  /** Chinese text; {field}, {value}, {rule} and {detail} are filled in */
  readonly zh: string
  readonly en: string
  /** the way out, in Chinese and English, for docs/errors.md and the answer */
  readonly remedy: { readonly zh: string; readonly en: string }
  /** HTTP status, 400 unless told */
  readonly status?: number
  /** whether the same request may succeed later, false unless told */
  readonly retryable?: boolean
  /** whoever gives it is there and well: it speaks of one delivery, or asks to be left alone for a while */
  readonly answer?: true
}
