import { YizhanError } from '../../errors/error.ts'
import type { YizhanEvent } from '../../events/event.ts'
import type { Message } from '../../message/schema.ts'
import type { Books } from './books.ts'
import { bury } from './dead.ts'
import { openHop } from './open-hop.ts'
import { tell } from './outcomes.ts'
import type { DeliveryError, HopFailure } from '../port.ts'
import { NO_SUBSCRIPTION, NO_SUBSCRIPTION_ERROR } from './routing.ts'
import { digestOf } from '../../content/digest.ts'
import { parseMessage } from '../../message/json.ts'
import { repaired } from '../../message/repair.ts'
import { routeFacts, type StoredMessage } from '../stored.ts'
import { beganAs } from './story.ts'
import { storyOf } from './story.ts'
import { VOUCHED, type DeliveryRow } from '../schema.ts'
import type { HopRow } from '../schema.ts'
import { Turn, type AnnouncedRow } from './turn.ts'
import { setRecipient } from './book.ts'
import { deliveryEvent } from './deliveries.ts'
import { hopEvent } from './hops.ts'

export interface ReplayCommand {
  readonly id: string
  readonly actor: string
  readonly now: number
  readonly message?: Message | undefined
}
export interface ReplayAnswer {
  readonly found: boolean
  readonly announce: readonly AnnouncedRow[]
  readonly waiting: readonly string[]
  readonly events: readonly YizhanEvent[]
}

export async function replay(books: Books, command: ReplayCommand): Promise<ReplayAnswer> {
  const turn = new Turn(command.now)
  const hop = await books.hops.get(command.id)
  const delivery = await books.deliveries.get(command.id)
  if (hop?.state === 'dead') await replayHop(books, turn, hop, command)
  else if (delivery?.state === 'dead') await replayDelivery(books, turn, delivery, command)
  else return { found: false, announce: [], waiting: [], events: [] }
  return { found: true, announce: turn.announce, waiting: [...turn.waiting], events: turn.events }
}

/** Whoever got it now would get it behind its withdrawal, and keep it. */
async function refuseWithdrawn(books: Books, message: StoredMessage): Promise<void> {
  if (message.kind !== 'document') return
  const withdrawal = (await books.documents.get(await storyOf(books, message)))?.withdrawn_by ?? null
  if (withdrawal !== null) throw new YizhanError('WITHDRAWN', { value: message.number ?? message.id, rule: withdrawal })
}

async function replayHop(books: Books, turn: Turn, row: HopRow, command: ReplayCommand): Promise<void> {
  const message = await books.messages.need(row.message)
  await refuseWithdrawn(books, message)
  const mended = await repair(books, turn, await hopEvent(books, turn, row), { message, before: row.repaired }, command)
  books.chain.book(turn, { ...(await hopEvent(books, turn, row)), code: 'dead-letter.replayed', actor: command.actor })
  if (row.subscription !== NO_SUBSCRIPTION) {
    await books.hops.revive(row.seq, turn.now, mended)
    turn.waiting.add(row.subscription)
    return
  }
  const facts = routeFacts(parseMessage(mended ?? message.body))
  const wanted = books.subscriptions.matching({ ...facts, began: await beganAs(books, message) })
  if (wanted.length === 0) {
    await bury(books, turn, {
      id: row.id,
      what: 'hop',
      message,
      subscription: NO_SUBSCRIPTION,
      claim: row.attempt,
      attempts: 0,
      error: NO_SUBSCRIPTION_ERROR,
    })
    return
  }
  for (const subscription of wanted) await openHop(books, turn, message, subscription, mended)
  await books.hops.end(row, 'rerouted')
}

/** An operator's word stands above an expiry that has passed meanwhile. */
async function replayDelivery(books: Books, turn: Turn, row: DeliveryRow, command: ReplayCommand): Promise<void> {
  const message = await books.messages.need(row.message)
  await refuseWithdrawn(books, message)
  const mended = await repair(
    books,
    turn,
    deliveryEvent(turn, row, message),
    { message, before: row.repaired },
    command,
  )
  books.chain.book(turn, { ...deliveryEvent(turn, row, message), code: 'dead-letter.replayed', actor: command.actor })
  const revived = await books.deliveries.change(row, {
    state: 'ready',
    open: 1,
    head: 0,
    attempt: 0,
    // what is in doubt is asked about once more; where nobody can say, the operator has
    doubts: row.in_doubt === 1 ? VOUCHED : 0,
    owner: null,
    due_at: 0,
    announced_at: 0,
    ended_at: null,
    error: null,
    repaired: mended,
    expires_at: row.expires_at !== null && row.expires_at <= turn.now ? null : row.expires_at,
  })
  await setRecipient(books, turn, row, message, 'waiting', null)
  await books.lanes.revive(turn, revived)
}

/**
 * Content that was repaired travels with the row; the message itself stays as it was accepted, and every repair is kept
 * beside it, under the digest that the chain has.
 */
async function repair(
  books: Books,
  turn: Turn,
  about: Omit<YizhanEvent, 'code'>,
  { message, before }: { readonly message: StoredMessage; readonly before: string | null },
  { message: given, actor, now }: ReplayCommand,
): Promise<string | null> {
  if (given === undefined) return before
  const mended = repaired(parseMessage(before ?? message.body), given, { by: actor, at: now })
  const body = JSON.stringify(mended)
  await books.repairs.insert({ message: message.id, row: about.row ?? '', actor, at: now, body })
  const detail = `${mended.repaired?.fields.join(', ') ?? ''}；${digestOf(Buffer.from(body))}`
  books.chain.book(turn, { ...about, code: 'dead-letter.repaired', actor, detail })
  return body
}

export interface DropCommand {
  readonly id: string
  readonly actor: string
  readonly reason: string
  readonly now: number
  readonly names?: Readonly<Record<string, string>>
}
export interface DropAnswer {
  readonly found: boolean
  readonly waiting: readonly string[]
  readonly events: readonly YizhanEvent[]
}

export async function drop(books: Books, command: DropCommand): Promise<DropAnswer> {
  const turn = new Turn(command.now, command.names)
  const hop = await books.hops.get(command.id)
  const delivery = await books.deliveries.get(command.id)
  const said = { code: 'dead-letter.dropped', actor: command.actor, detail: command.reason } as const
  if (hop?.state === 'dead') {
    await books.hops.end(hop, 'dropped')
    books.chain.book(turn, { ...(await hopEvent(books, turn, hop)), ...said })
  } else if (delivery?.state === 'dead') {
    const message = await books.messages.need(delivery.message)
    await books.deliveries.change(delivery, { state: 'dropped', ended_at: turn.now })
    books.chain.book(turn, { ...deliveryEvent(turn, delivery, message), ...said })
    await tell(books, turn, delivery, message, 'given-up', { error: givenUp(delivery, command.reason) })
  } else return { found: false, waiting: [], events: [] }
  return { found: true, waiting: [...turn.waiting], events: turn.events }
}

function givenUp(row: DeliveryRow, reason: string): DeliveryError {
  const failure = row.error === null ? undefined : (JSON.parse(row.error) as HopFailure)
  return { code: failure?.code ?? 'GIVEN_UP', zh: reason, en: reason }
}
