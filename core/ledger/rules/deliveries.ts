import type { YizhanEvent } from '../../events/event.ts'
import { eventAddress } from '../address.ts'
import type { Books } from './books.ts'
import { canBeClaimed } from './lanes.ts'
import { loggedNumber, type StoredMessage } from '../stored.ts'
import { RESTORED, VOUCHED, type DeliveryRow } from '../schema.ts'
import { isNeedless } from './needless.ts'
import { Turn, type AnnouncedRow } from './turn.ts'

export interface ClaimCommand {
  readonly row: string
  /** the caller has the message of this id at hand, and it is no notice: those are looked at here */
  readonly known: string | undefined
  readonly owner: string
  readonly now: number
  readonly leaseUntil: number
}

export type ClaimAnswer =
  | {
      readonly status: 'claimed'
      readonly attempt: number
      readonly fence: number
      readonly system: string
      readonly unit: string | null
      /** absent where the caller has the message, and it goes out unchanged */
      readonly body: string | undefined
      readonly inDoubt: boolean
      readonly doubts: number
      readonly vouched: boolean
      readonly restored: boolean
      readonly createdAt: number
      readonly expiresAt: number | null
      readonly events: readonly YizhanEvent[]
    }
  | {
      readonly status: 'nothing'
      readonly announce: readonly AnnouncedRow[]
      readonly events: readonly YizhanEvent[]
    }

/** Only the head of a lane can be claimed; whoever asks for a row behind it is told which comes first. */
export async function claimDelivery(books: Books, command: ClaimCommand): Promise<ClaimAnswer> {
  const row = await books.deliveries.get(command.row)
  if (row === undefined || row.mode !== 'push' || row.open === 0 || !canBeClaimed(row, command.now))
    return { status: 'nothing', announce: [], events: [] }
  if (row.head === 0) return { status: 'nothing', announce: await firstInLane(books, row, command.now), events: [] }
  const message = row.message === command.known ? undefined : await books.messages.need(row.message)
  if (message !== undefined && (await isNeedless(books, message)))
    return await endNeedless(books, row, message, command.now)
  const { attempt, fence } = await books.deliveries.claim(row, command.owner, command.leaseUntil)
  return {
    status: 'claimed',
    attempt,
    fence,
    system: row.system,
    unit: row.unit,
    body: row.repaired ?? message?.body,
    inDoubt: row.in_doubt === 1,
    doubts: Math.max(0, row.doubts),
    vouched: row.doubts === VOUCHED,
    restored: row.doubts === RESTORED,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    events: [],
  }
}

/** Nobody is reminded of what has been done meanwhile: whoever had signed before this claim is not. */
async function endNeedless(books: Books, row: DeliveryRow, message: StoredMessage, now: number): Promise<ClaimAnswer> {
  const turn = new Turn(now)
  await books.deliveries.change(row, { state: 'needless', open: 0, head: 0, ended_at: now })
  books.chain.book(turn, { ...deliveryEvent(turn, row, message), code: 'delivery.needless' })
  await books.lanes.settle(turn, row)
  return { status: 'nothing', announce: turn.announce, events: turn.events }
}

async function firstInLane(books: Books, row: DeliveryRow, now: number): Promise<AnnouncedRow[]> {
  const blocker = await books.deliveries.firstOfKey(row.order_key)
  const lane = blocker !== undefined && blocker.seq < row.seq ? blocker.lane : row.lane
  const head = await books.deliveries.headOf(lane)
  return head !== undefined && canBeClaimed(head, now) ? [await books.lanes.announcement(head)] : []
}

export function deliveryEvent(turn: Turn, row: DeliveryRow, message: StoredMessage): Omit<YizhanEvent, 'code'> {
  return {
    at: turn.now,
    message: message.id,
    kind: message.kind,
    number: loggedNumber(message),
    trace: message.trace,
    system: row.system,
    ...eventAddress(row),
    row: row.id,
    attempt: row.attempt,
  }
}
