import type { LinkRuns } from '../rules/pruning.ts'
import { hashIn, NO_RUNS, runSum, type LinkRun, type RunsEnd } from '../pruned-links.ts'
import { build, prepare, type Database } from '../statement.ts'

export class LinkRunStore implements LinkRuns {
  readonly #containing
  readonly #lastRun
  readonly #insert

  constructor(db: Database) {
    // the first that ends there or later
    this.#containing = prepare(db, (p: { station: string; link: number }) =>
      build
        .selectFrom('pruned_links')
        .selectAll()
        .where('station', '=', p.station)
        .where('last', '>=', p.link)
        .orderBy('last')
        .limit(1),
    )
    this.#lastRun = prepare(db, (p: { station: string }) =>
      build
        .selectFrom('pruned_links')
        .select(['last', 'sum'])
        .where('station', '=', p.station)
        .orderBy('last', 'desc')
        .limit(1),
    )
    this.#insert = prepare(db, (p: { station: string; first: number; last: number; hashes: Uint8Array; sum: string }) =>
      build
        .insertInto('pruned_links')
        .values({ station: p.station, first: p.first, last: p.last, hashes: p.hashes, sum: p.sum }),
    )
  }

  async end(station: string): Promise<RunsEnd> {
    return (await this.#lastRun.get({ station })) ?? NO_RUNS
  }

  /** The run in which a link stands. */
  async at(station: string, link: number): Promise<LinkRun | undefined> {
    const run = await this.#containing.get({ station, link })
    return run !== undefined && run.first <= link ? run : undefined
  }

  async hashOf(station: string, link: number): Promise<string | undefined> {
    const run = await this.at(station, link)
    return run === undefined ? undefined : hashIn(run, link)
  }

  async add(station: string, first: number, hashes: readonly string[]): Promise<RunsEnd> {
    const before = await this.end(station)
    if (first !== before.last + 1) throw new Error(`links of ${station} are pruned from ${before.last + 1} on`)
    const run = {
      station,
      first,
      last: before.last + hashes.length,
      hashes: Buffer.concat(hashes.map((hash) => Buffer.from(hash, 'hex'))),
    }
    const sum = runSum(before.sum, run)
    await this.#insert.run({ ...run, sum })
    return { last: run.last, sum }
  }
}
