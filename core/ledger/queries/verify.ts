import { genesis, linkHash } from '../audit.ts'
import type { AuditKey } from '../audit-key.ts'
import type { EventCode } from '../../events/catalogue.ts'
import type { ChainAnchor } from '../port.ts'
import type { Sqlite } from '../database.ts'
import { build, prepare, type NoArguments } from '../statement.ts'
import { parseEvent } from '../hydrate.ts'

const KEYED = 'audit.keyed' satisfies EventCode

/** How far a walk has come. Links booked after its start are left for the next. */
export interface Walk {
  readonly afterSeq: number
  readonly untilSeq: number
  readonly done: number
  readonly total: number
  /** of these, made without a key */
  readonly unkeyed: number
  /** the end of each station's chain so far */
  readonly ends: Readonly<Record<string, End>>
  /** the ends that the stations wrote down when the walk began */
  readonly claimed: readonly ChainAnchor[]
  /** those that are still ahead, by station and link */
  readonly anchors: Readonly<Record<string, string>>
}

interface End {
  readonly link: number
  readonly hash: string
  /** id of the key of its last link */
  readonly key?: string | undefined
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
  readonly #keyed

  constructor(db: Sqlite) {
    this.#db = db
    this.#last = prepare(db, (_: NoArguments) => build.selectFrom('event').select((e) => [e.fn.max('seq').as('seq')]))
    this.#ends = prepare(db, (_: NoArguments) =>
      build.selectFrom('chain').select(['station', 'links', 'hash']).orderBy('station'),
    )
    this.#keyed = prepare(db, (_: NoArguments) => build.selectFrom('event').select('body').where('code', '=', KEYED))
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

  ends(): readonly ChainAnchor[] {
    return this.#ends.all({})
  }

  start({ anchors }: { readonly anchors: readonly ChainAnchor[] }): {
    readonly walk: Walk
    /** of all keys that links were ever made with */
    readonly keyIds: readonly string[]
  } {
    // one snapshot: the ends and the last link belong together
    return this.#db.transaction(() => {
      const claimed = this.#ends.all({})
      const walk: Walk = {
        afterSeq: 0,
        untilSeq: this.#last.get({})?.seq ?? 0,
        done: 0,
        total: claimed.reduce((n, end) => n + end.links, 0),
        unkeyed: 0,
        ends: {},
        claimed,
        anchors: Object.fromEntries(anchors.map(({ station, links, hash }) => [`${station} ${links}`, hash])),
      }
      return { walk, keyIds: [...new Set(this.#keyed.all({}).map(({ body }) => parseEvent(body).detail ?? ''))] }
    })()
  }

  /** @param current the key that the last link of its station must have */
  step({
    state,
    max,
    keys,
    current,
  }: {
    readonly state: Walk
    readonly max: number
    readonly keys: readonly AuditKey[]
    readonly current: AuditKey | undefined
  }): Step {
    const known = new Map(keys.map((key) => [key.id, key]))
    const anchors = { ...state.anchors }
    const ends = { ...state.ends }
    const links = this.#links.all({ after: state.afterSeq, until: state.untilSeq, max })
    let { afterSeq, done, unkeyed } = state
    for (const row of links) {
      const end: End = ends[row.station] ?? { link: 0, hash: genesis(row.station) }
      const at = end.link + 1
      const key = row.code === KEYED ? (parseEvent(row.body).detail ?? '') : end.key
      const reason = fault(row, at, end.hash, key, known) ?? unlike(anchors[`${row.station} ${at}`], row.hash, at)
      if (reason !== undefined)
        return {
          state: { ...state, done, unkeyed, afterSeq, ends, anchors },
          finished: true,
          broken: { at, reason: `${row.station}: ${reason}` },
        }
      ends[row.station] = { link: at, hash: row.hash, key }
      Reflect.deleteProperty(anchors, `${row.station} ${at}`)
      afterSeq = row.seq
      done += 1
      if (key === undefined) unkeyed += 1
    }
    const next: Walk = { ...state, afterSeq, done, unkeyed, ends, anchors }
    if (links.length === max) return { state: next, finished: false }
    return { state: next, finished: true, ...(missing(next) ?? unkeyedEnd(next, current) ?? unreached(next)) }
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

function fault(
  row: Link,
  expected: number,
  previous: string,
  keyId: string | undefined,
  keys: ReadonlyMap<string, AuditKey>,
): string | undefined {
  if (row.link !== expected)
    return `缺少第 ${expected} 环，其后为第 ${row.link} 环 / link ${expected} is missing, ${row.link} follows`
  const key = keyId === undefined ? undefined : keys.get(keyId)
  if (keyId !== undefined && key === undefined)
    return `第 ${expected} 环用的是密钥 ${keyId}，密钥文件中没有 audit.key.${keyId} / link ${expected} was made with a key that is not in the secrets`
  if (linkHash(previous, row.body, key) !== row.hash)
    return `第 ${expected} 环内容或摘要被改动 / link ${expected} was changed`
  const event = parseEvent(row.body)
  if (event.code !== row.code || event.at !== row.at || (event.trace ?? null) !== row.trace)
    return `第 ${expected} 环的索引列被改动 / the columns of link ${expected} were changed`
  return undefined
}

/** An anchor knows another link of this number. */
function unlike(anchored: string | undefined, hash: string, at: number): string | undefined {
  return anchored === undefined || anchored === hash
    ? undefined
    : `第 ${at} 环与锚点不同，锚点之前的链已重写 / link ${at} is not the one that was anchored: the chain was made anew`
}

type Broken = Pick<Step, 'broken'>

/** A chain that somebody without the key has made anew has none at its end. */
function unkeyedEnd(walk: Walk, current: AuditKey | undefined): Broken | undefined {
  if (current === undefined) return undefined
  for (const [station, { link, key }] of Object.entries(walk.ends))
    if (key !== current.id)
      return {
        broken: {
          at: link,
          reason: `${station}: 末环不是用现行密钥做的 / the last link was not made with the key in force`,
        },
      }
  return undefined
}

/** A chain that ends before an anchor has lost its tail. */
function unreached({ anchors, ends }: Walk): Broken | undefined {
  const [first] = Object.keys(anchors)
  if (first === undefined) return undefined
  const [station = '', links = ''] = first.split(' ')
  return {
    broken: {
      at: (ends[station]?.link ?? 0) + 1,
      reason: `${station}: 锚点记有第 ${links} 环，链中没有 / link ${links} was anchored and is not there`,
    },
  }
}

/** Links cut off the end leave a chain that is right as far as it goes. */
function missing(walk: Walk): Broken | undefined {
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
  return undefined
}
