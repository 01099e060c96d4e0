import { asYizhanError, YizhanError } from '../errors/error.ts'
import type { EventCode } from '../events/catalogue.ts'
import type { YizhanEvent } from '../events/event.ts'
import { internalError } from '../events/internal.ts'
import type { AcceptResult, RawRecord } from '../ledger/port.ts'
import type { Message } from '../message/schema.ts'
import { failpoint } from '../util/failpoint.ts'
import { createHeldDesk } from './desk.ts'
import { checkFileName } from './file-names.ts'
import { passGuard } from './secrecy.ts'
import { prepareAct } from './act.ts'
import { decided } from './decision.ts'
import { prepareDocument } from './document.ts'
import { preparePetition } from './petition.ts'
import { recheck } from './recheck.ts'
import { createTake } from './take.ts'
import type { DoorParts, Prepared } from './parts.ts'
import type { AcceptanceAnswer, Account, Door, Draft, HeldDesk, PetitionDecision } from './port.ts'
import { store } from './store.ts'
import { tidied } from './written.ts'

/** Every rule of the house, applied in one place, before anything is stored. */
export function createDoor(parts: DoorParts): Door & { readonly held: HeldDesk } {
  const book = (events: readonly YizhanEvent[]) => events.forEach((event) => parts.sink.emit(event))

  async function accept(account: Account, draft: Draft, raw?: RawRecord): Promise<AcceptanceAnswer> {
    const started = parts.clock.now()
    try {
      // Before any other rule: what those refuse is booked with its number.
      const notes = await passGuard(parts, account, draft, raw)
      parts.admit()
      // As they were written: what makes a name lie is taken off afterwards.
      for (const { name } of draft.files ?? []) checkFileName(name, parts.station().limits.refusedFileTypes)
      const made = await prepare(account, draft)
      const prepared = await screened({ ...made, notes: [...(made.notes ?? []), ...notes] })
      const result = await store(parts, account.system, prepared, raw)
      failpoint('accept.stored')
      book(result.events)
      if (result.status === 'refused') throw ledgerRefusal(result, prepared.message)
      const { acceptedAt } = result.status === 'repeated' ? result : prepared.message
      return { id: result.id, repeated: result.status === 'repeated', acceptedAt }
    } catch (thrown) {
      const error = asYizhanError(thrown)
      const { kind } = draft
      const number = kind === 'document' ? draft.number : undefined
      if (!(thrown instanceof LedgerRefusal)) await bookRefusal(account, { kind, number }, error, started)
      throw error
    }
  }

  /** What only a system knows that the document will go to later. */
  async function screened(prepared: Prepared): Promise<Prepared> {
    const { message } = prepared
    if (message.kind !== 'document') return prepared
    const notes = [...(prepared.notes ?? [])]
    for (const screen of parts.screens?.() ?? []) notes.push(...(await screen(message)))
    return notes.length === 0 ? prepared : { ...prepared, notes }
  }

  async function prepare(account: Account, given: Draft): Promise<Prepared> {
    const { draft, asWritten } = tidied(given)
    if (draft.kind === 'petition') return preparePetition(parts, account, draft, asWritten)
    const unit = parts.accounts.unitOf(account, draft.from)
    return draft.kind === 'document'
      ? prepareDocument(parts, account, unit, draft, asWritten)
      : prepareAct(parts, account, unit, draft, asWritten)
  }

  /** A refusal is booked and logged; of a classified document only that it happened. */
  async function bookRefusal(
    account: Account,
    refused: { readonly kind: Draft['kind']; readonly number?: string | undefined; readonly message?: string },
    error: YizhanError,
    started: number,
  ): Promise<void> {
    const secret = SECRECY[error.code]
    const event: YizhanEvent = {
      code: secret ?? 'message.refused',
      at: parts.clock.now(),
      kind: refused.kind,
      message: refused.message,
      system: account.system,
      actor: account.id,
      ...(secret !== undefined
        ? { detail: `${error.facts.field}（${error.facts.rule}）` }
        : { number: refused.number, detail: error.message }),
      error: error.code,
      ms: parts.clock.now() - started,
    }
    book([event])
    try {
      await parts.ledger.acceptance.book([event])
    } catch (failure) {
      // The refusal stands even where it cannot be booked, as on a full disk; the log has it.
      book([internalError(failure, parts.clock.now(), { doing: `audit ${event.code}` })])
    }
  }

  async function decide(decision: PetitionDecision): Promise<AcceptanceAnswer> {
    const started = parts.clock.now()
    parts.admit()
    const petition = await parts.ledger.journal.message(decision.petition)
    if (petition?.kind !== 'petition') throw new YizhanError('PETITION_UNKNOWN', { value: decision.petition })
    const office = petition.review?.office
    const from = { id: office?.unit, name: office?.name ?? decision.by }
    const account = { id: decision.by, system: petition.origin.system, units: [] }
    let prepared: Prepared
    try {
      prepared = decided(parts, account, from, petition, decision)
    } catch (thrown) {
      const error = asYizhanError(thrown)
      await bookRefusal(account, { kind: 'petition', message: petition.id }, error, started)
      throw error
    }
    const result = await store(parts, account.system, prepared)
    book(result.events)
    if (result.status === 'refused') throw ledgerRefusal(result, prepared.message)
    return { id: result.id, repeated: result.status === 'repeated', acceptedAt: prepared.message.acceptedAt }
  }

  return {
    accept,
    decide,
    take: createTake(parts),
    recheck: (message, before) => recheck(parts, message, before),
    held: createHeldDesk(parts, accept),
    authenticate: (system, name, check, source) => parts.accounts.authenticate(system, name, check, source),
    recognise: (system, name, proven, source) => parts.accounts.recognise(system, name, proven, source),
    certified: (certificate, source) => parts.accounts.certified(certificate, source),
    unitOf: (account, named) => parts.accounts.unitOf(account, named),
    memory: (source, account) => parts.budget.open(source, account),
  }
}

/** What the guard refuses, and how it is booked: of such a paper only that it happened. */
const SECRECY: Readonly<Record<string, EventCode>> = {
  CLASSIFIED: 'message.classified',
  CLASSIFIED_DOUBT: 'message.doubtful',
  HELD_FOR_REVIEW: 'message.held',
}
const AFTER_SIGNATURE = '签收后不得退文或撤回 / neither returned nor withdrawn after signature'

/** Booked by the ledger already, in the transaction that refused it. */
class LedgerRefusal extends YizhanError {}

function ledgerRefusal(result: Extract<AcceptResult, { status: 'refused' }>, message: Message): YizhanError {
  if (result.code === 'NUMBER_IN_USE' && message.kind === 'petition')
    return new LedgerRefusal('PETITION_DECIDED', { value: message.trace, rule: result.existing })
  const about = 'about' in message ? (message.about.number ?? message.about.id) : (message.number ?? message.id)
  // Of an act after signature, not what signed: the rule itself.
  const rule = result.code === 'ALREADY_SIGNED' ? AFTER_SIGNATURE : result.existing
  const facts = {
    value: result.code === 'ID_IN_USE' ? (message.origin.externalId ?? message.id) : about,
    field: message.from.name,
    rule,
  }
  return new LedgerRefusal(result.code, facts)
}
