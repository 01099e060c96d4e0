import type { HeldDraft, HeldItem } from '../core/door/port.ts'
import type { AcceptanceAnswer, HeldDesk } from '../core/door/port.ts'
import { findNamed } from '../core/door/find.ts'
import type { Door, PetitionDecision } from '../core/door/port.ts'
import { YizhanError } from '../core/errors/error.ts'
import type { EventSink, YizhanEvent } from '../core/events/event.ts'
import type { Announcement, Backlog, DeadLetter, DocumentStatus, Ledger, Repair } from '../core/ledger/port.ts'
import { subjectId, type Message } from '../core/message/schema.ts'
import type { Clock } from '../core/util/clock.ts'
import type { ClockState, ClockWatch } from './clock-watch.ts'

export interface OperationParts {
  readonly ledger: Pick<Ledger, 'deadLetters' | 'journal'>
  readonly decide: Door['decide']
  /** the door's rules for what a person has repaired */
  readonly recheck: Door['recheck']
  readonly announce: (items: readonly Announcement[]) => void
  readonly wake: (subscriptions: readonly string[]) => void
  readonly held: HeldDesk
  readonly clock: Clock
  readonly clockWatch: Pick<ClockWatch, 'state' | 'accept'>
  readonly sink: EventSink
  /** drops a subscription that no flow serves */
  readonly unsubscribe?: (name: string, actor: string) => Promise<void>
}

/** Where a document is: the answer to an operator's question in one piece. */
export interface Whereabouts {
  readonly message: Message
  readonly status?: DocumentStatus | undefined
  readonly timeline: readonly YizhanEvent[]
  /** what people mended of it, beside the original */
  readonly repairs?: readonly Repair[] | undefined
}

/** What operators do, whether by command line, by HTTP or in a flow. */
export class Operations {
  readonly #parts: OperationParts

  constructor(parts: OperationParts) {
    this.#parts = parts
  }

  deadLetters(request: {
    readonly max: number
    readonly after?: string | undefined
    readonly system?: string | undefined
    readonly subscription?: string | undefined
  }): Promise<readonly DeadLetter[]> {
    const { max, after, system, subscription } = request
    return this.#parts.ledger.deadLetters.list({
      max,
      ...(after === undefined ? {} : { after }),
      ...(system === undefined ? {} : { system }),
      ...(subscription === undefined ? {} : { subscription }),
    })
  }

  async deadLetter(id: string): Promise<DeadLetter> {
    const found = await this.#parts.ledger.deadLetters.show(id)
    if (found === undefined) throw new YizhanError('NOT_FOUND', { field: '死信 dead letter', value: id })
    return found
  }

  async replay(request: {
    readonly id: string
    readonly actor: string
    readonly message?: Message | undefined
  }): Promise<{ readonly id: string }> {
    const { id, actor, message } = request
    if (message !== undefined) this.#parts.recheck(message, await this.#parts.ledger.journal.message(message.id))
    const result = await this.#parts.ledger.deadLetters.replay({
      id,
      actor,
      now: this.#parts.clock.now(),
      ...(message === undefined ? {} : { message }),
    })
    if (!result.found) throw new YizhanError('NOT_FOUND', { field: '死信 dead letter', value: id })
    this.#emit(result.events)
    this.#parts.announce(result.announce)
    this.#parts.wake(result.waiting)
    return { id }
  }

  async drop(request: {
    readonly id: string
    readonly actor: string
    readonly reason: string
  }): Promise<{ readonly id: string }> {
    const result = await this.#parts.ledger.deadLetters.drop({ ...request, now: this.#parts.clock.now() })
    if (!result.found) throw new YizhanError('NOT_FOUND', { field: '死信 dead letter', value: request.id })
    this.#emit(result.events)
    this.#parts.wake(result.waiting)
    return { id: request.id }
  }

  async dropSubscription({
    name,
    actor,
  }: {
    readonly name: string
    readonly actor: string
  }): Promise<{ name: string }> {
    await this.#parts.unsubscribe?.(name, actor)
    return { name }
  }

  async status(id: string): Promise<DocumentStatus> {
    const status = await this.#parts.ledger.journal.status(id)
    if (status === undefined) throw new YizhanError('NOT_FOUND', { field: '公文 document', value: id })
    return status
  }

  /** By our id, the business number or the sender's id. */
  async where(text: string): Promise<readonly Whereabouts[]> {
    const { journal } = this.#parts.ledger
    const messages = await findNamed(journal, { text, max: 20 })
    const documents = new Map(messages.map((message) => [subjectId(message), message]))
    return Promise.all(
      [...documents.values()].map(async (message) => ({
        message,
        status: await journal.status(subjectId(message)),
        timeline: await journal.timeline(message.trace),
        ...(await repairsOf(journal, message.id)),
      })),
    )
  }

  clock(): ClockState {
    return this.#parts.clockWatch.state
  }

  /** A person says that the clock is right. */
  acceptClock({ actor }: { readonly actor: string }): ClockState {
    return this.#parts.clockWatch.accept(actor)
  }

  /** what waits for a person to say whether it is classified */
  held(): Promise<readonly HeldItem[]> {
    return this.#parts.held.list()
  }

  heldDraft(id: string): Promise<HeldDraft> {
    return this.#parts.held.show(id)
  }

  release(id: string, actor: string, reason: string): Promise<AcceptanceAnswer> {
    return this.#parts.held.release(id, actor, reason)
  }

  async refuse(id: string, actor: string, reason: string): Promise<{ readonly id: string }> {
    await this.#parts.held.refuse(id, actor, reason)
    return { id }
  }

  /** files that could not be examined for marks of secrecy, the newest first */
  unread(max: number): Promise<readonly YizhanEvent[]> {
    return this.#parts.ledger.journal.unread(max)
  }

  backlog(): Promise<Backlog> {
    return this.#parts.ledger.journal.backlog()
  }

  /** The petition office's decision, where it does not come from its OA. */
  async decide(decision: PetitionDecision): Promise<{ readonly id: string; readonly repeated: boolean }> {
    const { id, repeated } = await this.#parts.decide(decision)
    return { id, repeated }
  }

  verify(): ReturnType<Ledger['journal']['verify']> {
    return this.#parts.ledger.journal.verify()
  }

  #emit(events: readonly YizhanEvent[]): void {
    for (const event of events) this.#parts.sink.emit(event)
  }
}

async function repairsOf(journal: Ledger['journal'], id: string): Promise<{ readonly repairs?: readonly Repair[] }> {
  const repairs = await journal.repairs(id)
  return repairs.length === 0 ? {} : { repairs }
}
