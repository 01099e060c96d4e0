import type { YizhanEvent } from '../../events/event.ts'
import { eventAddress } from '../address.ts'
import type { Books } from '../books.ts'
import { canBeClaimed } from '../lanes.ts'
import { loggedNumber, type StoredMessage } from '../stored.ts'
import { VOUCHED, type DeliveryRow } from '../store/deliveries.ts'
import type { AnnouncedRow, Turn } from '../turn.ts'

export interface ClaimCommand {
  readonly row: string
  /** the caller has the message of this id at hand */
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
      readonly createdAt: number
      readonly expiresAt: number | null
      readonly events: readonly YizhanEvent[]
    }
  | { readonly status: 'nothing'; readonly announce: readonly AnnouncedRow[] }

/** Only the head of a lane can be claimed; whoever asks for a row behind it is told which comes first. */
export function claimDelivery(books: Books, command: ClaimCommand): ClaimAnswer {
  const row = books.deliveries.get(command.row)
  if (row === undefined || row.mode !== 'push' || row.open === 0 || !canBeClaimed(row, command.now))
    return { status: 'nothing', announce: [] }
  if (row.head === 0) return { status: 'nothing', announce: firstInLane(books, row, command.now) }
  const { attempt, fence } = books.deliveries.claim(row, command.owner, command.leaseUntil)
  return {
    status: 'claimed',
    attempt,
    fence,
    system: row.system,
    unit: row.unit,
    body: row.repaired ?? (row.message === command.known ? undefined : books.messages.need(row.message).body),
    inDoubt: row.in_doubt === 1,
    doubts: Math.max(0, row.doubts),
    vouched: row.doubts === VOUCHED,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    events: [],
  }
}

function firstInLane(books: Books, row: DeliveryRow, now: number): AnnouncedRow[] {
  const blocker = books.deliveries.firstOfKey(row.order_key)
  const lane = blocker !== undefined && blocker.seq < row.seq ? blocker.lane : row.lane
  const head = books.deliveries.headOf(lane)
  return head !== undefined && canBeClaimed(head, now) ? [books.lanes.announcement(head)] : []
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
