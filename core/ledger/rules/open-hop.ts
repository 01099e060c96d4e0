import type { Books } from './books.ts'
import type { StoredMessage } from '../stored.ts'
import type { Turn } from './turn.ts'

/** Hops that are claimed as they are made. */
export interface Preclaim {
  readonly owner: string
  readonly leaseUntil: number
  readonly subscriptions: readonly string[]
}

/** What the caller needs of a hop claimed just now; it has the message. */
export interface PreclaimedHop {
  readonly id: string
  readonly subscription: string
  readonly attempt: number
}

export function hopId(message: string, subscription: string): string {
  return `${message}@${subscription}`
}

/**
 * Whether a message has to wait for its document: a withdrawal is not handed to the flows while the document's own hop
 * is open (failed, say, and due again later), for lanes order only deliveries that exist already.
 */
export async function waitsForDocument(
  books: Books,
  message: Pick<StoredMessage, 'kind' | 'subject'>,
): Promise<boolean> {
  return message.kind === 'withdrawal' && message.subject !== null && (await books.hops.hasOpen(message.subject))
}

/** After a hop of a document has ended: its withdrawals may be handed out now. */
export async function wakeWithdrawals(
  books: Books,
  turn: Turn,
  message: Pick<StoredMessage, 'id' | 'kind'>,
): Promise<void> {
  if (message.kind !== 'document') return
  for (const withdrawal of await books.messages.withdrawalsOf(message.id))
    for (const subscription of await books.hops.readyFor(withdrawal)) turn.waiting.add(subscription)
}

/** Opens a hop, unless it is there already. Returns it if it was claimed at once; otherwise it waits. */
export async function openHop(
  books: Books,
  turn: Turn,
  message: StoredMessage,
  subscription: string,
  repaired: string | null,
  preclaim?: Preclaim,
): Promise<PreclaimedHop | undefined> {
  const at =
    preclaim?.subscriptions.includes(subscription) === true && !(await waitsForDocument(books, message))
      ? preclaim
      : undefined
  const id = hopId(message.id, subscription)
  const made = await books.hops.insert({
    id,
    message: message.id,
    subscription,
    rank: message.rank,
    state: at === undefined ? 'ready' : 'claimed',
    attempt: at === undefined ? 0 : 1,
    owner: at?.owner ?? null,
    lease_until: at?.leaseUntil ?? 0,
    due_at: turn.now,
    error: null,
    dead_at: null,
    repaired,
  })
  if (!made) return undefined
  if (at === undefined) {
    turn.waiting.add(subscription)
    return undefined
  }
  await books.subscriptions.seen(subscription, turn.now)
  return { id, subscription, attempt: 1 }
}
