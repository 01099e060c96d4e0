import type { AcceptEntry, DocumentEffect, HopFailure } from '../port.ts'
import type { YizhanEvent } from '../../events/event.ts'
import type { Message } from '../../message/schema.ts'
import type { Books } from './books.ts'
import { keepDead, route } from './routing.ts'
import type { PreclaimedHop, Preclaim } from './open-hop.ts'
import type { NewBody } from '../../content/port.ts'
import type { Raw } from './stores.ts'
import { FINGERPRINT_KEY } from './fingerprint.ts'
import { loggedNumber, type RouteFacts, type StoredMessage } from '../stored.ts'
import { Turn } from './turn.ts'
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
export async function accept(books: Books, command: AcceptCommand): Promise<AcceptAnswer> {
  const { message, key, fingerprint, claimsNumber, effect, now } = command
  const turn = new Turn(now)

  const earlier = await books.acceptances.get(message.system, key)
  if (earlier !== undefined) {
    return earlier.fingerprint === fingerprint
      ? await repeated(books, turn, command, earlier.message, earlier.at)
      : refused(books, turn, command, 'ID_IN_USE', earlier.message)
  }
  if (claimsNumber !== undefined) {
    const holder = await books.documents.holderOf(claimsNumber.issuer, claimsNumber.number)
    if (holder !== undefined && holder.fingerprint !== fingerprint)
      return refused(books, turn, command, 'NUMBER_IN_USE', holder.message)
    if (holder !== undefined) return await alias(books, turn, command, holder.message)
  }
  if (effect?.type === 'collected') {
    for (const row of effect.rows)
      if (!(await isListed(books, row))) return refused(books, turn, command, 'ID_IN_USE', row)
  }
  const act =
    effect === undefined || effect.type === 'issue' || effect.type === 'answered' || effect.type === 'collected'
      ? undefined
      : await actOn(books, effect, message.id, command.act, now)
  if (act?.outcome === 'refused') return refused(books, turn, command, act.code, act.existing)
  if (act?.outcome === 'repeated') return await alias(books, turn, command, act.by)

  await books.contents.add(command.bodies)
  await books.acceptances.insert(message.system, key, fingerprint, message.id, now)
  const made = await books.messages.insert(message, now, {
    profile: command.revisions.profile ?? null,
    directory: command.revisions.directory,
    flows: null,
  })
  if (!made) throw new Error(`message id ${message.id} is taken`)
  if (command.raw !== undefined) await books.contents.addRaw(message.id, command.raw)
  if (claimsNumber !== undefined)
    await books.documents.claimNumber(claimsNumber.issuer, claimsNumber.number, message.id, fingerprint)
  if (effect?.type === 'issue') await issue(books, command)
  if (effect?.type === 'answered') await books.deliveries.acted(effect.delivery)
  if (effect?.type === 'collected') for (const row of effect.rows) await takeOff(books, turn, row)
  if (act !== undefined) await act.write()
  books.chain.book(turn, { ...eventOf(command), code: 'message.accepted' })
  for (const note of command.notes ?? []) books.chain.book(turn, { ...eventOf(command), ...note })
  if (command.dead !== undefined) await keepDead(books, turn, message, command.dead)
  const hops = command.dead === undefined ? await route(books, turn, message, command.facts, command.preclaim) : []
  return { status: 'accepted', hops, waiting: [...turn.waiting], events: turn.events }
}

async function issue(books: Books, command: AcceptCommand): Promise<void> {
  const { message, claimsNumber, fingerprint, now } = command
  await books.documents.add(
    message.id,
    claimsNumber?.issuer ?? message.from_unit,
    claimsNumber?.number ?? null,
    fingerprint,
  )
  for (const [position, { unit, role }] of command.recipients.entries())
    await books.documents.addRecipient(message.id, unit, role, position, now)
}

/**
 * The same thing under another id of the sender's: that id is remembered too, so that it never stands for anything
 * else.
 */
async function alias(books: Books, turn: Turn, command: AcceptCommand, existing: string): Promise<AcceptAnswer> {
  if (!command.key.startsWith(FINGERPRINT_KEY))
    await books.acceptances.insert(command.message.system, command.key, command.fingerprint, existing, command.now)
  return await repeated(books, turn, command, existing, command.now)
}

/** @param at when the key was remembered: what it stands for may have been pruned since */
async function repeated(
  books: Books,
  turn: Turn,
  command: AcceptCommand,
  id: string,
  at: number,
): Promise<AcceptAnswer> {
  const original = await books.messages.get(id)
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
