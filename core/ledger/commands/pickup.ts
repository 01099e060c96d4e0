import type { YizhanEvent } from '../../events/event.ts'
import type { Books } from '../books.ts'
import { Turn } from '../turn.ts'
import { delivered } from './book.ts'

export interface FetchedAnswer {
  readonly waiting: readonly string[]
  readonly events: readonly YizhanEvent[]
}

/** The first fetch counts as delivered; later ones change nothing. */
export function fetched(
  books: Books,
  command: { readonly row: string; readonly now: number; readonly ms: number },
): FetchedAnswer {
  const turn = new Turn(command.now)
  fetchOnce(books, turn, command.row, command.ms)
  return { waiting: [...turn.waiting], events: turn.events }
}

/** Whoever confirms what was never fetched has it nonetheless (from the list): booked as fetched first. */
export function confirm(books: Books, command: { readonly row: string; readonly now: number }): FetchedAnswer {
  const turn = new Turn(command.now)
  takeOff(books, turn, command.row)
  return { waiting: [...turn.waiting], events: turn.events }
}

export function isListed(books: Books, id: string): boolean {
  const row = books.deliveries.get(id)
  return row?.mode === 'pickup' && row.listed === 1
}

/** Off the list, as fetched and confirmed. */
export function takeOff(books: Books, turn: Turn, id: string): void {
  fetchOnce(books, turn, id, 0)
  const row = books.deliveries.get(id)
  if (row?.mode === 'pickup' && row.state === 'fetched') books.deliveries.change(row, { state: 'done', listed: 0 })
}

function fetchOnce(books: Books, turn: Turn, id: string, ms: number): void {
  const row = books.deliveries.get(id)
  if (row?.mode !== 'pickup' || row.state !== 'ready') return
  delivered(books, turn, row, books.messages.need(row.message), ms)
  books.lanes.settle(turn, row)
}
