import type { YizhanEvent } from '../../events/event.ts'
import type { Books } from '../books.ts'
import { Turn } from '../turn.ts'
import { delivered } from './book.ts'

export interface FetchedAnswer {
  readonly waiting: readonly string[]
  readonly events: readonly YizhanEvent[]
}

/** The first fetch counts as delivered; later ones change nothing. */
export function fetched(books: Books, command: { readonly row: string; readonly now: number; readonly ms: number }): FetchedAnswer {
  const turn = new Turn(command.now)
  const row = books.deliveries.get(command.row)
  if (row?.mode === 'pickup' && row.state === 'ready') {
    delivered(books, turn, row, books.messages.need(row.message), command.ms)
    books.lanes.settle(turn, row)
  }
  return { waiting: [...turn.waiting], events: turn.events }
}

/** Whoever confirms what was never fetched has it nonetheless (from the list): booked as fetched first. */
export function confirm(books: Books, command: { readonly row: string; readonly now: number }): FetchedAnswer {
  const answer = fetched(books, { ...command, ms: 0 })
  const row = books.deliveries.get(command.row)
  if (row?.mode === 'pickup' && row.state === 'fetched') books.deliveries.change(row, { state: 'done', listed: 0 })
  return answer
}
