import type { EventCode } from '../../core/events/catalogue.ts'
import type { EventSink, YizhanEvent } from '../../core/events/event.ts'

/** Keeps what was emitted. */
export class EventList implements EventSink {
  readonly all: YizhanEvent[] = []

  emit(event: YizhanEvent): void {
    this.all.push(event)
  }

  /** as `Rejections` */
  note(event: YizhanEvent): void {
    this.emit(event)
  }

  of(code: EventCode): YizhanEvent[] {
    return this.all.filter((event) => event.code === code)
  }
}
