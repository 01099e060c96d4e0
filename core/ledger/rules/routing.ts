import type { Books } from './books.ts'
import { bury } from './dead.ts'
import { hopId, openHop, type PreclaimedHop, type Preclaim } from './open-hop.ts'
import { beganAs } from './story.ts'
import type { HopFailure } from '../port.ts'
import type { RouteFacts, StoredMessage } from '../stored.ts'
import type { Turn } from './turn.ts'

/** Stands for the subscription of a message that nobody wanted. */
export const NO_SUBSCRIPTION = '(none)'
export const NO_SUBSCRIPTION_ERROR = {
  code: 'NO_SUBSCRIPTION',
  message: '没有流程订阅此消息 / no flow subscribes to this message',
} as const

/**
 * Opens a hop for each subscription that wants the message; what nobody wants is a dead letter. Returns those claimed
 * at once.
 */
export async function route(
  books: Books,
  turn: Turn,
  message: StoredMessage,
  facts: RouteFacts,
  preclaim?: Preclaim,
): Promise<PreclaimedHop[]> {
  const wanted = books.subscriptions.matching({ ...facts, began: await beganAs(books, message) })
  if (wanted.length === 0) await unwanted(books, turn, message)
  const claimed: PreclaimedHop[] = []
  for (const subscription of wanted) {
    const hop = await openHop(books, turn, message, subscription, null, preclaim)
    if (hop !== undefined) claimed.push(hop)
  }
  return claimed
}

async function unwanted(books: Books, turn: Turn, message: StoredMessage): Promise<void> {
  // what the station made itself may find nobody
  if (message.kind === 'outcome' || message.kind === 'dead-letter') return
  await keepDead(books, turn, message, NO_SUBSCRIPTION_ERROR)
}

/** A message that no subscription gets. Replayed, it is routed anew. */
export async function keepDead(books: Books, turn: Turn, message: StoredMessage, error: HopFailure): Promise<void> {
  const id = hopId(message.id, NO_SUBSCRIPTION)
  await books.hops.insert({
    id,
    message: message.id,
    subscription: NO_SUBSCRIPTION,
    rank: message.rank,
    state: 'dead',
    attempt: 0,
    owner: null,
    lease_until: 0,
    due_at: turn.now,
    error: JSON.stringify(error),
    dead_at: turn.now,
    repaired: null,
  })
  await bury(books, turn, { id, what: 'hop', message, subscription: NO_SUBSCRIPTION, claim: 0, attempts: 0, error })
}
