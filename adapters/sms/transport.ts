import type { HttpMount } from '../../core/adapter/port.ts'
import type { EventSink } from '../../core/events/event.ts'
import type { House } from '../../core/adapter/port.ts'
import type { CallTls } from '../../core/config/call-tls.ts'
import type { Clock } from '../../core/util/clock.ts'
import type { LongPart } from './long/part.ts'

/** One text for one phone. */
export interface SmsSubmission {
  /** mobile number, 11 digits; see numbers.ts for what else is understood */
  readonly to: string
  /** the whole text; long ones are divided */
  readonly text: string
  /** digits behind our access number (扩展码), by which a reply is known to belong to this text */
  readonly extension?: string | undefined
  /** not to be delivered later than this (ms since 1970); HTTP interfaces cannot say it */
  readonly expiresAt?: number | undefined
}

/** The centre has taken it; whether the phone gets it is told by status reports. */
export interface SmsTaken {
  /** ids of the parts as the centre names them, in their order; status reports come under these */
  readonly parts: readonly string[]
}

/** waiting: on its way (no final state); failed: will not arrive; expired: was not deliverable in time */
export type SmsState = 'waiting' | 'delivered' | 'failed' | 'expired'

/** What became of one part. */
export interface StatusReport {
  /** id of the part, one of SmsTaken.parts */
  readonly part: string
  /**
   * further ids that the same part may bear, likeliest first, where a centre does not write it as it did in its answer
   */
  readonly otherwise?: readonly string[] | undefined
  /** the phone, as the centre writes it */
  readonly to: string
  readonly state: SmsState
  /** the centre's own code: DELIVRD, MK:0012 … */
  readonly code: string
  /** when (ms since 1970), where the centre says so */
  readonly at?: number | undefined
}

/** A text that somebody sent us (上行). */
export interface SmsReply {
  /** the same for a text that the centre sends again */
  readonly id: string
  /** mobile number, 11 digits where it is one */
  readonly from: string
  /** digits behind our access number to which it was sent; empty: the access number itself */
  readonly extension: string
  readonly text: string
  /** when it was sent, or else received (ms since 1970) */
  readonly at: number
  /** set where parts of a long text never came: each stands as …; their numbers count from 1 */
  readonly incomplete?: { readonly total: number; readonly missing: readonly number[] }
}

/**
 * What becomes of the centre's own traffic. Each must resolve only when it is durable: only then does the centre get
 * its answer. A rejection leaves it unanswered (event `sms.unkept`), so that the centre sends it again. Both may be
 * called with the same thing twice, and a report before `submit` has returned the id that it names.
 */
export interface SmsHandlers {
  report(report: StatusReport): Promise<void>
  reply(reply: SmsReply): Promise<void>
  /** one part of a long text; `waitMs`: how long its others are waited for */
  part(part: LongPart, waitMs: number): Promise<void>
}

/** A way to an SMS centre: CMPP, HTTP or SMPP. */
export interface SmsTransport {
  /** HTTP paths at which the centre calls us; none for CMPP and SMPP */
  readonly mounts: readonly HttpMount[]
  /** Starts connecting, and keeps connected; to be called once. Returns at once: no centre has to be there. */
  start(handlers: SmsHandlers): void
  /**
   * Resolves when the centre has taken every part. Rejects with a YizhanError:
   * SMS_NUMBER, SMS_LENGTH (wrong input); SMS_REFUSED (for good); SMS_FLOW, SMS_LOGIN, SYSTEM_UNREACHABLE (not taken,
   * retryable); with `inDoubt` whatever was submitted and never answered. No centre can be asked afterwards. Of a long
   * text some parts may have been taken when it is not `inDoubt`: no phone shows these as the text.
   * Stops when the signal aborts, and rejects with its reason: in doubt if something had been sent.
   */
  submit(sms: SmsSubmission, signal: AbortSignal): Promise<SmsTaken>
  /** Takes no more, waits a bounded time for answers under way, says goodbye. */
  close(): Promise<void>
}

/** What a transport needs of the house. */
export interface SmsHouse {
  /** the system's id: for errors, events, secrets and paths */
  readonly system: string
  /** as the system's configuration says; CMPP and SMPP: absent, in the clear */
  readonly tls?: CallTls | undefined
  /** a secret by name; SECRET_MISSING if there is none */
  readonly secret: (name: string) => string
  /** what may be shown to us as that secret */
  readonly accepted: (name: string) => readonly string[]
  readonly clock: Clock
  readonly emit: EventSink
  readonly rejections: House['rejections']
}
