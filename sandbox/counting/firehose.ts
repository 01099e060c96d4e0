import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { connect, type ChannelModel } from 'amqplib'
import Database from 'better-sqlite3'

/** One publish to an exchange of the public feed, as the broker's own tracing shows it. */
interface Publish {
  readonly exchange: string
  readonly key: string
  /** message-id */
  readonly id: string
  readonly data: Readonly<Record<string, unknown>>
  /** when we were told, milliseconds since 1970 */
  readonly at: number
}

/** What the broker saw published, against what the ledger has booked. */
export interface FeedAccount {
  readonly deliveries: number
  readonly outcomes: number
  /** publishes that the broker saw */
  readonly publishes: number
  /** ids of what the ledger has and the broker never saw */
  readonly missing: readonly string[]
  /** ids that the ledger does not know */
  readonly unknown: readonly string[]
  /** published again, the station having been killed in between */
  readonly explained: number
  /** published again without that */
  readonly twice: readonly string[]
  /** restricted messages, and what was said of them beyond id, kind and state */
  readonly restricted: number
  readonly leaks: readonly string[]
}

const EXCHANGES = { delivery: 'yizhan.deliveries', event: 'yizhan.events' } as const
/** docs/feed.md: the events that are outcomes */
const OUTCOMES = new Set([
  'message.accepted',
  ...['delivered', 'refused', 'in-doubt', 'held', 'expired'].map((state) => `delivery.${state}`),
  ...['added', 'replayed', 'dropped'].map((state) => `dead-letter.${state}`),
])
/** What the station delivers to itself. */
const OWN = new Set(['timer', 'collect'])
const BARE = JSON.stringify(['kind', 'message', 'schema', 'state'])
/** We hear of a publish so long after it, at most, milliseconds. */
const LAG_MS = 2_000

/**
 * Listens to RabbitMQ's firehose (`rabbitmqctl trace_on`: exchange amq.rabbitmq.trace, which gets a copy of every
 * publish), so that the feed is counted by the broker and not by its station.
 */
export class Firehose {
  readonly #model: ChannelModel
  readonly #publishes: Publish[] = []

  private constructor(model: ChannelModel) {
    this.#model = model
  }

  /** @param url of the broker, of a user who may read amq.rabbitmq.trace */
  static async listen(url: string): Promise<Firehose> {
    const model = await connect(url)
    const firehose = new Firehose(model)
    const channel = await model.createChannel()
    const { queue } = await channel.assertQueue('', { exclusive: true })
    for (const exchange of Object.values(EXCHANGES))
      await channel.bindQueue(queue, 'amq.rabbitmq.trace', `publish.${exchange}`)
    await channel.consume(
      queue,
      (message) => {
        if (message === null) return
        const headers = message.properties.headers as {
          readonly exchange_name: string
          readonly routing_keys: readonly string[]
          readonly properties: { readonly message_id: string }
        }
        const { data } = JSON.parse(message.content.toString('utf8')) as Pick<Publish, 'data'>
        firehose.#publishes.push({
          exchange: headers.exchange_name,
          key: headers.routing_keys[0] ?? '',
          id: headers.properties.message_id,
          data,
          at: Date.now(),
        })
      },
      { noAck: true },
    )
    return firehose
  }

  get publishes(): readonly Publish[] {
    return this.#publishes
  }

  close(): Promise<void> {
    return this.#model.close()
  }
}

/** A message that must not reach some unit, or speaks about one. */
export interface Restricted {
  readonly id: string
  readonly units: readonly string[]
}

/** The ledger in a data folder, read by plain SQL. */
export class LedgerBooks {
  readonly #db: Database.Database

  constructor(data: string) {
    const file = [join(data, 'ledger.db'), join(data, 'ledger', 'ledger.db')].find((path) => existsSync(path))
    if (file === undefined) throw new Error(`no ledger.db in ${data}`)
    this.#db = new Database(file, { readonly: true })
  }

  /** ids under which everything must have been published, by kind */
  wanted(station: string): { readonly deliveries: readonly string[]; readonly outcomes: readonly string[] } {
    const rows = (sql: string): unknown[] => this.#db.prepare(sql).all()
    const deliveries = rows('select seq, system from delivery') as { readonly seq: number; readonly system: string }[]
    const events = rows('select seq, code, body from event') as {
      readonly seq: number
      readonly code: string
      readonly body: string
    }[]
    return {
      deliveries: deliveries.filter(({ system }) => !OWN.has(system)).map(({ seq }) => `${station}/delivery/${seq}`),
      outcomes: events
        .filter(({ code, body }) => {
          if (!OUTCOMES.has(code)) return false
          const { message, system } = JSON.parse(body) as { readonly message?: string; readonly system?: string }
          return message !== undefined && !OWN.has(system ?? '')
        })
        .map(({ seq }) => `${station}/event/${seq}`),
    }
  }

  restricted(): readonly Restricted[] {
    const found = this.#db
      .prepare(
        `select m.id, coalesce(nullif(m.must_not_reach, '[]'), s.must_not_reach) as units
         from message m left join message s on s.id = m.subject
         where nullif(m.must_not_reach, '[]') is not null or nullif(s.must_not_reach, '[]') is not null`,
      )
      .all() as { readonly id: string; readonly units: string }[]
    return found.map(({ id, units }) => ({ id, units: JSON.parse(units) as string[] }))
  }

  /** A message that one of these units has been sent, and that any of them may therefore read. */
  sentTo(unit: string): string | undefined {
    const row = this.#db
      .prepare(
        `select d.message from delivery d join message m on m.id = d.message
         where d.unit = ? and nullif(m.must_not_reach, '[]') is null limit 1`,
      )
      .get(unit) as { readonly message: string } | undefined
    return row?.message
  }

  close(): void {
    this.#db.close()
  }
}

/** @param deaths when the station was killed, milliseconds since 1970 */
export function feedAccount(
  publishes: readonly Publish[],
  books: LedgerBooks,
  station: string,
  deaths: readonly number[],
): FeedAccount {
  const { deliveries, outcomes } = books.wanted(station)
  const wanted = new Set([...deliveries, ...outcomes])
  const first = new Map<string, number>()
  const twice: string[] = []
  let explained = 0
  for (const { id, at } of publishes) {
    const before = first.get(id)
    if (before === undefined) first.set(id, at)
    else if (deaths.some((death) => before - LAG_MS <= death && death <= at)) explained++
    else twice.push(id)
  }
  const restricted = books.restricted()
  const kept = new Set(restricted.map(({ id }) => id))
  return {
    deliveries: deliveries.length,
    outcomes: outcomes.length,
    publishes: publishes.length,
    missing: [...wanted].filter((id) => !first.has(id)),
    unknown: [...first.keys()].filter((id) => !wanted.has(id)),
    explained,
    twice,
    restricted: kept.size,
    leaks: publishes.filter((publish) => tellsTooMuch(publish, kept)).map(({ id }) => id),
  }
}

/** Of a restricted message: more than id, kind and state; of any other: that it has to do with a restricted one. */
function tellsTooMuch({ key, data }: Publish, kept: ReadonlySet<string>): boolean {
  const isBare = JSON.stringify(Object.keys(data).sort()) === BARE && key.split('.').slice(2).join('.') === '_._._'
  if (kept.has(String(data['message']))) return !isBare
  return Object.values(data).some((value) => kept.has(String(value)))
}

/** Nothing is missing, unknown, unexplained or said that must not be. */
export function isSound({ missing, unknown, twice, leaks, publishes }: FeedAccount): boolean {
  return publishes > 0 && [missing, unknown, twice, leaks].every(({ length }) => length === 0)
}
