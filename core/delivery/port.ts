import type { HouseAddress } from '../ledger/address.ts'
import type { Message } from '../message/schema.ts'

/** A message on its way to a system that we call. */
export interface Outbound {
  /** stable over all attempts: the receiver can recognise a second delivery by it */
  readonly id: string
  /** absent where it goes to a system as a whole, or to `address` */
  readonly unit?: string | undefined
  /** a channel, timer or collection */
  readonly address?: HouseAddress | undefined
  readonly message: Message
  /** counts from 1 */
  readonly attempt: number
}

/** What the system answered. */
export interface Taken {
  /** the system's own id for it */
  readonly remoteId?: string | undefined
  /** what became of it is told later, by a message that answers the delivery; until then `Journal.unsigned` lists it */
  readonly awaits?: boolean
}

/** The half of an adapter that delivers: one for each system that we call. */
export interface Sender {
  /**
   * Resolves when the system has taken it. Rejects with a YizhanError: `inDoubt` when the request may have been
   * carried out, `retryable` when it certainly was not but may be later, neither when the system refuses it for good.
   * Must stop when the signal aborts (its reason is the error to reject with).
   */
  send(outbound: Outbound, signal: AbortSignal): Promise<Taken>
  /**
   * Asks whether an earlier attempt arrived. Absent where the protocol cannot be asked. Rejects where it brought no
   * answer:
   * with STATUS_UNCLEAR where somebody answered, but nothing that says so.
   */
  probe?(outbound: Outbound, signal: AbortSignal): Promise<{ readonly taken: boolean } & Taken>
  /**
   * When this may go at the earliest (quiet hours), milliseconds since 1970; undefined, or over: at once. Asked before
   * each attempt, a second after the last at the soonest: what was due by day is late when the system was down until
   * night.
   */
  notBefore?(message: Message, now: number): number | undefined
  close(): Promise<void>
}
