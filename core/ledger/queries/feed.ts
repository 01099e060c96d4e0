import type { YizhanEvent } from '../../events/event.ts'
import type { MessageKind } from '../../message/schema.ts'
import type { FeedBatch, FeedMessage, FeedPosition } from '../port.ts'
import { parseEvent } from '../hydrate.ts'
import { addressFields, COLLECT_SYSTEM, TIMER_SYSTEM } from '../address.ts'
import { asNumber, asText, build, prepare, type Database } from '../statement.ts'

interface MessageFacts {
  readonly id: string
  readonly kind: string
  readonly number: string | null
  readonly trace: string
  readonly parent: string | null
  readonly subject: string | null
  readonly from_unit: string | null
  readonly rank: number
  readonly must_not_reach: string | null
  readonly about_trace: string | null
  readonly about_restricted: string | null
  readonly began_as: string | null
  readonly about_began_as: string | null
  readonly began_id: string | null
}

/** Deliveries that the station makes to itself are nobody else's affair. */
const OWN = new Set<string>([TIMER_SYSTEM, COLLECT_SYSTEM])

/** Reads the two tables that the public feed is made from. */
export class FeedQueries {
  readonly #deliveries
  readonly #events
  readonly #message

  constructor(db: Database) {
    this.#deliveries = prepare(db, (p: { after: number; max: number }) =>
      build
        .selectFrom('delivery')
        .select(['seq', 'id', 'message', 'system', 'unit', 'mode', 'created_at'])
        .where('seq', '>', asNumber(p.after))
        .orderBy('seq')
        .limit(p.max),
    )
    this.#events = prepare(db, (p: { after: number; max: number }) =>
      build
        .selectFrom('event')
        .select(['seq', 'code', 'body'])
        .where('seq', '>', asNumber(p.after))
        .orderBy('seq')
        .limit(p.max),
    )
    this.#message = prepare(db, (p: { id: string }) =>
      build
        .selectFrom('message as m')
        .leftJoin('message as s', 's.id', 'm.subject')
        .leftJoin('message as first', 'first.id', 'm.trace')
        .leftJoin('message as s_first', 's_first.id', 's.trace')
        .select([
          'm.id',
          'm.kind',
          'm.number',
          'm.trace',
          'm.parent',
          'm.subject',
          'm.from_unit',
          'm.rank',
          'm.must_not_reach',
          's.trace as about_trace',
          's.must_not_reach as about_restricted',
          'first.kind as began_as',
          'first.external_id as began_id',
          's_first.kind as about_began_as',
        ])
        .where('m.id', '=', asText(p.id)),
    )
  }

  async next({
    after,
    max,
    codes,
  }: {
    readonly after: FeedPosition
    readonly max: number
    readonly codes: readonly string[]
  }): Promise<FeedBatch> {
    const wanted = new Set(codes)
    const known = new Map<string, FeedMessage | undefined>()
    const message = async (id: string): Promise<FeedMessage | undefined> => {
      if (!known.has(id)) known.set(id, toMessage(await this.#message.get({ id })))
      return known.get(id)
    }
    // events first: a delivery that one of them is about is then among the deliveries, or has been
    const events = await this.#events.all({ after: after.events, max })
    const deliveries = await this.#deliveries.all({ after: after.deliveries, max })
    const made: FeedBatch['deliveries'][number][] = []
    for (const row of deliveries) {
      const about = OWN.has(row.system) ? undefined : await message(row.message)
      if (about === undefined) continue
      const { unit } = addressFields(row)
      const mode = row.mode === 'push' ? 'push' : 'pickup'
      made.push({ position: row.seq, row: row.id, system: row.system, unit, mode, at: row.created_at, message: about })
    }
    const booked: FeedBatch['events'][number][] = []
    for (const row of events) {
      if (!wanted.has(row.code)) continue
      const event: YizhanEvent = parseEvent(row.body)
      const about = event.message === undefined || isOwn(event) ? undefined : await message(event.message)
      if (about !== undefined) booked.push({ position: row.seq, event, message: about })
    }
    return {
      deliveries: made,
      events: booked,
      end: {
        deliveries: deliveries.at(-1)?.seq ?? after.deliveries,
        events: events.at(-1)?.seq ?? after.events,
      },
    }
  }
}

function isOwn({ system }: YizhanEvent): boolean {
  return system !== undefined && OWN.has(system)
}

function toMessage(row: MessageFacts | undefined): FeedMessage | undefined {
  if (row === undefined) return undefined
  return {
    id: row.id,
    kind: row.kind as MessageKind,
    // a petition's is the code by which its citizen asks for it
    number: row.began_as === 'petition' || row.about_began_as === 'petition' ? undefined : (row.number ?? undefined),
    trace: row.trace,
    parent: row.parent ?? undefined,
    about: row.subject ?? undefined,
    story: row.about_trace ?? row.trace,
    from: row.from_unit ?? undefined,
    rank: row.rank,
    channelId: row.began_as === 'channel' ? (row.began_id ?? undefined) : undefined,
    restricted: isRestricted(row.must_not_reach) || isRestricted(row.about_restricted),
  }
}

function isRestricted(list: string | null): boolean {
  return list !== null && list !== '[]'
}
