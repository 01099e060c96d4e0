import type { YizhanEvent } from '../../events/event.ts'
import { restoredEvent, type Restored } from '../restored.ts'
import { RESTORED } from '../schema.ts'
import type { Books } from './books.ts'
import { deliveryEvent } from './deliveries.ts'
import { Turn } from './turn.ts'

/**
 * The first opening after a restoration: what was not finished when the backup was taken may have been delivered since.
 * Each such push is in doubt, so that its system is asked first, or a person; and so is what flows make of messages
 * that they had not finished. Once for each restoration, whatever kills the opening.
 */
export async function bookRestored(books: Books, restored: Restored, now: number): Promise<readonly YizhanEvent[]> {
  if (await books.restored.isBooked(restored.id)) return []
  const turn = new Turn(now)
  for (const message of await books.restored.unfinished()) await books.doubtful.add(message)
  const rows = await books.restored.pushes()
  for (const row of rows) {
    // what is claimed comes back by itself, and keeps this
    await books.deliveries.change(row, { in_doubt: 1, doubts: RESTORED })
    books.chain.book(turn, {
      ...deliveryEvent(turn, row, await books.messages.need(row.message)),
      code: 'delivery.in-doubt',
      error: 'IN_DOUBT',
      detail: '由备份恢复，其后或已送达 / restored from a backup: it may have arrived since',
    })
  }
  books.chain.book(turn, restoredEvent(restored, rows.length, now))
  return turn.events
}
