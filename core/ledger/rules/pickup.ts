import type { YizhanEvent } from '../../events/event.ts'
import type { Books } from './books.ts'
import { Turn } from './turn.ts'
import { delivered } from './book.ts'

export interface FetchedAnswer {
  readonly waiting: readonly string[]
  readonly events: readonly YizhanEvent[]
}

/** The first fetch counts as delivered; later ones change nothing. */
export async function fetched(
  books: Books,
  command: { readonly row: string; readonly now: number; readonly ms: number },
): Promise<FetchedAnswer> {
  const turn = new Turn(command.now)
  await fetchOnce(books, turn, command.row, command.ms)
  return { waiting: [...turn.waiting], events: turn.events }
}

/** Whoever confirms what was never fetched has it nonetheless (from the list): booked as fetched first. */
export async function confirm(
  books: Books,
  command: { readonly row: string; readonly now: number },
): Promise<FetchedAnswer> {
  const turn = new Turn(command.now)
  await takeOff(books, turn, command.row)
  return { waiting: [...turn.waiting], events: turn.events }
}

export async function isListed(books: Books, id: string): Promise<boolean> {
  const row = await books.deliveries.get(id)
  return row?.mode === 'pickup' && row.listed === 1
}

/** Off the list, as fetched and confirmed. */
export async function takeOff(books: Books, turn: Turn, id: string): Promise<void> {
  await fetchOnce(books, turn, id, 0)
  const row = await books.deliveries.get(id)
  if (row?.mode === 'pickup' && row.state === 'fetched')
    await books.deliveries.change(row, { state: 'done', listed: 0 })
}

async function fetchOnce(books: Books, turn: Turn, id: string, ms: number): Promise<void> {
  const row = await books.deliveries.get(id)
  if (row?.mode !== 'pickup' || row.state !== 'ready') return
  await delivered(books, turn, row, await books.messages.need(row.message), ms)
  await books.lanes.settle(turn, row)
}
