import { existsSync } from 'node:fs'
import { YizhanError } from '../errors/error.ts'
import type { YizhanEvent } from '../events/event.ts'
import { databaseFile, openForReading } from './database.ts'
import { LinkRunStore } from './store/pruned-links.ts'
import { SqliteDatabase } from './sqlite.ts'
import { build, prepare, type Database, type NoArguments } from './statement.ts'
import type { ChainEnd, Witness } from './witness.ts'

/** A tail that the database has lost. */
export interface LostTail {
  /** so many links are missing; 0 where the chain is as long, but another */
  readonly missing: number
  /** which witness says so, and what both have */
  readonly detail: string
}

/**
 * What the database in a folder lacks of what its witnesses have seen; undefined if nothing. Looks through a connection
 * that only reads: it leaves the write-ahead log as it is, for whoever has to find out what happened.
 *
 * @param fresh is told of a witness that has nothing to compare with, although there is a chain
 */
export async function lossIn(
  folder: string,
  witnesses: readonly Witness[],
  fresh: (file: string) => void,
): Promise<LostTail | undefined> {
  if (!existsSync(databaseFile(folder))) return lossOf(NO_CHAINS, witnesses, fresh)
  const db = openForReading(folder)
  try {
    const tables = db.prepare<[], string>("select name from sqlite_master where type = 'table'").pluck().all()
    if (!tables.includes('chain')) return await lossOf(NO_CHAINS, witnesses, fresh)
    return await lossOf(chainsOf(new SqliteDatabase(db), tables.includes('pruned_links')), witnesses, fresh)
  } finally {
    db.close()
  }
}

/** The same of a store that is open. */
export async function lossOf(
  chains: Chains,
  witnesses: readonly Witness[],
  fresh: (file: string) => void,
): Promise<LostTail | undefined> {
  const losses: LostTail[] = []
  for (const witness of witnesses) {
    const seen = witness.read()
    if (seen === undefined) {
      if (await chains.any()) fresh(witness.file)
      continue
    }
    const here = await chains.links(seen.station)
    if (here >= seen.links && (seen.links === 0 || (await chains.hash(seen.station, seen.links)) === seen.hash))
      continue
    losses.push({ missing: Math.max(0, seen.links - here), detail: detailOf(witness.file, seen, here) })
  }
  return losses.sort((a, b) => b.missing - a.missing)[0]
}

interface Chains {
  /** whether there is any link */
  any(): Promise<boolean>
  links(station: string): Promise<number>
  hash(station: string, link: number): Promise<string | undefined>
}

const NO_CHAINS: Chains = { any: async () => false, links: async () => 0, hash: async () => undefined }

/** @param hasRuns whether it is of a form that knows pruned links */
export function chainsOf(db: Database, hasRuns = true): Chains {
  const any = prepare(db, (_: NoArguments) => build.selectFrom('event').select('seq').limit(1))
  // The last link itself, not only where the chain is said to end.
  const links = prepare(db, (p: { station: string }) =>
    build
      .selectFrom('event')
      .select((e) => e.fn.max('link').as('link'))
      .where('station', '=', p.station),
  )
  const hash = prepare(db, (p: { station: string; link: number }) =>
    build.selectFrom('event').select('hash').where('station', '=', p.station).where('link', '=', p.link),
  )
  // a witness that was away for long may have seen a link whose detail is gone
  const runs = hasRuns ? new LinkRunStore(db) : undefined
  return {
    any: async () => (await any.get({})) !== undefined,
    links: async (station) => (await links.get({ station }))?.link ?? 0,
    hash: async (station, link) => (await hash.get({ station, link }))?.hash ?? (await runs?.hashOf(station, link)),
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
