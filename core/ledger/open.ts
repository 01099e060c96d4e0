import { existsSync, mkdirSync } from 'node:fs'
import path from 'node:path'
import { LruBytes } from '../content/lru.ts'
import type { ContentStore } from '../content/port.ts'
import { createContentStore } from '../content/store.ts'
import { VolumeReader } from '../content/volume-reader.ts'
import { YizhanError } from '../errors/error.ts'
import type { YizhanEvent } from '../events/event.ts'
import type { Clock } from '../util/clock.ts'
import { moduleFile } from '../util/module-file.ts'
import { NO_AUDIT_KEYS, type AuditKeys } from './audit-key.ts'
import { toBodies } from './client/acceptance.ts'
import { createLedger } from './client/ledger.ts'
import { createRawStore, type RawStore } from './client/raw.ts'
import type { Commands } from './rules/index.ts'
import type { HopRules } from './rules/books.ts'
import { databaseFile, lockFolder } from './database.ts'
import type { Ledger } from './port.ts'
import type { Questions } from './queries/index.ts'
import type { PostgresAddress } from './postgres/address.ts'
import { Scrubbing, type ScrubberOptions, type ScrubState } from './scrubbing.ts'
import { Thread } from './thread.ts'
import type { WriterOptions } from './wire.ts'

export interface LedgerOptions {
  /** holds `ledger.db` and the folder `content`; made if it is missing, and this process's alone while it is open */
  readonly folder: string
  /** a PostgreSQL that keeps it instead, bodies too; the folder then holds the station's own files only */
  readonly postgres?: PostgresAddress | undefined
  /** names the audit chain */
  readonly station: string
  readonly clock: Clock
  readonly hop: HopRules
  /** a volume of bodies is rolled at this size, 256 MiB unless told */
  readonly maxVolumeBytes?: number | undefined
  /** recent bodies kept in memory, 16 MiB unless told */
  readonly recentBytes?: number | undefined
  /** checks every body that comes against its digest (tests) */
  readonly verifyBodies?: boolean | undefined
  /** a second file for the end of the chain, best on another disk; `ledger.end` in the folder is always one */
  readonly witness?: string | undefined
  /** of the audit chain; none unless told */
  readonly auditKeys?: AuditKeys | undefined
  /** who has said to go on although the database has lost its tail; absent: LEDGER_BEHIND */
  readonly acceptLoss?: string | undefined
  /** how the volumes are looked through; absent: not at all */
  readonly scrub?: Pick<ScrubberOptions, 'bytesPerSecond' | 'everyMs'> | undefined
  /** what the ledger has to tell that belongs to no call */
  readonly onEvent?: ((event: YizhanEvent) => void) | undefined
  /** is told when the write-ahead log cannot be copied, as on a full disk: nothing is lost, but the log grows */
  readonly onTrouble?: ((error: Error) => void) | undefined
}

export interface OpenedLedger {
  readonly ledger: Ledger
  readonly content: ContentStore
  /** submissions as they came */
  readonly raw: RawStore
  /** how the volumes are, as far as they were looked through */
  readonly scrubbed: () => ScrubState | undefined
  /**
   * resolves when a thread of the ledger has ended by itself (its memory, a failing disk): every call rejects from then
   * on
   */
  readonly gone: Promise<Error>
}

/**
 * Opens the ledger in a folder, or on a PostgreSQL: in two threads, one that writes and one that answers questions.
 * Nobody else can have it open, so what an earlier process had claimed counts as run out: `recover` and `sweep` bring
 * it back at once.
 *
 * @throws YizhanError LEDGER_BEHIND if the database lacks what its witnesses have seen; of a PostgreSQL LEDGER_AWAY,
 *   LEDGER_HELD
 */
