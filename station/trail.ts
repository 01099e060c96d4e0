import type { EventCode } from '../core/events/catalogue.ts'
import type { EventSink, YizhanEvent } from '../core/events/event.ts'
import { internalError } from '../core/events/internal.ts'
import type { Acceptance } from '../core/ledger/port.ts'

/** What the station itself and people at it do: audited, and written by none of the ledger's own transactions. */
const OWN: ReadonlySet<EventCode> = new Set<EventCode>([
  'station.started',
  'station.stopped',
  'config.reloaded',
  'flows.deployed',
  'login.accepted',
  'directory.synced',
  'directory.refused',
  'content.damaged',
  'output.classified',
  'clock.held',
  'clock.accepted',
  'clock.back',
  'feed.read',
  'content.read',
  'retention.pruned',
  'login.ended',
  'person.added',
  'person.changed',
  'person.reset',
  'person.locked',
  'person.unlocked',
  'person.removed',
  'person.password-changed',
  'person.codes-changed',
  'person.recovery-used',
  'people.together',
  'people.break-glass',
  'duty.acted',
  'system.paused',
  'system.resumed',
])

/** A sink that also chains these events in the ledger's audit. */
export class Trail implements EventSink {
  readonly #sink: EventSink
  readonly #acceptance: Pick<Acceptance, 'book'>
  readonly #writing = new Set<Promise<void>>()

  constructor(sink: EventSink, acceptance: Pick<Acceptance, 'book'>) {
    this.#sink = sink
    this.#acceptance = acceptance
  }

  emit(event: YizhanEvent): void {
    this.#sink.emit(event)
    if (!OWN.has(event.code)) return
    const writing = this.#acceptance
      .book([event])
      .catch((error: unknown) => this.#sink.emit(internalError(error, event.at, { doing: `audit ${event.code}` })))
      .finally(() => this.#writing.delete(writing))
    this.#writing.add(writing)
  }

  /** Resolves when all of them are in the ledger. */
  async written(): Promise<void> {
    await Promise.all(this.#writing)
  }
}
