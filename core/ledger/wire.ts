import type { Commands } from './rules/index.ts'
import type { BooksOptions } from './books.ts'
import type { Questions } from './queries/index.ts'
import type { YizhanEvent } from '../events/event.ts'
import type { ErrorCode } from '../errors/catalogue.ts'
import { asError, asYizhanError, isDiskFull, YizhanError, type ErrorFacts } from '../errors/error.ts'

/** What travels between the client and its two threads. */

export interface WriterOptions extends BooksOptions {
  readonly folder: string
  readonly maxVolumeBytes: number | undefined
  /** files that hold the end of the chain outside the database */
  readonly witnesses: readonly string[]
  /** who has said to go on although links are missing */
  readonly acceptLoss: string | undefined
  /** of the start, for what is booked then */
  readonly now: number
}
export interface LedgerReaderOptions {
  readonly folder: string
}

/** One call: a number to answer by, what is asked, and its argument. */
export type ThreadCall<Table> = {
  [K in keyof Table]: readonly [
    n: number,
    name: K,
    argument: Table[K] extends { readonly command: infer C } ? C : never,
  ]
}[keyof Table]
export type WriterCall = ThreadCall<Commands>
export type ReaderCall = ThreadCall<Questions>

export type ThreadAnswer =
  readonly [n: number, ok: true, result: unknown] | readonly [n: number, ok: false, error: WireError]

export interface WireError {
  readonly code: ErrorCode
  readonly facts: ErrorFacts
  readonly message: string
}

/** The threads' other words. */
export type Notice =
  | { readonly ready: true }
  | { readonly failed: WireError }
  | { readonly closed: true }
  | { readonly trouble: WireError }
  | { readonly event: YizhanEvent }
/** asks a thread to end, after everything sent before */
export const CLOSE = 'close'

export function toWire(thrown: unknown): WireError {
  if (thrown instanceof YizhanError) return { code: thrown.code, facts: thrown.facts, message: thrown.message }
  const error = asError(thrown)
  if (isDiskFull(thrown)) {
    const { code, facts } = asYizhanError(thrown)
    return { code, facts, message: error.message }
  }
  return { code: 'INTERNAL', facts: { detail: error.message }, message: error.stack ?? error.message }
}

export function fromWire(error: WireError): YizhanError {
  return new YizhanError(error.code, error.facts, { cause: new Error(error.message) })
}
