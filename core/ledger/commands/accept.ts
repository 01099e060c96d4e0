import type { AcceptEntry, DocumentEffect, HopFailure } from '../port.ts'
import type { YizhanEvent } from '../../events/event.ts'
import type { Message } from '../../message/schema.ts'
import type { Books } from '../books.ts'
import { keepDead, route } from '../routing.ts'
import type { PreclaimedHop, Preclaim } from '../open-hop.ts'
import type { NewBody } from '../../content/port.ts'
import type { Raw } from '../store/contents.ts'
import { FINGERPRINT_KEY } from '../store/acceptances.ts'
import { loggedNumber, type RouteFacts, type StoredMessage } from '../stored.ts'
import { Turn } from '../turn.ts'
import { isListed, takeOff } from './pickup.ts'
import { actOn, type ActFacts, type Refusal } from './effects.ts'

export interface AcceptCommand {
  readonly message: StoredMessage
  readonly facts: RouteFacts
  readonly account: string | undefined
  /** of an issued document: units and roles, in order */
  readonly recipients: readonly { readonly unit: string; readonly role: string }[]
  readonly bodies: readonly NewBody[]
  readonly raw: Raw | undefined
  readonly key: string
  readonly fingerprint: string
  readonly claimsNumber: AcceptEntry['claimsNumber']
  readonly effect: DocumentEffect | undefined
  readonly notes?: AcceptEntry['notes']
  readonly dead?: HopFailure | undefined
  readonly act: ActFacts
  readonly revisions: AcceptEntry['revisions']
  readonly preclaim: Preclaim | undefined
  readonly now: number
}

export type AcceptAnswer =
  | {
      readonly status: 'accepted'
      readonly hops: readonly PreclaimedHop[]
      readonly waiting: readonly string[]
      readonly events: readonly YizhanEvent[]
    }
  | {
      readonly status: 'repeated'
      readonly id: string
      readonly acceptedAt: string
      readonly events: readonly YizhanEvent[]
    }
  | {
      readonly status: 'refused'
      readonly code: Refusal
      readonly existing?: string
      readonly events: readonly YizhanEvent[]
    }

/** Everything is checked before anything is written, so that a refusal leaves nothing but its event. */
export function accept(books: Books, command: AcceptCommand): AcceptAnswer {
  const { message, key, fingerprint, claimsNumber, effect, now } = command
  const turn = new Turn(now)

  const earlier = books.acceptances.get(message.system, key)
  if (earlier !== undefined) {
    return earlier.fingerprint === fingerprint
      ? repeated(books, turn, command, earlier.message, earlier.at)
      : refused(books, turn, command, 'ID_IN_USE', earlier.message)
  }
  if (claimsNumber !== undefined) {
    const holder = books.documents.holderOf(claimsNumber.issuer, claimsNumber.number)
    if (holder !== undefined && holder.fingerprint !== fingerprint)
      return refused(books, turn, command, 'NUMBER_IN_USE', holder.message)
    if (holder !== undefined) return alias(books, turn, command, holder.message)
  }
  if (effect?.type === 'collected') {
    const gone = effect.rows.find((row) => !isListed(books, row))
    if (gone !== undefined) return refused(books, turn, command, 'ID_IN_USE', gone)
  }
  const act =
    effect === undefined || effect.type === 'issue' || effect.type === 'answered' || effect.type === 'collected'
      ? undefined
      : actOn(books, effect, message.id, command.act, now)
  if (act?.outcome === 'refused') return refused(books, turn, command, act.code, act.existing)
  if (act?.outcome === 'repeated') return alias(books, turn, command, act.by)

  books.contents.add(command.bodies)
  books.acceptances.insert(message.system, key, fingerprint, message.id, now)
  const made = books.messages.insert(message, now, {
    profile: command.revisions.profile ?? null,
    directory: command.revisions.directory,
    flows: null,
  })
  if (!made) throw new Error(`message id ${message.id} is taken`)
  if (command.raw !== undefined) books.contents.addRaw(message.id, command.raw)
  if (claimsNumber !== undefined)
    books.documents.claimNumber(claimsNumber.issuer, claimsNumber.number, message.id, fingerprint)
  if (effect?.type === 'issue') issue(books, command)
  if (effect?.type === 'answered') books.deliveries.acted(effect.delivery)
  if (effect?.type === 'collected') for (const row of effect.rows) takeOff(books, turn, row)
  act?.write()
  books.chain.book(turn, { ...eventOf(command), code: 'message.accepted' })
  for (const note of command.notes ?? []) books.chain.book(turn, { ...eventOf(command), ...note })
  if (command.dead !== undefined) keepDead(books, turn, message, command.dead)
  const hops = command.dead === undefined ? route(books, turn, message, command.facts, command.preclaim) : []
  return { status: 'accepted', hops, waiting: [...turn.waiting], events: turn.events }
}

function issue(books: Books, command: AcceptCommand): void {
  const { message, claimsNumber, fingerprint, now } = command
  books.documents.add(message.id, claimsNumber?.issuer ?? message.from_unit, claimsNumber?.number ?? null, fingerprint)
  command.recipients.forEach((r, position) => books.documents.addRecipient(message.id, r.unit, r.role, position, now))
}

/**
 * The same thing under another id of the sender's: that id is remembered too, so that it never stands for anything
 * else.
 */
function alias(books: Books, turn: Turn, command: AcceptCommand, existing: string): AcceptAnswer {
  if (!command.key.startsWith(FINGERPRINT_KEY))
    books.acceptances.insert(command.message.system, command.key, command.fingerprint, existing, command.now)
  return repeated(books, turn, command, existing, command.now)
}

/** @param at when the key was remembered: what it stands for may have been pruned since */
function repeated(books: Books, turn: Turn, command: AcceptCommand, id: string, at: number): AcceptAnswer {
  const original = books.messages.get(id)
  books.chain.book(turn, {
    ...eventOf(command),
    code: 'message.repeated',
    message: id,
    trace: original?.trace ?? id,
  })
  const acceptedAt =
    original === undefined ? new Date(at).toISOString() : (JSON.parse(original.body) as Message).acceptedAt
  return { status: 'repeated', id, acceptedAt, events: turn.events }
}

function refused(books: Books, turn: Turn, command: AcceptCommand, code: Refusal, existing?: string): AcceptAnswer {
  books.chain.book(turn, { ...eventOf(command), code: 'message.refused', error: code, detail: existing })
  return { status: 'refused', code, ...(existing === undefined ? {} : { existing }), events: turn.events }
}

function eventOf({ message, account, now }: AcceptCommand): Omit<YizhanEvent, 'code'> {
  return {
    at: now,
    message: message.id,
    kind: message.kind,
    number: loggedNumber(message),
    trace: message.trace,
    system: message.system,
    unit: message.from_unit ?? undefined,
    actor: account,
  }
}