export async function openLedger(options: LedgerOptions): Promise<OpenedLedger> {
  const { folder, station, hop, clock } = options
  const contentFolder = path.join(folder, 'content')
  if (options.postgres !== undefined && existsSync(databaseFile(folder))) throw anotherLedger(databaseFile(folder))
  const lock = lockFolder(folder)
  mkdirSync(contentFolder, { recursive: true })
  const { writer, reader } = await startThreads(
    {
      folder,
      station,
      hop,
      contentFolder,
      maxVolumeBytes: options.maxVolumeBytes,
      verifyBodies: options.verifyBodies ?? false,
      witnesses: [path.join(folder, 'ledger.end'), ...(options.witness === undefined ? [] : [options.witness])],
      acceptLoss: options.acceptLoss,
      auditKey: options.auditKeys?.current,
      now: clock.now(),
    },
    options.postgres,
  ).catch((thrown: unknown) => {
    lock.release()
    throw thrown
  })
  if (options.onEvent !== undefined) writer.listen(options.onEvent)
  if (options.onTrouble !== undefined) writer.onTrouble = options.onTrouble
  const volumes = new VolumeReader(contentFolder)
  const emit = options.onEvent ?? (() => undefined)
  const scrubbing =
    options.scrub === undefined || options.postgres !== undefined
      ? undefined
      : new Scrubbing({ ...options.scrub, folder, contentFolder }, clock, emit)
  let closed: Promise<void> | undefined
  // all at once: nothing is taken from the moment that closing begins
  const close = (): Promise<void> =>
    (closed ??= Promise.all([writer.close(), reader.close(), volumes.close(), scrubbing?.close()]).then(() =>
      lock.release(),
    ))

  const recent = new LruBytes(options.recentBytes ?? 16 * 1024 * 1024)
  const content = createContentStore(
    {
      locate: (digest) => reader.call('locate', digest),
      has: (digests) => reader.call('has', digests),
      write: (bodies) => writer.call('write', { bodies: toBodies(bodies, writer.arena) }),
    },
    volumes,
    recent,
    once((digest, reason) => {
      const detail = `${digest}: ${reason}`
      emit({ code: 'content.damaged', at: clock.now(), actor: 'station', error: 'CONTENT_MISSING', detail })
    }),
  )
  return {
    ledger: createLedger({
      ...{ writer, reader, recent, clock, close, contentFolder },
      auditKeys: options.auditKeys ?? NO_AUDIT_KEYS,
    }),
    content,
    raw: createRawStore(reader, content, volumes),
    scrubbed: () => scrubbing?.state,
    gone: Promise.race([writer.gone, reader.gone]),
  }
}

/** Another would begin empty beside it: what it had accepted would be forgotten, and accepted again. */
function anotherLedger(file: string): YizhanError {
  const rule = `${file}：台账还在数据文件夹中：先用 yizhan migrate 搬 / the ledger is in the data folder still: move it with yizhan migrate first`
  return new YizhanError('CONFIG_INVALID', { field: 'ledger.url', rule })
}

/** A body is asked for again and again: told once, as long as it is among the last thousand. */
function once(tell: (digest: string, reason: string) => void): (digest: string, reason: string) => void {
  const told = new Set<string>()
  return (digest, reason) => {
    if (told.has(digest)) return
    if (told.size >= 1_000) told.clear()
    told.add(digest)
    tell(digest, reason)
  }
}

/** Both threads, or neither. */
async function startThreads(
  options: WriterOptions,
  address: PostgresAddress | undefined,
): Promise<{ readonly writer: Thread<Commands>; readonly reader: Thread<Questions> }> {
  const where = address === undefined ? '.' : './postgres'
  const { folder, station } = options
  const [writer, reader] = await Promise.allSettled([
    Thread.start<Commands>(moduleFile(import.meta.url, `${where}/writer`), { ...options, address }),
    Thread.start<Questions>(moduleFile(import.meta.url, `${where}/reader`), { folder, station, address }),
  ])
  if (writer.status === 'fulfilled' && reader.status === 'fulfilled')
    return { writer: writer.value, reader: reader.value }
  for (const thread of [writer, reader]) if (thread.status === 'fulfilled') await thread.value.close()
  throw writer.status === 'rejected'
    ? writer.reason
    : reader.status === 'rejected'
      ? reader.reason
      : new Error('the threads did not start')
}
