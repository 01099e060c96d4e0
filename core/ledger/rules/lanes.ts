import type { StoredMessage } from '../stored.ts'
import type { DeliveryRow } from '../schema.ts'
import type { DeliveryRows, Messages } from './stores.ts'
import type { DeliveryTarget } from '../port.ts'
import type { Turn } from './turn.ts'

/**
 * Which row goes next. A row's `order_key` is document and recipient: it never becomes head of its lane while an
 * earlier row of that key is open. Its `lane` is the same (order 'document') or system and recipient (order 'unit').
 * The one row of a lane that may be claimed is its `head`; a unique index keeps a lane from having two, and so from
 * having two claims. The head is chosen when a row comes, and when one is finished or put back: most urgent, then
 * accepted first, whichever flow was done first. A head that waits for its backoff holds its lane, but gives way to a
 * row that comes and goes before it.
 */
export class Lanes {
  readonly #deliveries: DeliveryRows
  readonly #messages: Messages

  constructor({ deliveries, messages }: { readonly deliveries: DeliveryRows; readonly messages: Messages }) {
    this.#deliveries = deliveries
    this.#messages = messages
  }

  /**
   * Whether a new push would become head of its lane, and which head gives way to it: one that goes after it and is not
   * claimed.
   */
  async entering(
    lane: string,
    order_key: string,
    ordered_by: DeliveryTarget['order'],
    rank: number,
    message: string,
  ): Promise<{ readonly head: boolean; readonly instead?: DeliveryRow }> {
    if ((await this.#deliveries.firstOfKey(order_key)) !== undefined) return { head: false }
    if (ordered_by === 'document') return { head: true }
    const head = await this.#deliveries.headOf(lane)
    if (head === undefined) return { head: true }
    const before = rank < head.rank || (rank === head.rank && message < head.message)
    return head.state === 'claimed' || !before ? { head: false } : { head: true, instead: head }
  }

  /** It is no longer head. */
  async stepBack(row: DeliveryRow): Promise<void> {
    await this.#deliveries.setHead(row.seq, 0, row.announced_at)
  }

  /** After a row was finished or put back (and written): chooses heads anew and announces those that can be claimed. */
  async settle(turn: Turn, row: DeliveryRow, announce = true): Promise<void> {
    const next = await this.#deliveries.firstOfKey(row.order_key)
    await this.#choose(turn, row.lane, row.ordered_by, next, announce)
    if (next !== undefined && next.lane !== row.lane)
      await this.#choose(turn, next.lane, next.ordered_by, next, announce)
  }

  /** After a finished row was opened again: later rows of its key step back behind it. */
  async revive(turn: Turn, row: DeliveryRow): Promise<void> {
    for (const later of await this.#deliveries.headsOfKey(row.order_key)) {
      if (later.state === 'claimed' || later.seq <= row.seq) continue
      await this.#deliveries.setHead(later.seq, 0, later.announced_at)
      if (later.lane !== row.lane) await this.#choose(turn, later.lane, later.ordered_by, undefined, true)
    }
    await this.settle(turn, row)
  }

  async #choose(
    turn: Turn,
    lane: string,
    ordered_by: string,
    firstOfKey: DeliveryRow | undefined,
    announce: boolean,
  ): Promise<void> {
    const best =
      ordered_by === 'unit' ? await this.#deliveries.bestOf(lane) : firstOfKey?.lane === lane ? firstOfKey : undefined
    if (best === undefined || best.mode !== 'push' || best.state === 'claimed') return
    if (best.head === 0) {
      const head = await this.#deliveries.headOf(lane)
      if (head?.state === 'claimed') return
      if (head !== undefined) await this.#deliveries.setHead(head.seq, 0, head.announced_at)
    }
    const announced = announce && canBeClaimed(best, turn.now)
    if (best.head === 0 || announced)
      await this.#deliveries.setHead(best.seq, 1, announced ? turn.now : best.announced_at)
    if (announced) turn.announce.push(await this.announcement(best))
  }

  async announcement(row: DeliveryRow): Promise<Turn['announce'][number]> {
    return announced(row, await this.#messages.need(row.message))
  }
}

export function canBeClaimed(row: DeliveryRow, now: number): boolean {
  return (
    (row.state === 'ready' || (row.state === 'waiting' && row.due_at <= now)) &&
    (row.expires_at === null || row.expires_at > now)
  )
}

export function announced(
  row: Pick<DeliveryRow, 'id' | 'system' | 'unit' | 'rank' | 'attempt' | 'message' | 'repaired'>,
  message: StoredMessage,
): Turn['announce'][number] {
  return {
    row: row.id,
    system: row.system,
    unit: row.unit,
    rank: row.rank,
    attempt: row.attempt + 1,
    message: row.message,
    body: row.repaired ?? message.body,
  }
}

export function orderKey(subject: string, target: Pick<DeliveryRow, 'system' | 'unit'>): string {
  return `${subject}/${target.unit ?? `@${target.system}`}`
}

export function laneOf(
  order_key: string,
  target: Pick<DeliveryRow, 'system' | 'unit'> & Pick<DeliveryTarget, 'order'>,
): string {
  return target.order === 'document' ? `document ${order_key}` : `unit ${target.system}/${target.unit ?? ''}`
}
