import { YizhanError } from '../../errors/error.ts'
import type { YizhanEvent } from '../../events/event.ts'
import { URGENCIES } from '../../message/urgency.ts'
import type { Books } from '../books.ts'
import type { DeliveryError } from '../port.ts'
import { RESTORED, type DeliveryRow } from '../store/deliveries.ts'
import { Turn, type AnnouncedRow } from '../turn.ts'
import { anotherDoubt, expired, held } from './book.ts'
import { deliveryEvent } from './deliveries.ts'

export interface SweepCommand {
  readonly now: number
  readonly announcedBefore: number
  /** a system */
  readonly max: number
  readonly deadOwner?: string | undefined
  /** when leases are looked at: they are given by a clock that does not jump. Absent: now */
  readonly leasesAt?: number | undefined
  /** only these are announced; all unless told */
  readonly systems?: readonly string[] | undefined
  readonly holdExpiries?: boolean | undefined
  /** what people call the systems, by id */
  readonly names?: Readonly<Record<string, string>> | undefined
}
export interface SweepAnswer {
  readonly announce: readonly AnnouncedRow[]
  readonly waiting: readonly string[]
  readonly events: readonly YizhanEvent[]
  readonly nextDueAt?: number
}

/** So many rows expire in one sweep; the next comes at once while there are more. */
const EXPIRE_AT_ONCE = 500

export function sweep(books: Books, command: SweepCommand): SweepAnswer {
  const turn = new Turn(command.now, command.names)
  const leasesAt = command.leasesAt ?? turn.now
  lost(books, turn, leasesAt, command.deadOwner)
  const hold = command.holdExpiries === true
  if (!hold) expire(books, turn)
  books.deliveries.wake(turn.now)
  for (const system of command.systems ?? books.deliveries.systemsReady()) announce(books, turn, system, command)
  const nextDueAt = books.deliveries.nextDue(turn.now - leasesAt, !hold)
  return {
    announce: turn.announce,
    waiting: [...turn.waiting],
    events: turn.events,
    ...(nextDueAt === undefined ? {} : { nextDueAt }),
  }
}

/** Whoever had claimed it may have sent it: it comes back in doubt. */
function lost(books: Books, turn: Turn, leasesAt: number, deadOwner: string | undefined): void {
  for (const row of books.deliveries.lost(deadOwner ?? null, leasesAt)) {
    books.deliveries.change(row, {
      state: 'ready',
      owner: null,
      in_doubt: 1,
      doubts: row.doubts === RESTORED ? RESTORED : anotherDoubt(row),
      due_at: 0,
      announced_at: 0,
    })
    books.lanes.settle(turn, row, false)
    books.chain.book(turn, {
      ...deliveryEvent(turn, row, books.messages.need(row.message)),
      code: 'delivery.in-doubt',
      error: 'STALE',
      detail: '投递者失联 / whoever was sending it is gone',
    })
  }
}

function expire(books: Books, turn: Turn): void {
  for (const row of books.deliveries.expired(turn.now, EXPIRE_AT_ONCE)) {
    if (row.in_doubt === 1) held(books, turn, row, unknown(turn.names[row.system] ?? row.system))
    else expired(books, turn, row)
    books.lanes.settle(turn, row, false)
  }
}

function unknown(system: string): DeliveryError {
  const { code, zh, en } = new YizhanError('IN_DOUBT', { field: system })
  return { code, zh, en }
}

function announce(books: Books, turn: Turn, system: string, command: SweepCommand): void {
  let room = command.max
  for (let rank = 0; rank < URGENCIES.length && room > 0; rank++) {
    for (const row of inOrder(books.deliveries.ready(system, rank, command.announcedBefore, room))) {
      room--
      books.deliveries.announced(row.seq, turn.now)
      turn.announce.push(books.lanes.announcement(row))
    }
  }
}

/** What fell due while nobody looked, such as the timers of a night, goes in the order in which it fell due. */
function inOrder(rows: readonly DeliveryRow[]): readonly DeliveryRow[] {
  return [...rows].sort((a, b) => a.announced_at - b.announced_at || a.due_at - b.due_at || a.seq - b.seq)
}
