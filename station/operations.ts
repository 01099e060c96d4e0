import type { HeldDraft, HeldItem } from '../core/door/port.ts'
import type { AcceptanceAnswer, HeldDesk } from '../core/door/port.ts'
import { anchorFault, type Anchor } from '../core/ledger/anchor.ts'
import type { AuditKeys } from '../core/ledger/audit-key.ts'
import { findNamed } from '../core/door/find.ts'
import type { Door, PetitionDecision } from '../core/door/port.ts'
import { asYizhanError, YizhanError } from '../core/errors/error.ts'
import type { EventSink, YizhanEvent } from '../core/events/event.ts'
import type {
  Announcement,
  Backlog,
  DeadLetter,
  DocumentStatus,
  Ledger,
  PaperItem,
  DeadLetterRepair,
  Verification,
} from '../core/ledger/port.ts'
import { subjectId, type Message, type PetitionMessage } from '../core/message/schema.ts'
import { derivedId } from '../core/message/ids.ts'
import { repaired } from '../core/message/repair.ts'
import type { Clock } from '../core/util/clock.ts'
import type { ClockState, ClockWatch } from './clock-watch.ts'
import { masked, maskedToo } from './masking.ts'
import { pendingView, type PendingPetition } from './pending-petition.ts'
import type { SecretsState } from './secrets-desk.ts'

export interface OperationParts {
  readonly auditKeys: AuditKeys
  readonly ledger: Pick<Ledger, 'deadLetters' | 'journal' | 'paper'>
  readonly decide: Door['decide']
  /** the door's rules for what a person has repaired */
  readonly recheck: Door['recheck']
  readonly announce: (items: readonly Announcement[]) => void
  readonly wake: (subscriptions: readonly string[]) => void
  readonly held: HeldDesk
  readonly clock: Clock
  readonly clockWatch: Pick<ClockWatch, 'state' | 'accept'>
  readonly secrets: () => SecretsState
  readonly sink: EventSink
  /** what people call a system or unit */
  readonly nameOf: (id: string) => string | undefined
  readonly subscriptions: {
    /** those that no flow serves */
    readonly unserved: () => readonly string[]
    /** drops one that no flow serves */
    readonly drop: (name: string, actor: string) => Promise<void>
  }
}

/** A subscription of the flows, as an operator sees it. */
export interface SubscriptionView {
  readonly name: string
  /** whether a flow takes what it gets */
  readonly served: boolean
  /** hops that are not done */
  readonly open: number
}

/** What a person needs in order to decide; never who wrote it, nor the query code. */
export interface PetitionContent extends PendingPetition {
  readonly category: string
  readonly place: string
  readonly title: string
  readonly text: string
  /** 被反映人 as written */
  readonly accused?: string | undefined
  /** names */
  readonly files: readonly string[]
  readonly decided?: NonNullable<PetitionMessage['review']>['decision']
}

/** Who asks for content, and whether for the whole of it: where messages are shown masked otherwise. */
export interface ContentReader {
  readonly actor: string
  readonly whole: boolean
}

/** Where a document is: the answer to an operator's question in one piece. */
export interface Whereabouts {
  readonly message: Message
  readonly status?: DocumentStatus | undefined
  readonly timeline: readonly YizhanEvent[]
  /** what people call the systems and units of the timeline, by id */
  readonly names?: Readonly<Record<string, string>> | undefined
  /** what people mended of it, beside the original */
  readonly repairs?: readonly DeadLetterRepair[] | undefined
  /** the file of the archive that has it, where the ledger does not any more */
  readonly archived?: string | undefined
}

/** A dead letter; of a delivery, what people call its system and unit, by id. */
export type NamedLetter = DeadLetter & { readonly names?: Readonly<Record<string, string>> | undefined }

/** What operators do, whether by command line, by HTTP or in a flow. */
export class Operations {
  readonly #parts: OperationParts

  constructor(parts: OperationParts) {
    this.#parts = parts
  }

