import type { Books } from './books.ts'
import { bury } from './dead.ts'
import { hopId, openHop, type PreclaimedHop, type Preclaim } from './open-hop.ts'
import { beganAs } from './story.ts'
import type { HopFailure } from './port.ts'
import type { RouteFacts, StoredMessage } from './stored.ts'
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
export function route(
  books: Books,
  turn: Turn,
  message: StoredMessage,
  facts: RouteFacts,
  preclaim?: Preclaim,
): PreclaimedHop[] {
  const wanted = books.subscriptions.matching({ ...facts, began: beganAs(books, message) })
  if (wanted.length === 0) unwanted(books, turn, message)
  return wanted
    .map((subscription) => openHop(books, turn, message, subscription, null, preclaim))
    .filter((hop) => hop !== undefined)
}

function unwanted(books: Books, turn: Turn, message: StoredMessage): void {
  // what the station made itself may find nobody
  if (message.kind === 'outcome' || message.kind === 'dead-letter') return
  keepDead(books, turn, message, NO_SUBSCRIPTION_ERROR)
}

/** A message that no subscription gets. Replayed, it is routed anew. */
export function keepDead(books: Books, turn: Turn, message: StoredMessage, error: HopFailure): void {
  const id = hopId(message.id, NO_SUBSCRIPTION)
  books.hops.insert({
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
  bury(books, turn, { id, what: 'hop', message, subscription: NO_SUBSCRIPTION, claim: 0, attempts: 0, error })
}
