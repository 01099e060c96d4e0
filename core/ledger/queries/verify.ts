import { genesis, linkHash } from '../audit.ts'
import type { Sqlite } from '../database.ts'
import { build, prepare, type NoArguments } from '../statement.ts'
import { parseEvent } from '../hydrate.ts'

/** How far a walk has come. Links booked after its start are left for the next. */
export interface Walk {
  readonly afterSeq: number
  readonly untilSeq: number
  readonly done: number
  readonly total: number
  /** the end of each station's chain so far */
  readonly ends: Readonly<Record<string, { readonly link: number; readonly hash: string }>>
  /** the ends that the stations wrote down when the walk began */
  readonly claimed: readonly { readonly station: string; readonly links: number; readonly hash: string }[]
}

export interface Step {
  readonly state: Walk
  readonly finished: boolean
  readonly broken?: { readonly at: number; readonly reason: string }
}

/** Walks the audit chains link by link. */
export class ChainWalker {
  readonly #db: Sqlite
  readonly #last
  readonly #ends
  readonly #links

  constructor(db: Sqlite) {
    this.#db = db
    this.#last = prepare(db, (_: NoArguments) => build.selectFrom('event').select((e) => [e.fn.max('seq').as('seq')]))
    this.#ends = prepare(db, (_: NoArguments) => build.selectFrom('chain').selectAll().orderBy('station'))
    this.#links = prepare(db, (p: { after: number; until: number; max: number }) =>
      build
        .selectFrom('event')
        .selectAll()
        .where('seq', '>', p.after)
        .where('seq', '<=', p.until)
        .orderBy('seq')
        .limit(p.max),
    )
  }

  start(): Walk {
    // one snapshot: the ends and the last link belong together
    return this.#db.transaction((): Walk => {
      const claimed = this.#ends.all({})
      return {
        afterSeq: 0,
        untilSeq: this.#last.get({})?.seq ?? 0,
        done: 0,
        total: claimed.reduce((n, end) => n + end.links, 0),
        ends: {},
        claimed,
      }
    })()
  }

  step({ state, max }: { readonly state: Walk; readonly max: number }): Step {
    const ends = { ...state.ends }
    const links = this.#links.all({ after: state.afterSeq, until: state.untilSeq, max })
    let { afterSeq, done } = state
    for (const row of links) {
      const end = ends[row.station] ?? { link: 0, hash: genesis(row.station) }
      const at = end.link + 1
      const reason = fault(row, at, end.hash)
      if (reason !== undefined)
        return {
          state: { ...state, done, afterSeq, ends },
          finished: true,
          broken: { at, reason: `${row.station}: ${reason}` },
        }
      ends[row.station] = { link: at, hash: row.hash }
      afterSeq = row.seq
      done += 1
    }
    const next: Walk = { ...state, afterSeq, done, ends }
    if (links.length === max) return { state: next, finished: false }
    return { state: next, finished: true, ...missing(next) }
  }
}

interface Link {
  readonly link: number
  readonly code: string
  readonly at: number
  readonly trace: string | null
  readonly body: string
  readonly hash: string
}

function fault(row: Link, expected: number, previous: string): string | undefined {
  if (row.link !== expected)
    return `缺少第 ${expected} 环，其后为第 ${row.link} 环 / link ${expected} is missing, ${row.link} follows`
  if (linkHash(previous, row.body) !== row.hash)
    return `第 ${expected} 环内容或摘要被改动 / link ${expected} was changed`
  const event = parseEvent(row.body)
  if (event.code !== row.code || event.at !== row.at || (event.trace ?? null) !== row.trace)
    return `第 ${expected} 环的索引列被改动 / the columns of link ${expected} were changed`
  return undefined
}

/** Links cut off the end leave a chain that is right as far as it goes. */
function missing(walk: Walk): { broken?: { at: number; reason: string } } {
  for (const { station, links, hash } of walk.claimed) {
    const end = walk.ends[station] ?? { link: 0, hash: genesis(station) }
    if (end.link !== links || end.hash !== hash) {
      return {
        broken: {
          at: end.link + 1,
          reason: `${station}: 链尾应为第 ${links} 环 / the chain should end with link ${links}`,
        },
      }
    }
  }
  for (const station of Object.keys(walk.ends)) {
    if (!walk.claimed.some((c) => c.station === station))
      return { broken: { at: 1, reason: `${station}: 链尾记录缺失 / the end of the chain is not on record` } }
  }
  return {}
}
