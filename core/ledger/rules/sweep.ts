import { YizhanError } from '../../errors/error.ts'
import type { YizhanEvent } from '../../events/event.ts'
import { URGENCIES } from '../../message/urgency.ts'
import type { Books } from './books.ts'
import type { DeliveryError } from '../port.ts'
import { RESTORED, type DeliveryRow } from '../schema.ts'
import { Turn, type AnnouncedRow } from './turn.ts'
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

export async function sweep(books: Books, command: SweepCommand): Promise<SweepAnswer> {
  const turn = new Turn(command.now, command.names)
  const leasesAt = command.leasesAt ?? turn.now
  await lost(books, turn, leasesAt, command.deadOwner)
  const hold = command.holdExpiries === true
  if (!hold) await expire(books, turn)
  await books.deliveries.wake(turn.now)
  for (const system of command.systems ?? (await books.deliveries.systemsReady()))
    await announce(books, turn, system, command)
  const nextDueAt = await books.deliveries.nextDue(turn.now - leasesAt, !hold)
  return {
    announce: turn.announce,
    waiting: [...turn.waiting],
    events: turn.events,
    ...(nextDueAt === undefined ? {} : { nextDueAt }),
  }
}

/** Whoever had claimed it may have sent it: it comes back in doubt. */
async function lost(books: Books, turn: Turn, leasesAt: number, deadOwner: string | undefined): Promise<void> {
  for (const row of await books.deliveries.lost(deadOwner ?? null, leasesAt)) {
    await books.deliveries.change(row, {
      state: 'ready',
      owner: null,
      in_doubt: 1,
      doubts: row.doubts === RESTORED ? RESTORED : anotherDoubt(row),
      due_at: 0,
      announced_at: 0,
    })
    await books.lanes.settle(turn, row, false)
    books.chain.book(turn, {
      ...deliveryEvent(turn, row, await books.messages.need(row.message)),
      code: 'delivery.in-doubt',
      error: 'STALE',
      detail: '投递者失联 / whoever was sending it is gone',
    })
  }
}

async function expire(books: Books, turn: Turn): Promise<void> {
  for (const row of await books.deliveries.expired(turn.now, EXPIRE_AT_ONCE)) {
    if (row.in_doubt === 1) await held(books, turn, row, unknown(turn.names[row.system] ?? row.system))
    else await expired(books, turn, row)
    await books.lanes.settle(turn, row, false)
  }
}

function unknown(system: string): DeliveryError {
  const { code, zh, en } = new YizhanError('IN_DOUBT', { field: system })
  return { code, zh, en }
}

async function announce(books: Books, turn: Turn, system: string, command: SweepCommand): Promise<void> {
  let room = command.max
  for (let rank = 0; rank < URGENCIES.length && room > 0; rank++) {
    for (const row of inOrder(await books.deliveries.ready(system, rank, command.announcedBefore, room))) {
      room--
      await books.deliveries.announced(row.seq, turn.now)
      turn.announce.push(await books.lanes.announcement(row))
    }
  }
}

/** What fell due while nobody looked, such as the timers of a night, goes in the order in which it fell due. */
function inOrder(rows: readonly DeliveryRow[]): readonly DeliveryRow[] {
  return [...rows].sort((a, b) => a.announced_at - b.announced_at || a.due_at - b.due_at || a.seq - b.seq)
}
