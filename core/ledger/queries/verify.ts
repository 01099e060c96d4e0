import { genesis, linkHash } from '../audit.ts'
import type { AuditKey } from '../audit-key.ts'
import type { EventCode } from '../../events/catalogue.ts'
import type { ChainAnchor } from '../port.ts'
import { build, prepare, type NoArguments, type Database } from '../statement.ts'
import { hashIn, NO_RUNS, prunedText, readPrunedText, runSum, type LinkRun, type RunsEnd } from '../pruned-links.ts'
import { parseEvent } from '../hydrate.ts'
import { LinkRunStore } from '../store/pruned-links.ts'

const KEYED = 'audit.keyed' satisfies EventCode
const PRUNED = 'audit.pruned' satisfies EventCode

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
  /** by station: runs of links whose detail may be gone, as far as they were looked at; what the chain says of them */
  readonly runs: Readonly<Record<string, RunsEnd>>
  readonly said: Readonly<Record<string, RunsEnd>>
  /** of the links, so many are there by their hash alone */
  readonly pruned: number
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
  readonly #ends
  readonly #links
  readonly #keyed
  readonly #prunedLinks
  readonly #prunedSince

  constructor(db: Database) {
    this.#prunedLinks = new LinkRunStore(db)
    this.#prunedSince = prepare(db, (p: { after: number }) =>
      build.selectFrom('event').select('body').where('seq', '>', p.after).where('code', '=', PRUNED).orderBy('seq'),
    )
    // of an empty table of ends too, the last link
    this.#ends = prepare(db, (_: NoArguments) =>
      build
        .selectFrom((e) =>
          e
            .selectFrom('event')
            .select((m) => m.fn.max('seq').as('until'))
            .as('last'),
        )
        .leftJoin('chain', (join) => join.onTrue())
        .select(['last.until', 'chain.station', 'chain.links', 'chain.hash'])
        .orderBy('chain.station'),
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

  async ends(): Promise<readonly ChainAnchor[]> {
    const ends = await this.#ends.all({})
    return ends.flatMap(toAnchor)
  }

  async start({ anchors }: { readonly anchors: readonly ChainAnchor[] }): Promise<{
    readonly walk: Walk
    /** of all keys that links were ever made with */
    readonly keyIds: readonly string[]
  }> {
    // one statement, and so one snapshot: the ends and the last link belong together
    const ends = await this.#ends.all({})
    const claimed = ends.flatMap(toAnchor)
    const walk: Walk = {
      afterSeq: 0,
      untilSeq: ends[0]?.until ?? 0,
      done: 0,
      total: claimed.reduce((n, end) => n + end.links, 0),
      unkeyed: 0,
      ends: {},
      claimed,
      runs: {},
      said: {},
      pruned: 0,
      anchors: Object.fromEntries(anchors.map(({ station, links, hash }) => [`${station} ${links}`, hash])),
    }
    const keyed = await this.#keyed.all({})
    return { walk, keyIds: [...new Set(keyed.map(({ body }) => parseEvent(body).detail ?? ''))] }
  }

  /** @param current the key that the last link of its station must have */
  async step({
    state,
    max,
    keys,
    current,
  }: {
    readonly state: Walk
    readonly max: number
    readonly keys: readonly AuditKey[]
    readonly current: AuditKey | undefined
  }): Promise<Step> {
    const known = new Map(keys.map((key) => [key.id, key]))
    const at = { ...state, anchors: { ...state.anchors }, ends: { ...state.ends }, runs: { ...state.runs } }
    const said = { ...state.said }
    const links = await this.#links.all({ after: state.afterSeq, until: state.untilSeq, max })
    const runs = new Runs(this.#prunedLinks, at.runs)
    for (const row of links) {
      const gap = await this.#pass(at, runs, row)
      const end: End = at.ends[row.station] ?? { link: 0, hash: genesis(row.station) }
      const link = end.link + 1
      const key = row.code === KEYED ? (parseEvent(row.body).detail ?? '') : end.key
      const reason =
        gap ??
        fault(row, link, end.hash, key, known) ??
        (await runs.fault(row)) ??
        unlike(at.anchors[`${row.station} ${link}`], row.hash, link)
      if (reason !== undefined)
        return { state: at, finished: true, broken: { at: link, reason: `${row.station}: ${reason}` } }
      at.ends[row.station] = { link, hash: row.hash, key }
      Reflect.deleteProperty(at.anchors, `${row.station} ${link}`)
      at.afterSeq = row.seq
      at.done += 1
      if (key === undefined) at.unkeyed += 1
      const statement = row.code === PRUNED ? readPrunedText(parseEvent(row.body).detail ?? '') : undefined
      if (statement !== undefined) said[statement.station] = { last: statement.last, sum: statement.sum }
    }
    const next: Walk = { ...at, said }
    if (links.length === max) return { state: next, finished: false }
    return {
      state: next,
      finished: true,
      ...(missing(next) ?? unsaid(next, await this.#saidSince(next)) ?? unkeyedEnd(next, current) ?? unreached(next)),
    }
  }

  /** Of what was pruned while the walk was under way: those links are verified by the next. */
  async #saidSince({ untilSeq }: Walk): Promise<readonly string[]> {
    return (await this.#prunedSince.all({ after: untilSeq })).map(({ body }) => parseEvent(body).detail ?? '')
  }

  /** Goes by their hashes over links whose rows are gone; what is wrong there. */
  async #pass(at: Mutable<Walk>, runs: Runs, { station, link: until }: Link): Promise<string | undefined> {
    for (;;) {
      const end: End = at.ends[station] ?? { link: 0, hash: genesis(station) }
      const link = end.link + 1
      if (link >= until) return undefined
      const hash = await runs.hashOf(station, link)
      if (hash === undefined) return runs.broken
      const reason = unlike(at.anchors[`${station} ${link}`], hash, link)
      if (reason !== undefined) return reason
      at.ends = Object.assign(at.ends, { [station]: { link, hash, key: end.key } })
      Reflect.deleteProperty(at.anchors, `${station} ${link}`)
      at.done += 1
      at.pruned += 1
      if (end.key === undefined) at.unkeyed += 1
    }
  }
}

function toAnchor(row: {
  readonly station: string | null
  readonly links: number | null
  readonly hash: string | null
}): ChainAnchor[] {
  const { station, links, hash } = row
  return station === null || links === null || hash === null ? [] : [{ station, links, hash }]
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** The runs along which a walk goes, each summed up once. */
class Runs {
  readonly #links: LinkRunStore
  readonly #ends: Record<string, RunsEnd>
  readonly #at = new Map<string, LinkRun>()
  /** a run that is not what its sum says */
  broken: string | undefined

  /** @param ends is moved along */
  constructor(links: LinkRunStore, ends: Record<string, RunsEnd>) {
    this.#links = links
    this.#ends = ends
  }

  async hashOf(station: string, link: number): Promise<string | undefined> {
    const run = await this.#run(station, link)
    return run === undefined ? undefined : hashIn(run, link)
  }

  /** A row that is still there is the one that its run knows. */
  async fault({ station, link, hash }: Link): Promise<string | undefined> {
    const known = await this.hashOf(station, link)
    if (this.broken !== undefined) return this.broken
    return known === undefined || known === hash
      ? undefined
      : `第 ${link} 环与精简记录不符 / link ${link} is not the one of the pruned links`
  }

  async #run(station: string, link: number): Promise<LinkRun | undefined> {
    const known = this.#at.get(station)
    if (known !== undefined && link >= known.first && link <= known.last) return known
    const before = this.#ends[station] ?? NO_RUNS
    const run = await this.#links.at(station, link)
    if (run === undefined) return undefined
    if (run.last > before.last) {
      if (run.first !== before.last + 1 || run.sum !== runSum(before.sum, run) || !isWhole(run)) {
        this.broken = `第 ${run.first} 至 ${run.last} 环的精简记录被改动 / the pruned links ${run.first} to ${run.last} were changed`
        return undefined
      }
      this.#ends[station] = { last: run.last, sum: run.sum }
    }
    this.#at.set(station, run)
    return run
  }
}

function isWhole({ first, last, hashes }: LinkRun): boolean {
  return hashes.byteLength === (last - first + 1) * 32
}

/** What was pruned is what the last link about it says, and not more. */
function unsaid({ runs, said }: Walk, since: readonly string[]): Broken | undefined {
  for (const station of new Set([...Object.keys(runs), ...Object.keys(said)])) {
    const { last, sum } = runs[station] ?? NO_RUNS
    const isSaid = said[station]?.last === last && said[station].sum === sum
    if (!isSaid && !since.includes(prunedText(station, { last, sum })))
      return {
        broken: {
          at: last + 1,
          reason: `${station}: 至第 ${last} 环的精简没有记录在链中 / no link says that the links up to ${last} were pruned`,
        },
      }
  }
  return undefined
}

interface Link {
  readonly station: string
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
