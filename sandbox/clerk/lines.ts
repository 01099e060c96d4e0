/**
 * Kinds of traffic that clerks, citizens and people with phones attempt: `answer` is a unit's reply to a petition,
 * `text` an SMS, `decide` the petition office's word on whom a petition reports on. `taken` (自动回执) is not attempted
 * by anybody: it follows from a report.
 */
export const TRAFFIC = [
  'issue',
  'urgent',
  'report',
  'sign',
  'return',
  'reply',
  'withdraw',
  'petition',
  'decide',
  'answer',
  'text',
  'again',
  'bad',
] as const
export type Traffic = (typeof TRAFFIC)[number]

/** Whom a document is meant for, in the terms of units.tsv; the sender is left out unless named. */
export interface Address {
  /** groups of units.tsv, each without the sender */
  readonly groups?: readonly string[] | undefined
  /** unit ids */
  readonly units?: readonly string[] | undefined
}

/** How a unit's director is reached. `absent`: it does not sign before its director was reminded. */
export interface Reminded {
  readonly phone: string
  readonly mail: string
  readonly absent: boolean
}

/** Written, and on disk, before the action is tried. */
export interface AttemptLine {
  readonly t: 'attempt'
  readonly at: string
  /** unique; for documents it is the OA's own id (externalId) */
  readonly id: string
  readonly episode: string
  readonly kind: Traffic
  readonly unit: string
  readonly system: string
  readonly number?: string | undefined
  readonly title?: string | undefined
  /** SHA-256 of the main file, lower-case hex */
  readonly digest?: string | undefined
  /** SHA-256 of each file, lower-case hex; of a petition: of what the citizen attached */
  readonly files?: readonly string[] | undefined
  readonly address?: Address | undefined
  /** the attempt that this acts on (sign, return, withdraw), or repeats (again) */
  readonly about?: string | undefined
  /** a bad input: the error code with which the door must refuse it */
  readonly refusal?: string | undefined
  /**
   * the unit to which order is promised: what has this lane must arrive there in the order in which it was attempted
   */
  readonly lane?: string | undefined
  /** stands in this queue; an urgent one of the same queue must overtake it */
  readonly queue?: string | undefined
  /**
   * a meeting: who is reminded by SMS and mail when the unit has not signed in time; and the office is told who comes
   */
  readonly remind?: Readonly<Record<string, Reminded>> | undefined
  /** shown on the portal, in this revision */
  readonly published?: number | undefined
  /** a petition that reports on this unit: nothing of it may reach that */
  readonly accused?: string | undefined
  /** the reason of a return or withdrawal, the words of a reply or an SMS */
  readonly text?: string | undefined
  /** a reply's choice: 参加, 派员参加, 请假 */
  readonly result?: string | undefined
  /** must reach everybody but this unit's OA before that OA is switched on again */
  readonly whileDown?: string | undefined
}

/** What became of an attempt; the last of these lines counts. */
export type AnswerLine =
  | { readonly t: 'acknowledged'; readonly at: string; readonly id: string; readonly answer: string }
  | { readonly t: 'refused'; readonly at: string; readonly id: string; readonly code: string; readonly text: string }
  | { readonly t: 'gave-up'; readonly at: string; readonly id: string; readonly why: string }

/** What else happened, for whoever reads the accounts later. */
export type IncidentLine =
  | { readonly t: 'retry'; readonly at: string; readonly id: string; readonly why: string }
  | { readonly t: 'kill'; readonly at: string; readonly process: 'station' | 'flows'; readonly pid: number }
  | { readonly t: 'switch'; readonly at: string; readonly oa: string; readonly on: boolean }
  /** something that was looked at and must hold */
  | {
      readonly t: 'check'
      readonly at: string
      readonly check: string
      readonly zh: string
      readonly en: string
      readonly ok: boolean
      readonly detail: string
    }
  | { readonly t: 'day'; readonly at: string; readonly seed: number; readonly bus: string }

export type JournalLine = AttemptLine | AnswerLine | IncidentLine

/** The journal's name in the inboxes' folder. */
export const JOURNAL_FILE = 'attempts.jsonl'
