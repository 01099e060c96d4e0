import type { EventSink, YizhanEvent } from './event.ts'

/** One sink out of several. */
export function fanOut(...sinks: readonly EventSink[]): EventSink {
  return { emit: (event: YizhanEvent) => sinks.forEach((sink) => sink.emit(event)) }
}
