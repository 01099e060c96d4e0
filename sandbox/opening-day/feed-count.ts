import { until } from '../clerk/until.ts'
import { feedAccount, Firehose, isSound, LedgerBooks, type FeedAccount } from '../counting/firehose.ts'
import type { House } from '../launch/house.ts'

/** What is committed last is published within a second or two of it, milliseconds. */
const LAST_MS = 30_000

export interface FeedReckoning extends FeedAccount {
  /** links of restricted messages that an account of a unit that they must not reach could open */
  readonly opened: readonly string[]
  /** links that such accounts could open, being of messages that were sent to them: the account works at all */
  readonly ownOpened: number
  readonly sound: boolean
}

/** Counts the public feed by RabbitMQ's firehose while a day is played (docs/feed.md). */
export class FeedCount {
  readonly #firehose: Firehose
  readonly #deaths: number[] = []
  #house: House | undefined

  private constructor(firehose: Firehose) {
    this.#firehose = firehose
  }

  /** Before the station starts. @param bus of a broker whose tracing is on (`rabbitmqctl trace_on`) */
  static async listen(bus: string): Promise<FeedCount> {
    return new FeedCount(await Firehose.listen(bus))
  }

  watch(house: House): void {
    this.#house = house
    house.station.on('gone', () => this.#deaths.push(Date.now()))
  }

  /** While the station still runs. @param data its folder */
  async finish(data: string): Promise<FeedReckoning> {
    const house = this.#house
    if (house === undefined) throw new Error('nothing was watched')
    const books = new LedgerBooks(data)
    try {
      const station = (await this.#health(house)).station
      const account = (): FeedAccount => feedAccount(this.#firehose.publishes, books, station, this.#deaths)
      const isWhole = (): boolean => account().missing.length === 0
      // what is missing in the end is counted, and told with all else
      await until(isWhole, house.station, 'notice', LAST_MS, 'the feed').catch(() => undefined)
      const told = await this.#links(house, books)
      const counted = account()
      return { ...counted, ...told, sound: isSound(counted) && told.opened.length === 0 && told.ownOpened > 0 }
    } finally {
      books.close()
      await this.#firehose.close()
    }
  }

  async #health(house: House): Promise<{ readonly station: string }> {
    return (await (await house.ask('/admin/health')).json()) as { readonly station: string }
  }

  /** Whoever must not be reached asks for every restricted message by its link, and for one of its own. */
  async #links(house: House, books: LedgerBooks): Promise<Pick<FeedReckoning, 'opened' | 'ownOpened'>> {
    const opened: string[] = []
    let ownOpened = 0
    const asked = new Set<string>()
    for (const { id, units } of books.restricted())
      for (const unit of units)
        for (const account of house.city.files.accounts.filter(
          (one) => one.units !== '*' && one.units.includes(unit),
        )) {
          if (await this.#opens(house, account.id, id)) opened.push(`${account.id} ${id}`)
          const own = asked.has(account.id) ? undefined : books.sentTo(unit)
          asked.add(account.id)
          if (own !== undefined && (await this.#opens(house, account.id, own))) ownOpened++
        }
    return { opened, ownOpened }
  }

  async #opens(house: House, account: string, id: string): Promise<boolean> {
    const login = Buffer.from(`${account}:${house.secrets[`account.${account}`] ?? ''}`).toString('base64')
    const answer = await fetch(`${house.ready().http}/feed/messages/${encodeURIComponent(id)}`, {
      headers: { authorization: `Basic ${login}` },
    })
    await answer.arrayBuffer()
    return answer.ok
  }
}
