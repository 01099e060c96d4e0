import { crc32 } from 'node:zlib'
import { digestOf } from '../content/digest.ts'
import { parseMessage } from '../message/json.ts'
import type { AuditKey, AuditKeys } from './audit-key.ts'
import { openForReading, type Sqlite } from './database.ts'
import { SqliteDatabase } from './sqlite.ts'
import type { ChainAnchor } from './port.ts'
import { LinkRunStore } from './store/pruned-links.ts'
import { ChainWalker } from './queries/verify.ts'
import { Scrub } from './scrub.ts'
import { VolumeIndex, type VolumeSum } from './volume-index.ts'

/** Links at a time. */
const LINKS = 10_000

/**
 * A copy of the ledger as it is at one moment, made beside a station that goes on: one read transaction, into a file
 * that is not there yet. The caller syncs it.
 */
export function snapshotLedger(folder: string, into: string): void {
  const db = openForReading(folder)
  try {
    db.prepare('vacuum into ?').run(into)
  } finally {
    db.close()
  }
}

/** A copy of a ledger that nobody writes to, and what is to be known of it. */
export class LedgerSnapshot {
  readonly #db: Sqlite
  readonly #volumes: VolumeIndex

  /** @param folder has `ledger.db` */
  constructor(folder: string) {
    this.#db = openForReading(folder)
    this.#volumes = new VolumeIndex(this.#db)
  }

  /** What its rows name of each volume. */
  volumes(): readonly VolumeSum[] {
    return this.#volumes.sums()
  }

  async chains(): Promise<readonly ChainAnchor[]> {
    return new ChainWalker(new SqliteDatabase(this.#db)).ends()
  }

  /** Whether its chains have come by these ends: then it goes on from whatever had them. */
  async hasPassed(ends: readonly ChainAnchor[]): Promise<boolean> {
    const link = this.#db.prepare<[string, number], { hash: string }>(
      'select hash from event where station = ? and link = ?',
    )
    const runs = new LinkRunStore(new SqliteDatabase(this.#db))
    for (const { station, links, hash } of ends) {
      if (links === 0) continue
      if ((link.get(station, links)?.hash ?? (await runs.hashOf(station, links))) !== hash) return false
    }
    return true
  }

  /**
   * Everything that is wrong, in words: pages, chain, bodies in rows, bodies that are still needed, volumes.
   *
   * @param contentFolder the copied volumes
   * @param from volumes before this one are known to be whole, and are not read again
   * @param progress bytes of volumes that were read
   */
  async faults(
    keys: AuditKeys,
    contentFolder: string,
    from: number,
    progress: (bytes: number) => void,
  ): Promise<readonly string[]> {
    return [
      ...this.#pages(),
      ...(await this.#chain(keys)),
      ...this.#inline(),
      ...this.#needed(),
      ...this.#inVolumes(contentFolder, from, progress),
    ]
  }

  close(): void {
    this.#db.close()
  }

  #pages(): string[] {
    const said = this.#db.pragma('quick_check(1)', { simple: true }) as string
    return said === 'ok' ? [] : [`ledger.db: ${said}`]
  }

  async #chain(keys: AuditKeys): Promise<string[]> {
    const walker = new ChainWalker(new SqliteDatabase(this.#db))
    const { walk, keyIds } = await walker.start({ anchors: [] })
    const known = keyIds.map((id) => keys.of(id)).filter((key): key is AuditKey => key !== undefined)
    for (let state = walk; ;) {
      // A key that was put in since the last start has no links yet: `yizhan audit` judges that.
      const step = await walker.step({ state, max: LINKS, keys: known, current: undefined })
      if (step.broken !== undefined) return [`审计链 audit chain: ${step.broken.reason}`]
      if (step.finished) return []
      state = step.state
    }
  }

  #inline(): string[] {
    const bodies = this.#db.prepare<[], { digest: string; bytes: Buffer }>(
      'select digest, bytes from content where bytes is not null',
    )
    const faults: string[] = []
    for (const { digest, bytes } of bodies.iterate()) if (digestOf(bytes) !== digest) faults.push(other(digest))
    const raws = this.#db.prepare<[], { message: string; crc: number; bytes: Buffer }>(
      'select message, crc, bytes from raw where bytes is not null',
    )
    for (const { message, crc, bytes } of raws.iterate()) if (crc32(bytes) !== crc) faults.push(other(message))
    return faults
  }

  /** Bodies of what is still on its way, or lies in the dead letters. */
  #needed(): string[] {
    const has = this.#db.prepare<[string]>('select 1 from content where digest = ?')
    const messages = this.#db.prepare<[], { id: string; body: string }>(
      `select id, body from message where id in (
         select message from hop where state not in ('done', 'dropped', 'rerouted')
         union select message from delivery where open = 1 or listed = 1 or state = 'dead')`,
    )
    const faults: string[] = []
    for (const { id, body } of messages.iterate())
      for (const { digest } of parseMessage(body).files)
        if (has.get(digest) === undefined) faults.push(`${id}: 正文不在库中 / its body is not held: ${digest}`)
    return faults
  }

  #inVolumes(folder: string, from: number, progress: (bytes: number) => void): string[] {
    const scrub = new Scrub(this.#volumes, folder, { volume: from, position: -1 })
    scrub.glance()
    for (let bytes = scrub.step(); bytes > 0; bytes = scrub.step()) progress(bytes)
    return scrub.damages.map(({ file, reason, count, first }) => `${file}: ${reason} (${count}, ${first})`)
  }
}

function other(name: string): string {
  return `${name}: 内容与登记不符 / other bytes than were booked`
}
