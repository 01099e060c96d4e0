import type { EventCode } from '../../events/catalogue.ts'
import type { YizhanEvent } from '../../events/event.ts'
import { eventAddress } from '../address.ts'
import type { Books } from './books.ts'
import { bury } from './dead.ts'
import { tell } from './outcomes.ts'
import type { DeliveryBooking, DeliveryError } from '../port.ts'
import type { StoredMessage } from '../stored.ts'
import { ACTED_EARLY, type DeliveryRow } from '../schema.ts'
import { Turn, type AnnouncedRow } from './turn.ts'
import { deliveryEvent } from './deliveries.ts'

export interface BookCommand {
  readonly row: string
  readonly fence: number
  readonly owner: string
  readonly now: number
  readonly booking: DeliveryBooking
  /** what people call the systems, by id */
  readonly names?: Readonly<Record<string, string>> | undefined
}
export interface BookAnswer {
  readonly status: 'booked' | 'stale'
  readonly announce: readonly AnnouncedRow[]
  readonly waiting: readonly string[]
  readonly events: readonly YizhanEvent[]
}

export async function bookDelivery(books: Books, command: BookCommand): Promise<BookAnswer> {
  const turn = new Turn(command.now, command.names)
  const row = await books.deliveries.get(command.row)
  if (row === undefined || row.state !== 'claimed' || row.fence !== command.fence || row.owner !== command.owner) {
    const about =
      row === undefined
        ? { at: turn.now, row: command.row }
        : deliveryEvent(turn, row, await books.messages.need(row.message))
    return {
      status: 'stale',
      announce: [],
      waiting: [],
      events: [{ ...about, code: 'delivery.stale', detail: `claim ${command.fence}` }],
    }
  }
  await apply(books, turn, row, command.booking)
  await books.lanes.settle(turn, row)
  return { status: 'booked', announce: turn.announce, waiting: [...turn.waiting], events: turn.events }
}

async function apply(books: Books, turn: Turn, row: DeliveryRow, booking: DeliveryBooking): Promise<void> {
  const message = await books.messages.need(row.message)
  const event = deliveryEvent(turn, row, message)
  switch (booking.type) {
    case 'delivered':
      if (booking.probed === true) books.chain.book(turn, { ...event, code: 'delivery.probed', ms: booking.ms })
      if (booking.repeated === true) books.chain.book(turn, { ...event, code: 'delivery.repeated' })
      {
        await delivered(books, turn, row, message, booking.ms, booking)
        return
      }
    case 'refused':
      books.chain.book(turn, { ...event, ...said('delivery.refused', booking.error) })
      await die(books, turn, row, message, booking.error, row.in_doubt)
      await setRecipient(books, turn, row, message, 'refused', bothLanguages(booking.error))
      {
        await tell(books, turn, row, message, 'refused', { error: booking.error })
        return
      }
    case 'retry':
      books.chain.book(turn, { ...event, ...said('delivery.retry', booking.error) })
      {
        await wait(books, turn, row, booking.error, {
          due_at: booking.dueAt,
          // not even tried: the attempt does not count
          attempt: booking.countAttempt ? row.attempt : row.attempt - 1,
          ...(booking.certain === true ? CERTAIN : {}),
        })
        return
      }
    case 'in-doubt':
      books.chain.book(turn, { ...event, ...said('delivery.in-doubt', booking.error) })
      await wait(books, turn, row, booking.error, {
        due_at: booking.dueAt,
        in_doubt: 1,
        doubts: booking.certain === true ? 1 : anotherDoubt(row),
      })
      {
        await tell(books, turn, row, message, 'in-doubt', { error: booking.error })
        return
      }
    case 'unclear':
      books.chain.book(turn, { ...event, ...said('delivery.retry', booking.error) })
      {
        await wait(books, turn, row, booking.error, {
          due_at: booking.dueAt,
          in_doubt: 1,
          doubts: anotherDoubt(row),
        })
        return
      }
    case 'held': {
      await held(books, turn, row, booking.error)
      return
    }
  }
}

