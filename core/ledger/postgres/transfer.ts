import { existsSync, renameSync } from 'node:fs'
import path from 'node:path'
import { crc32 } from 'node:zlib'
import { digestOf } from '../../content/digest.ts'
import { VolumeReader } from '../../content/volume-reader.ts'
import { YizhanError } from '../../errors/error.ts'
import { databaseFile, lockFolder, mustBeIn, openForWriting, type Sqlite } from '../database.ts'
import { migrate } from '../migrate.ts'
import { RESTORED_FILE } from '../restored.ts'
import { shownPostgres, type PostgresAddress } from './address.ts'
import { WritingConnection } from './connection.ts'

/** A statement has so many rows at most, and so many bytes of them. */
const ROWS_AT_ONCE = 100
const BYTES_AT_ONCE = 4_000_000

export interface Moved {
  readonly rows: number
  /** bytes of bodies and submissions that lay in volumes */
  readonly bytes: number
  /** where the file lies that a start would have taken */
  readonly file: string
}

type Value = string | number | Uint8Array | null
type Row = Readonly<Record<string, Value>>

/**
 * Copies the ledger of a station that is stopped onto an empty PostgreSQL, the bodies of its volumes too, in one
 * transaction, and puts its file aside. Whatever kills it, the ledger is in one of the two, and doing it again goes on.
 *
 * @param progress rows
 * @throws YizhanError CONFIG_INVALID, LEDGER_AWAY, LEDGER_HELD; LEDGER_CORRUPT where a body is not what it was
 */
export async function moveToPostgres(
  folder: string,
  address: PostgresAddress,
  station: string,
  progress: ((done: number, total: number) => void) | undefined,
): Promise<Moved> {
  mustBeIn(folder)
  if (existsSync(path.join(folder, RESTORED_FILE))) {
    const rule = '由备份恢复后尚未启动过：先启动一次 / restored and not started since: start it once before'
    throw new YizhanError('CONFIG_INVALID', { field: 'folder', value: folder, rule })
  }
  const lock = lockFolder(folder)
  try {
    const db = openForWriting(folder)
    const volumes = new VolumeReader(path.join(folder, 'content'))
    let connection: WritingConnection | undefined
    let copied = { rows: 0, bytes: 0 }
    try {
      await migrate(db)
      connection = (await WritingConnection.open(address, station)).connection
      if (!(await isThere(db, connection, address))) copied = await copyAll(db, volumes, connection, progress)
      db.pragma('wal_checkpoint(TRUNCATE)')
    } finally {
      await connection?.close()
      await volumes.close()
      db.close()
    }
    const file = `${databaseFile(folder)}.moved`
    renameSync(databaseFile(folder), file)
    return { ...copied, file }
  } finally {
    lock.release()
  }
}

/** Whether it was copied before, and killed before its file was put aside. */
async function isThere(db: Sqlite, connection: WritingConnection, address: PostgresAddress): Promise<boolean> {
  const text = 'select station, links, hash from chain order by station'
  const here = db.prepare<[], Row>(text).all()
  const there = (await connection.query({ text })).rows as Row[]
  const asText = (rows: readonly Row[]): string =>
    rows.map(({ station, links, hash }) => [station, links, hash].join(' ')).join('\n')
  if (here.length > 0 && asText(here) === asText(there)) return true
  const { rows } = await connection.query({ text: 'select 1 from message union all select 1 from event limit 1' })
  if (there.length === 0 && rows.length === 0) return false
  const rule =
    '库中已有另一台账；给一个空的库或 search_path / another ledger is there: name an empty database or search_path'
  throw new YizhanError('CONFIG_INVALID', { field: 'ledger.url', value: shownPostgres(address.url), rule })
}

async function copyAll(
  db: Sqlite,
  volumes: VolumeReader,
  connection: WritingConnection,
  progress: ((done: number, total: number) => void) | undefined,
): Promise<{ readonly rows: number; readonly bytes: number }> {
  const tables = db
    .prepare<[], string>(
      "select name from sqlite_master where type = 'table' and name not like 'kysely%' and name not like 'sqlite%'",
    )
    .pluck()
    .all()
  const count = (table: string): number => db.prepare<[], number>(`select count(*) from "${table}"`).pluck().get() ?? 0
  const total = tables.reduce((sum, table) => sum + count(table), 0)
  let [rows, bytes] = [0, 0]
  await connection.begin()
  try {
    for (const table of tables) {
      const batch = new Batch(connection, table)
      for (const row of db.prepare<[], Row>(`select * from "${table}"`).iterate()) {
        const { volume } = row
        const whole = typeof volume === 'number' ? await withBytes(table, row, volume, volumes) : row
        if (whole !== row) bytes += Number(row['size'])
        await batch.add(whole)
        rows += 1
        if (rows % 1_000 === 0) progress?.(rows, total)
      }
      await batch.flush()
      if ('seq' in (batch.last ?? {}))
        await connection.query({
          text: `select setval(pg_get_serial_sequence($1, 'seq'), (select max(seq) from "${table}"))`,
          values: [`"${table}"`],
        })
    }
    await connection.commit()
  } catch (thrown) {
    await connection.rollback()
    throw thrown
  }
  progress?.(total, total)
  return { rows, bytes }
}

/** The row with the bytes that lie in a volume, which have to be those that were booked. */
async function withBytes(table: string, row: Row, volume: number, volumes: VolumeReader): Promise<Row> {
  const bytes = await volumes.read(volume, Number(row['position']), Number(row['size']))
  const isWhole = table === 'content' ? digestOf(bytes) === row['digest'] : crc32(bytes) === row['crc']
  if (!isWhole) {
    const name = String(row['digest'] ?? row['message'])
    throw new YizhanError('LEDGER_CORRUPT', {
      detail: `${table} ${name}: 内容与登记不符 / other bytes than were booked`,
    })
  }
  return { ...row, bytes, volume: null, position: null }
}

/** Rows of one table, many to a statement. */
class Batch {
  readonly #connection: WritingConnection
  readonly #table: string
  #rows: Row[] = []
  #bytes = 0
  last: Row | undefined

  constructor(connection: WritingConnection, table: string) {
    this.#connection = connection
    this.#table = table
  }

  async add(row: Row): Promise<void> {
    this.last = row
    this.#rows.push(row)
    for (const value of Object.values(row))
      this.#bytes += typeof value === 'string' ? value.length : value instanceof Uint8Array ? value.byteLength : 8
    if (this.#rows.length >= ROWS_AT_ONCE || this.#bytes >= BYTES_AT_ONCE) await this.flush()
  }

  async flush(): Promise<void> {
    const [first] = this.#rows
    if (first === undefined) return
    const columns = Object.keys(first)
    const values = this.#rows.flatMap((row) => columns.map((column) => row[column] ?? null))
    const places = this.#rows.map((_, n) => `(${columns.map((__, m) => `$${n * columns.length + m + 1}`).join(', ')})`)
    await this.#connection.query({
      text: `insert into "${this.#table}" (${columns.map((column) => `"${column}"`).join(', ')}) values ${places.join(', ')}`,
      values,
    })
    this.#rows = []
    this.#bytes = 0
  }
}
