import type { Answer } from '../rules/answer.ts'
import type { RestoredRows } from '../rules/stores.ts'
import { COLLECT_SYSTEM, TIMER_SYSTEM } from '../address.ts'
import type { DeliveryRow } from '../schema.ts'
import { build, prepare, type Database, type NoArguments } from '../statement.ts'

/** What the first opening after a restoration looks at. */
export class RestoredStore implements RestoredRows {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  async isBooked(id: string): Promise<boolean> {
    const booked = prepare(this.#db, (p: { start: string }) =>
      build
        .selectFrom('event')
        .select('seq')
        .where('code', '=', 'ledger.restored')
        .where((e) => e(e.fn<number>('instr', ['body', e.val(p.start)]), '>', 0))
        .limit(1),
    )
    return (await booked.get({ start: `"${id} ` })) !== undefined
  }

  async unfinished(): Promise<string[]> {
    const hops = prepare(this.#db, (_: NoArguments) =>
      build.selectFrom('hop').select('message').where('state', 'not in', ['done', 'dropped', 'rerouted']),
    )
    const deliveries = prepare(this.#db, (_: NoArguments) =>
      build
        .selectFrom('delivery')
        .select('message')
        .where((e) => e.or([e('open', '=', 1), e('state', '=', 'dead')])),
    )
    const rows = [...(await hops.all({})), ...(await deliveries.all({}))]
    return rows.map(({ message }) => message)
  }

  pushes(): Answer<DeliveryRow[]> {
    return prepare(this.#db, (_: NoArguments) =>
      build
        .selectFrom('delivery')
        .selectAll()
        .where('mode', '=', 'push')
        .where('system', 'not in', [TIMER_SYSTEM, COLLECT_SYSTEM])
        .where((e) => e.or([e('open', '=', 1), e('state', '=', 'dead')]))
        .orderBy('seq'),
    ).all({})
  }
}