  async deadLetters(request: {
    readonly max: number
    readonly after?: string | undefined
    readonly system?: string | undefined
    readonly subscription?: string | undefined
  }): Promise<readonly NamedLetter[]> {
    const { max, after, system, subscription } = request
    const letters = await this.#parts.ledger.deadLetters.list({
      max,
      ...(after === undefined ? {} : { after }),
      ...(system === undefined ? {} : { system }),
      ...(subscription === undefined ? {} : { subscription }),
    })
    return letters.map((letter) => this.#named(letter))
  }

  /** One of them, masked unless the whole is asked for; who has read the whole of one, or of a petition, is booked. */
  async deadLetter({ id, actor, whole }: ContentReader & { readonly id: string }): Promise<NamedLetter> {
    const found = await this.#parts.ledger.deadLetters.show(id)
    if (found === undefined) throw new YizhanError('DEAD_LETTER_UNKNOWN', { value: id })
    if (whole || found.message.kind === 'petition') this.#read(actor, 'dead-letters show', found.message, { row: id })
    return this.#named(whole ? found : { ...found, message: masked(found.message) })
  }

  async replay(request: {
    readonly id: string
    readonly actor: string
    readonly message?: Message | undefined
  }): Promise<{ readonly id: string }> {
    const { id, actor, message } = request
    if (message !== undefined) await this.#recheck(message, actor)
    const result = await this.#parts.ledger.deadLetters.replay({
      id,
      actor,
      now: this.#parts.clock.now(),
      ...(message === undefined ? {} : { message }),
    })
    if (!result.found) throw new YizhanError('DEAD_LETTER_UNKNOWN', { value: id })
    this.#emit(result.events)
    this.#parts.announce(result.announce)
    this.#parts.wake(result.waiting)
    return { id }
  }

  /**
   * Whether a dead letter may be mended so, and passes the door.
   *
   * @throws YizhanError REPAIR_FORBIDDEN, and what the door says
   */
  async checkRepair(before: Message, message: Message, actor: string): Promise<void> {
    await this.#recheck(message, actor)
    repaired(before, message, { by: actor, at: this.#parts.clock.now() })
  }

  async drop(request: {
    readonly id: string
    readonly actor: string
    readonly reason: string
  }): Promise<{ readonly id: string }> {
    const { clock, ledger } = this.#parts
    const letter = await ledger.deadLetters.show(request.id)
    // The sender is told who gave up by name.
    const names = letter === undefined ? undefined : this.#named(letter).names
    const result = await ledger.deadLetters.drop({
      ...request,
      now: clock.now(),
      ...(names === undefined ? {} : { names }),
    })
    if (!result.found) throw new YizhanError('DEAD_LETTER_UNKNOWN', { value: request.id })
    this.#emit(result.events)
    this.#parts.wake(result.waiting)
    return { id: request.id }
  }

  /** what has expired and waits to be sent on paper, oldest first */
  paper(request: { readonly max: number; readonly after?: string | undefined }): Promise<readonly PaperItem[]> {
    return this.#parts.ledger.paper.list(request)
  }

  /** A person has sent it on paper. */
  async sentOnPaper(request: {
    readonly id: string
    readonly actor: string
    readonly note?: string | undefined
  }): Promise<{ readonly id: string }> {
    const { found, events } = await this.#parts.ledger.paper.sent({ ...request, now: this.#parts.clock.now() })
    if (!found) throw new YizhanError('NOT_FOUND', { field: '纸质补送清单 paper list', value: request.id })
    this.#emit(events)
    return { id: request.id }
  }

  async dropSubscription({
    name,
    actor,
  }: {
    readonly name: string
    readonly actor: string
  }): Promise<{ name: string }> {
    await this.#parts.subscriptions.drop(name, actor)
    return { name }
  }

  async subscriptions(): Promise<readonly SubscriptionView[]> {
    const { journal } = this.#parts.ledger
    const { hops } = await journal.backlog()
    const unserved = new Set(this.#parts.subscriptions.unserved())
    return (await journal.subscriptions()).map((name) => ({
      name,
      served: !unserved.has(name),
      open: hops[name] ?? 0,
    }))
  }

  async status(id: string): Promise<DocumentStatus> {
    const status = await this.#parts.ledger.journal.status(id)
    if (status === undefined) throw new YizhanError('NOT_FOUND', { field: '公文 document', value: id })
    return status
  }

  /** By our id, the business number or the sender's id; masked unless the whole is asked for, which is booked. */
  async where({ text, actor, whole }: ContentReader & { readonly text: string }): Promise<readonly Whereabouts[]> {
    const { journal } = this.#parts.ledger
    // Its receipts and replies bear its number too, and may be many: what they speak about is asked for first.
    const named = await findNamed(journal, { text, max: 20, kinds: ['document', 'petition'] })
    const messages = named.length > 0 ? named : await findNamed(journal, { text, max: 20 })
    const stories = new Map(messages.map((message) => [subjectId(message), message]))
    const all = await Promise.all(
      [...stories].map(async ([id, found]): Promise<Whereabouts> => {
        const message = found.id === id ? found : ((await journal.message(id)) ?? found)
        const timeline = await journal.timeline(message.trace)
        return {
          message,
          status: await journal.status(id),
          timeline,
          names: this.#names(timeline),
          ...(await repairsOf(journal, message.id)),
        }
      }),
    )
    if (!whole) return all.map(maskedWhereabouts)
    for (const { message } of all) this.#read(actor, 'where', message)
    return all
  }

  #named(letter: DeadLetter): NamedLetter {
    if (letter.what === 'hop') return letter
    const ids = [letter.system, letter.unit].filter((id) => id !== undefined)
    return { ...letter, names: Object.fromEntries(ids.map((id) => [id, this.#parts.nameOf(id) ?? id])) }
  }

  #names(timeline: readonly YizhanEvent[]): Readonly<Record<string, string>> {
    const ids = new Set(timeline.flatMap(({ unit, system }) => [unit, system].filter((id) => id !== undefined)))
    return Object.fromEntries([...ids].map((id) => [id, this.#parts.nameOf(id) ?? id]))
  }

  clock(): ClockState {
    return this.#parts.clockWatch.state
  }

  /** What is missing, and who still uses an old password. */
  secretsState(): SecretsState {
    return this.#parts.secrets()
  }

  /** A person says that the clock is right. */
  acceptClock({ actor }: { readonly actor: string }): ClockState {
    return this.#parts.clockWatch.accept(actor)
  }

  /** what waits for a person to say whether it is classified */
  held(): Promise<readonly HeldItem[]> {
    return this.#parts.held.list()
  }

  /** Whole, for the judgement: who has read it is booked. */
  async heldDraft(id: string, actor: string): Promise<HeldDraft> {
    const item = await this.#parts.held.show(id)
    const { system, kind } = item
    this.#emit([
      { code: 'content.read', at: this.#parts.clock.now(), actor, detail: 'held show', row: id, system, kind },
    ])
    return item
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

  /** Petitions that report on somebody and wait for a decision, the oldest first. */
  async pendingPetitions(max: number): Promise<readonly PendingPetition[]> {
    return (await this.#parts.ledger.journal.undecided(max)).map(pendingView)
  }

  /** Its content, for the decision: who has read it is booked. */
  async petition(id: string, actor: string): Promise<PetitionContent> {
    const { journal } = this.#parts.ledger
    const found = await journal.message(id)
    if (found?.kind !== 'petition') throw new YizhanError('PETITION_UNKNOWN', { value: id })
    this.#read(actor, 'petition show', found)
    const decision = await journal.message(derivedId(id, 'decision'))
    const decided = decision?.kind === 'petition' ? decision.review?.decision : undefined
    const { title, text, category, place, accused } = found.petition
    return {
      ...pendingView(found),
      category,
      place: [place.name, place.code].filter((part) => part !== undefined).join(' '),
      title,
      text,
      ...(accused === undefined ? {} : { accused }),
      files: found.files.map(({ name }) => name),
      ...(decided === undefined ? {} : { decided }),
    }
  }

  /** The audit chain, link by link, and against what was told outside of where it ended. */
  async verifyAudit(anchors: readonly Anchor[]): Promise<Verification> {
    const { ledger, auditKeys } = this.#parts
    for (const anchor of anchors) {
      const reason = anchorFault(anchor, auditKeys)
      if (reason !== undefined) return { ok: false, links: 0, brokenAt: anchor.links, reason }
    }
    return ledger.journal.verify({ anchors })
  }

  /** The door's rules; that somebody wrote what is classified is told. */
  async #recheck(message: Message, actor: string): Promise<void> {
    try {
      await this.#parts.recheck(message, await this.#parts.ledger.journal.message(message.id))
    } catch (thrown) {
      const error = asYizhanError(thrown)
      if (error.code === 'CLASSIFIED') {
        const { id, trace } = message
        const at = this.#parts.clock.now()
        this.#parts.sink.emit({ code: 'output.classified', at, message: id, trace, actor, error: error.code })
      }
      throw error
    }
  }

  #read(actor: string, detail: string, { id, trace, kind }: Message, more: { readonly row?: string } = {}): void {
    const at = this.#parts.clock.now()
    this.#emit([{ code: 'content.read', at, actor, detail, message: id, trace, kind, ...more }])
  }

  #emit(events: readonly YizhanEvent[]): void {
    for (const event of events) this.#parts.sink.emit(event)
  }
}

function maskedWhereabouts({ message, status, timeline, names, repairs }: Whereabouts): Whereabouts {
  return {
    message: masked(message),
    status: maskedToo(status),
    timeline: maskedToo(timeline),
    names,
    ...(repairs === undefined ? {} : { repairs: maskedToo(repairs) }),
  }
}

async function repairsOf(
  journal: Ledger['journal'],
  id: string,
): Promise<{ readonly repairs?: readonly DeadLetterRepair[] }> {
  const repairs = await journal.repairs(id)
  return repairs.length === 0 ? {} : { repairs }
}
