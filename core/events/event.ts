import type { EventCode } from './catalogue.ts'

/** Something that happened: a log line, a metric and, where its catalogue entry says so, a link of the audit chain. */
export interface YizhanEvent {
  readonly code: EventCode
  /** milliseconds since 1970, UTC */
  readonly at: number
  /** our message id */
  readonly message?: string | undefined
  readonly kind?: string | undefined
  /** business number: 发文字号, petition number */
  readonly number?: string | undefined
  readonly trace?: string | undefined
  readonly system?: string | undefined
  readonly unit?: string | undefined
  /** subscription, channel or queue that it concerns */
  readonly place?: string | undefined
  /** address that a request came from */
  readonly source?: string | undefined
  /** account, operator or node that acted */
  readonly actor?: string | undefined
  /** hop or delivery id */
  readonly row?: string | undefined
  readonly attempt?: number | undefined
  /** how long the step took, milliseconds */
  readonly ms?: number | undefined
  /** error code of the error catalogue */
  readonly error?: string | undefined
  /** one line of detail; never bodies, secrets or unmasked personal data */
  readonly detail?: string | undefined
  /** so many of them, folded into one; 1 where absent. See `Folding` */
  readonly times?: number | undefined
  /** it has not happened again: `times` is the sum of the lines before */
  readonly over?: true | undefined
}

/** Where events go: logs and metrics. Never throws, never blocks. */
export interface EventSink {
  emit(event: YizhanEvent): void
}
