import { existsSync } from 'node:fs'
import { YizhanError } from '../errors/error.ts'
import type { YizhanEvent } from '../events/event.ts'
import { databaseFile, openForReading } from './database.ts'
import { LinkRunStore } from './store/pruned-links.ts'
import { SqliteDatabase } from './sqlite.ts'
import { build, prepare } from './statement.ts'
import type { ChainEnd, Witness } from './witness.ts'

/** A tail that the database has lost. */
export interface LostTail {
  /** so many links are missing; 0 where the chain is as long, but another */
  readonly missing: number
  /** which witness says so, and what both have */
  readonly detail: string
}

/**
 * What the database lacks of what its witnesses have seen; undefined if nothing. Looks through a connection that only
 * reads: it leaves the write-ahead log as it is, for whoever has to find out what happened.
 *
 * @param fresh is told of a witness that has nothing to compare with, although there is a chain
 */
export async function lossOf(
  folder: string,
  witnesses: readonly Witness[],
  fresh: (file: string) => void,
): Promise<LostTail | undefined> {
  const chain = chainIn(folder)
  try {
    const losses: LostTail[] = []
    for (const witness of witnesses) {
      const seen = witness.read()
      if (seen === undefined) {
        if (chain.any) fresh(witness.file)
        continue
      }
      const here = await chain.links(seen.station)
      if (here >= seen.links && (seen.links === 0 || (await chain.hash(seen.station, seen.links)) === seen.hash))
        continue
      losses.push({ missing: Math.max(0, seen.links - here), detail: detailOf(witness.file, seen, here) })
    }
    return losses.sort((a, b) => b.missing - a.missing)[0]
  } finally {
    chain.close()
  }
}

interface Chains {
  /** whether there is any link */
  readonly any: boolean
  links(station: string): Promise<number>
  hash(station: string, link: number): Promise<string | undefined>
  close(): void
}

const NO_CHAINS: Chains = { any: false, links: async () => 0, hash: async () => undefined, close: () => undefined }

function chainIn(folder: string): Chains {
  if (!existsSync(databaseFile(folder))) return NO_CHAINS
  const db = openForReading(folder)
  const made = db.prepare<[], { name: string }>("select name from sqlite_master where name = 'chain'").get()
  if (made === undefined) return { ...NO_CHAINS, close: () => db.close() }
  const store = new SqliteDatabase(db)
  // The last link itself, not only where the chain is said to end.
  const links = prepare(store, (p: { station: string }) =>
    build
      .selectFrom('event')
      .select((e) => e.fn.max('link').as('link'))
      .where('station', '=', p.station),
  )
  const hash = prepare(store, (p: { station: string; link: number }) =>
    build.selectFrom('event').select('hash').where('station', '=', p.station).where('link', '=', p.link),
  )
  // a witness that was away for long may have seen a link whose detail is gone
  const hasRuns = db.prepare("select name from sqlite_master where name = 'pruned_links'").get() !== undefined
  const runs = hasRuns ? new LinkRunStore(store) : undefined
  return {
    any: db.prepare('select 1 from event limit 1').get() !== undefined,
    links: async (station) => (await links.get({ station }))?.link ?? 0,
    hash: async (station, link) => (await hash.get({ station, link }))?.hash ?? (await runs?.hashOf(station, link)),
    close: () => db.close(),
  }
}

function detailOf(file: string, { station, links, hash }: ChainEnd, here: number): string {
  const saw = `${file}: ${station} 第 ${links} 环 / link ${links}, ${hash.slice(0, 16)}`
  return here < links
    ? `${saw}；库中只到第 ${here} 环，缺 ${links - here} 环 / the database ends with link ${here}: ${links - here} are missing`
    : `${saw}；库中同一环的摘要不同，不是同一条链 / the database has another chain`
}

/** Not to be gone on with, unless a person says so. */
export function ledgerBehind(loss: LostTail): YizhanError {
  return new YizhanError('LEDGER_BEHIND', { value: String(loss.missing), detail: loss.detail })
}

/** That a person has said so. */
export function lossAccepted(loss: LostTail, actor: string, at: number): YizhanEvent {
  return { code: 'ledger.loss-accepted', at, actor, error: 'LEDGER_BEHIND', detail: loss.detail }
}
