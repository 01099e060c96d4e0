import type { YizhanEvent } from '../../events/event.ts'
import { COLLECT_SYSTEM, TIMER_SYSTEM } from '../address.ts'
import type { Books } from '../books.ts'
import type { Sqlite } from '../database.ts'
import { restoredEvent, type Restored } from '../restored.ts'
import { build, prepare, type NoArguments } from '../statement.ts'
import { RESTORED, type DeliveryRow } from '../store/deliveries.ts'
import { Turn } from '../turn.ts'
import { deliveryEvent } from './deliveries.ts'

/**
 * The first opening after a restoration: what was not finished when the backup was taken may have been delivered since.
 * Each such push is in doubt, so that its system is asked first, or a person; and so is what flows make of messages
 * that they had not finished. Once for each restoration, whatever kills the opening.
 */
export function bookRestored(db: Sqlite, books: Books, restored: Restored, now: number): readonly YizhanEvent[] {
  const already = prepare(db, (p: { start: string }) =>
    build
      .selectFrom('event')
      .select('seq')
      .where('code', '=', 'ledger.restored')
      .where((e) => e(e.fn<number>('instr', ['body', e.val(p.start)]), '>', 0))
      .limit(1),
  )
  if (already.get({ start: `"${restored.id} ` }) !== undefined) return []
  const turn = new Turn(now)
  for (const message of unfinished(db)) books.doubtful.add(message)
  const rows = pushes(db)
  for (const row of rows) {
    // what is claimed comes back by itself, and keeps this
    books.deliveries.change(row, { in_doubt: 1, doubts: RESTORED })
    books.chain.book(turn, {
      ...deliveryEvent(turn, row, books.messages.need(row.message)),
      code: 'delivery.in-doubt',
      error: 'IN_DOUBT',
      detail: '由备份恢复，其后或已送达 / restored from a backup: it may have arrived since',
    })
  }
  books.chain.book(turn, restoredEvent(restored, rows.length, now))
  return turn.events
}

/** Messages of hops and deliveries that are open, or lie in the dead letters, where they may have been replayed. */
function unfinished(db: Sqlite): string[] {
  const hops = prepare(db, (_: NoArguments) =>
    build.selectFrom('hop').select('message').where('state', 'not in', ['done', 'dropped', 'rerouted']),
  )
  const deliveries = prepare(db, (_: NoArguments) =>
    build
      .selectFrom('delivery')
      .select('message')
      .where((e) => e.or([e('open', '=', 1), e('state', '=', 'dead')])),
  )
  return [...hops.all({}), ...deliveries.all({})].map(({ message }) => message)
}

/** The house's own come back to it, and are recognised there. */
function pushes(db: Sqlite): DeliveryRow[] {
  return prepare(db, (_: NoArguments) =>
    build
      .selectFrom('delivery')
      .selectAll()
      .where('mode', '=', 'push')
      .where('system', 'not in', [TIMER_SYSTEM, COLLECT_SYSTEM])
      .where((e) => e.or([e('open', '=', 1), e('state', '=', 'dead')]))
      .orderBy('seq'),
  ).all({})
}
