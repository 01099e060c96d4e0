import type { YizhanEvent } from '../../events/event.ts'

/** A delivery that can be claimed, for the bus. `body` is absent where the caller has the message at hand. */
export interface AnnouncedRow {
  readonly row: string
  readonly system: string
  readonly unit: string | null
  readonly rank: number
  readonly attempt: number
  readonly message: string
  readonly body?: string
}

/** What one command books and brings about; answered when the transaction is durable. */
export class Turn {
  readonly now: number
  readonly events: YizhanEvent[] = []
  /** subscriptions with new hops that can be claimed */
  readonly waiting = new Set<string>()
  readonly announce: AnnouncedRow[] = []

  /** what people call systems, by id, as far as the command says it */
  readonly names: Readonly<Record<string, string>>

  constructor(now: number, names: Readonly<Record<string, string>> = {}) {
    this.now = now
    this.names = names
  }
}
