import type { YizhanEvent } from '../../events/event.ts'
import type { Books } from './books.ts'
import { Turn } from './turn.ts'
import { deliveryEvent } from './deliveries.ts'

/** A person has sent on paper what had expired: it leaves the list, and who did it is booked. */
export async function sentOnPaper(
  books: Books,
  command: { readonly id: string; readonly actor: string; readonly note?: string | undefined; readonly now: number },
): Promise<{ readonly found: boolean; readonly events: readonly YizhanEvent[] }> {
  const turn = new Turn(command.now)
  const row = await books.deliveries.get(command.id)
  if (row?.state !== 'expired') return { found: false, events: [] }
  const message = await books.messages.need(row.message)
  await books.deliveries.change(row, { state: 'on-paper' })
  books.chain.book(turn, {
    ...deliveryEvent(turn, row, message),
    code: 'paper.sent',
    actor: command.actor,
    detail: command.note,
  })
  return { found: true, events: turn.events }
}