/** Taken by the system, pushed or fetched. A row fetched stays listed until its unit confirms it. */
export async function delivered(
  books: Books,
  turn: Turn,
  row: DeliveryRow,
  message: StoredMessage,
  ms: number,
  { remoteId, awaits = false }: { readonly remoteId?: string | undefined; readonly awaits?: boolean } = {},
): Promise<void> {
  const pickup = row.mode === 'pickup'
  const moved = await setRecipient(books, turn, row, message, 'delivered', null)
  const waits = (moved || awaits) && !pickup && row.unsigned !== ACTED_EARLY
  await books.deliveries.change(row, {
    state: pickup ? 'fetched' : 'done',
    open: 0,
    head: 0,
    fetched_at: pickup ? turn.now : null,
    ended_at: turn.now,
    unsigned: waits ? 1 : 0,
    remote_id: remoteId ?? null,
    error: null,
  })
  books.chain.book(turn, { ...deliveryEvent(turn, row, message), code: 'delivery.delivered', ms })
  await tell(books, turn, row, message, 'delivered', { remoteId })
}

/** Past its time: listed for paper. */
export async function expired(books: Books, turn: Turn, row: DeliveryRow): Promise<void> {
  const message = await books.messages.need(row.message)
  await books.deliveries.change(row, { state: 'expired', open: 0, head: 0, listed: 0, ended_at: turn.now })
  books.chain.book(turn, { ...deliveryEvent(turn, row, message), code: 'delivery.expired' })
  await setRecipient(books, turn, row, message, 'expired', null)
  await tell(books, turn, row, message, 'expired')
}

/**
 * In doubt, and only a person can say: neither another copy nor a refusal nor an expiry, which would be a copy on
 * paper.
 */
export async function held(books: Books, turn: Turn, row: DeliveryRow, error: DeliveryError): Promise<void> {
  const message = await books.messages.need(row.message)
  books.chain.book(turn, { ...deliveryEvent(turn, row, message), ...said('delivery.held', error) })
  await die(books, turn, row, message, error, 1)
  await tell(books, turn, row, message, 'in-doubt', { error })
}

async function die(
  books: Books,
  turn: Turn,
  row: DeliveryRow,
  message: StoredMessage,
  error: DeliveryError,
  inDoubt: number,
): Promise<void> {
  const failure = { code: error.code, message: bothLanguages(error) }
  await books.deliveries.change(row, {
    state: 'dead',
    open: 0,
    head: 0,
    in_doubt: inDoubt,
    ended_at: turn.now,
    error: JSON.stringify(failure),
    dead_at: turn.now,
  })
  await bury(books, turn, {
    id: row.id,
    what: 'delivery',
    message,
    system: row.system,
    ...eventAddress(row),
    claim: row.fence,
    attempts: row.attempt,
    error: failure,
  })
}

const CERTAIN = { in_doubt: 0, doubts: 0 } as const

/** One result more that left it in doubt. */
export function anotherDoubt(row: DeliveryRow): number {
  return Math.max(0, row.doubts) + 1
}

function said<Code extends EventCode>(
  code: Code,
  error: DeliveryError,
): Pick<YizhanEvent, 'error' | 'detail'> & { code: Code } {
  return { code, error: error.code, detail: bothLanguages(error) }
}

async function wait(
  books: Books,
  turn: Turn,
  row: DeliveryRow,
  error: DeliveryError,
  changes: Pick<DeliveryRow, 'due_at'> & Partial<Pick<DeliveryRow, 'attempt' | 'in_doubt' | 'doubts'>>,
): Promise<void> {
  const failure = { code: error.code, message: bothLanguages(error) }
  // announced_at 0: the sweeper need not think that the bus still has it
  await books.deliveries.change(row, {
    ...changes,
    state: changes.due_at <= turn.now ? 'ready' : 'waiting',
    owner: null,
    announced_at: 0,
    error: JSON.stringify(failure),
  })
}

/** Only the document itself moves its recipients' states, not what is said about it. */
export async function setRecipient(
  books: Books,
  turn: Turn,
  row: DeliveryRow,
  message: StoredMessage,
  state: 'waiting' | 'delivered' | 'refused' | 'expired',
  reason: string | null,
): Promise<boolean> {
  return (
    message.kind === 'document' &&
    row.unit !== null &&
    (await books.documents.deliveryState(message.id, row.unit, state, turn.now, reason))
  )
}

function bothLanguages(error: DeliveryError): string {
  return `${error.zh} / ${error.en}`
}
