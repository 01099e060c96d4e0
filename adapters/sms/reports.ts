import type { SmsState, StatusReport } from './transport.ts'

/** What is known of one text's parts; plain data, to be kept in a ledger. */
export interface SmsProgress {
  readonly state: SmsState
  /** the centre's code that decided the state; of several parts the first in their order; empty while waiting */
  readonly code: string
  /** by part id */
  readonly parts: Readonly<
    Record<string, { readonly state: SmsState; readonly code: string; readonly at?: number | undefined }>
  >
}

/** A text that the centre has taken. */
export function progressOf(parts: readonly string[]): SmsProgress {
  return {
    state: 'waiting',
    code: '',
    parts: Object.fromEntries(parts.map((part) => [part, { state: 'waiting', code: '' }])),
  }
}

/** Who has it has it: a report of failure that comes beside one of delivery is an earlier try's. */
const RANK: Readonly<Record<SmsState, number>> = { waiting: 0, expired: 1, failed: 2, delivered: 3 }

/**
 * One more report. The same again, or one of a part that is none of this text's, changes nothing (the same object is
 * returned); the state does not depend on the order in which reports come.
 */
export function withReport(progress: SmsProgress, report: StatusReport): SmsProgress {
  const known = Object.hasOwn(progress.parts, report.part) ? progress.parts[report.part] : undefined
  if (known === undefined || RANK[report.state] <= RANK[known.state]) return progress
  const parts = { ...progress.parts, [report.part]: { state: report.state, code: report.code, at: report.at } }
  return { ...decided(Object.values(parts)), parts }
}

/** One part that failed spoils the text; it is delivered when every part is. */
function decided(parts: readonly { readonly state: SmsState; readonly code: string }[]): {
  state: SmsState
  code: string
} {
  const deciding =
    parts.find(({ state }) => state === 'failed') ??
    parts.find(({ state }) => state === 'expired') ??
    parts.find(({ state }) => state === 'waiting') ??
    parts[0]
  return deciding === undefined || deciding.state === 'waiting'
    ? { state: 'waiting', code: '' }
    : { state: deciding.state, code: deciding.code }
}

/**
 * The Stat of CMPP's and SMPP's reports (QB-GF-028-2003 8.4.5.1; SMPP 3.4, appendix B). ACCEPTD and ENROUTE are on the
 * way: nothing proves that the phone has it. What is not in the list (MK:0012, CB:0005, an operator's own) has failed.
 */
export function smsStateOf(stat: string): SmsState {
  switch (stat.toUpperCase()) {
    case 'DELIVRD':
      return 'delivered'
    case 'EXPIRED':
      return 'expired'
    case 'ACCEPTD':
    case 'ENROUTE':
      return 'waiting'
    default:
      return 'failed'
  }
}

interface Tracked {
  readonly key: string
  progress: SmsProgress
}

/** Something changed for a text. */
export interface SmsChange {
  /** as given to `track` */
  readonly key: string
  readonly progress: SmsProgress
}

/** Ids under which a report may be that of a part, likeliest first. */
function idsOf({ part, otherwise = [] }: StatusReport): readonly string[] {
  return [part, ...otherwise]
}

/**
 * Finds the text to which a report belongs, also when the report comes before the centre's answer to the submission.
 * Holds what is open in memory; a house that restarts tracks again what its ledger has open.
 */
export class ReportBook {
  readonly #byPart = new Map<string, Tracked>()
  /** reports of parts that nobody knows (yet), under every id that they may mean, oldest first */
  readonly #early = new Map<string, StatusReport[]>()
  readonly #earlyLimit: number

  /** @param earlyLimit ids whose reports are kept although they are unknown */
  constructor(earlyLimit = 10_000) {
    this.#earlyLimit = earlyLimit
  }

  /** A text of which the centre named the parts; the result tells what early reports already said. */
  track(key: string, progress: SmsProgress): SmsProgress {
    const tracked: Tracked = { key, progress }
    for (const part of Object.keys(progress.parts)) {
      this.#byPart.set(part, tracked)
      for (const report of this.#early.get(part) ?? []) {
        tracked.progress = withReport(tracked.progress, { ...report, part })
        this.#forgetEarly(report)
      }
    }
    return tracked.progress
  }

  /** One report; undefined when it changes nothing, or when its part is unknown (then it waits for `track`). */
  report(report: StatusReport): SmsChange | undefined {
    const part = this.#known(report)
    const tracked = part === undefined ? undefined : this.#byPart.get(part)
    if (part === undefined || tracked === undefined) {
      this.#keepEarly(report)
      return undefined
    }
    const progress = withReport(tracked.progress, { ...report, part })
    if (progress === tracked.progress) return undefined
    tracked.progress = progress
    return { key: tracked.key, progress }
  }

  /** What is known of the text that a report belongs to; undefined if no text is tracked with such a part. */
  of(report: StatusReport): SmsChange | undefined {
    const part = this.#known(report)
    const tracked = part === undefined ? undefined : this.#byPart.get(part)
    return tracked === undefined ? undefined : { key: tracked.key, progress: tracked.progress }
  }

  /** No more reports are expected for these parts (all final, or 48 hours over). */
  forget(parts: Iterable<string>): void {
    for (const part of parts) this.#byPart.delete(part)
  }

  #known(report: StatusReport): string | undefined {
    return idsOf(report).find((id) => this.#byPart.has(id))
  }

  #keepEarly(report: StatusReport): void {
    for (const id of idsOf(report)) {
      const waiting = this.#early.get(id) ?? []
      if (waiting.length < 8) waiting.push(report)
      this.#early.set(id, waiting)
    }
    for (const oldest of this.#early.keys()) {
      if (this.#early.size <= this.#earlyLimit) break
      this.#early.delete(oldest)
    }
  }

  #forgetEarly(report: StatusReport): void {
    for (const id of idsOf(report)) this.#early.delete(id)
  }
}
