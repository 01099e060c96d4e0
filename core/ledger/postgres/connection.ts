import pg from 'pg'
import { asError, YizhanError } from '../../errors/error.ts'
import type { Transactions } from '../statement.ts'
import { clientConfig, shownPostgres, type PostgresAddress } from './address.ts'
import type { Runner } from './database.ts'
import { migratePostgres } from './migrate.ts'

/** The oldest release that is tested. */
const OLDEST = 150_000
/** SQLSTATE of a session that the server has ended, or that lost it */
const ENDED = /^(08|57P|25P03)/u
/** The server ends a session of ours that is silent for so long … */
const SILENT_MS = 10_000
/** … and hears from it so often while nothing is written. */
const BEAT_MS = 2_500
const FAREWELL_MS = 2_000
/** Begins the keys of our advisory locks: `yizh` */
const OURS = 0x79_69_7a_68
/** How long the server may need to notice that whoever held the ledger before is gone. */
const PREDECESSOR_MS = 15_000
const LOOK_AGAIN_MS = 250

/**
 * The one connection that writes. It holds the ledger: a lock of its session that no other station gets while it lives,
 * and without which it writes nothing. A connection that broke is never gone on with in the middle of a transaction;
 * the next transaction opens another. A station that dies, stands still or is cut off loses the lock within seconds.
 */
export class WritingConnection implements Runner, Transactions {
  readonly #address: PostgresAddress
  readonly #name: string
  #client: pg.Client | undefined
  #broken = false
  #open = false
  #beat: NodeJS.Timeout | undefined

  private constructor(address: PostgresAddress, name: string) {
    this.#address = address
    this.#name = name
  }

  /**
   * Brings the tables to their newest form.
   *
   * @param name of the station, for whoever looks at the server's sessions
   * @throws YizhanError LEDGER_AWAY, LEDGER_HELD, LEDGER_NEWER, CONFIG_INVALID
   */
  static async open(
    address: PostgresAddress,
    name: string,
  ): Promise<{ readonly connection: WritingConnection; readonly upgraded: readonly string[] }> {
    const connection = new WritingConnection(address, name)
    try {
      const client = await connection.#connect(PREDECESSOR_MS)
      return { connection, upgraded: await migratePostgres(client) }
    } catch (thrown) {
      await connection.close()
      throw thrown
    }
  }

  async query(statement: pg.QueryConfig): Promise<pg.QueryResult> {
    if (this.#client === undefined || this.#broken) throw away(this.#address, 'connection lost')
    try {
      return await this.#client.query(statement)
    } catch (thrown) {
      if (isLost(thrown) || this.#isBroken()) {
        this.#broken = true
        throw away(this.#address, asError(thrown).message, thrown)
      }
      throw thrown
    }
  }

  async begin(): Promise<void> {
    if (this.#broken || this.#client === undefined) await this.#connect(0)
    try {
      await this.query({ text: 'begin' })
    } catch (thrown) {
      // it broke while nothing was under way
      if (!this.#isBroken()) throw thrown
      await this.#connect(0)
      await this.query({ text: 'begin' })
    }
    this.#open = true
  }

  /** Where the answer to the commit is lost, the server is asked what became of it. */
  async commit(): Promise<void> {
    const { rows } = await this.query({ text: 'select pg_current_xact_id_if_assigned()::text as id' })
    const id = (rows as { id: string | null }[])[0]?.id ?? undefined
    try {
      const { command } = await this.query({ text: 'commit' })
      if (command !== 'COMMIT') throw new Error('the transaction had failed')
    } catch (thrown) {
      if (!this.#broken || id === undefined) throw thrown
      await this.#connect(PREDECESSOR_MS)
      const status = await this.query({ text: 'select pg_xact_status($1::xid8) as status', values: [id] })
      if ((status.rows as { status: string | null }[])[0]?.status !== 'committed') throw thrown
    }
    this.#open = false
  }

  async rollback(): Promise<void> {
    if (!this.#open) return
    this.#open = false
    if (!this.#broken) await this.query({ text: 'rollback' })
  }

  async close(): Promise<void> {
    const client = this.#client
    this.#client = undefined
    clearInterval(this.#beat)
    if (client === undefined) return
    const ended = client.end().catch(() => undefined)
    // of a server that says nothing any more nobody waits for a farewell
    await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, FAREWELL_MS).unref())])
  }

  /** may have become so while somebody waited */
  #isBroken(): boolean {
    return this.#broken
  }

  /** @param patience how long another's lock is waited for, ms */
  async #connect(patience: number): Promise<pg.Client> {
    await this.close()
    // what is sent together, as the links of a group, is not answered one by one
    const client = new pg.Client({ ...clientConfig(this.#address, this.#name, SILENT_MS), pipeline: true })
    // whatever is under way or comes next finds it broken
    const lost = (): void => {
      if (this.#client === client) this.#broken = true
    }
    client.on('error', lost).on('end', lost)
    try {
      await client.connect()
    } catch (thrown) {
      throw away(this.#address, asError(thrown).message, thrown)
    }
    this.#client = client
    this.#broken = false
    await suits(client, this.#address)
    for (let waited = 0; !(await holds(client)); waited += LOOK_AGAIN_MS) {
      if (waited >= patience) {
        await this.close()
        throw new YizhanError('LEDGER_HELD', { value: shownPostgres(this.#address.url) })
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS))
    }
    this.#beat = setInterval(() => {
      // what stands still, or is cut off, is silent: the server ends the session, and with it the lock
      if (!this.#broken && !this.#open) client.query('select 1').catch(lost)
    }, BEAT_MS).unref()
    return client
  }
}

/** With a code of another kind the server has refused a statement; otherwise nobody knows what became of it. */
export function isLost(thrown: unknown): boolean {
  return !(thrown instanceof pg.DatabaseError) || ENDED.test(thrown.code ?? '')
}

/**
 * Whether the server takes us and suits, without opening the ledger; what it is.
 *
 * @throws YizhanError LEDGER_AWAY, CONFIG_INVALID
 */
export async function probePostgres(address: PostgresAddress): Promise<string> {
  const client = new pg.Client(clientConfig(address, 'check'))
  client.on('error', () => undefined)
  try {
    await client.connect()
  } catch (thrown) {
    throw away(address, asError(thrown).message, thrown)
  }
  try {
    await suits(client, address)
    const { rows } = await client.query<{ server_version: string }>('show server_version')
    return `PostgreSQL ${rows[0]?.server_version ?? ''} ${shownPostgres(address.url) ?? ''}`
  } finally {
    await client.end()
  }
}

async function holds(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ held: boolean }>(
    `select pg_try_advisory_lock(${OURS}, hashtext(current_schema())) as held`,
  )
  return rows[0]?.held === true
}

/** What the ledger relies on. */
async function suits(client: pg.Client, address: PostgresAddress): Promise<void> {
  const { rows } = await client.query<Record<'version' | 'encoding' | 'fsync' | 'commits', string>>(
    `select current_setting('server_version_num') as version, current_setting('server_encoding') as encoding,
      current_setting('fsync') as fsync, current_setting('synchronous_commit') as commits`,
  )
  const { version, encoding, fsync, commits } = rows[0] ?? { version: '0', encoding: '', fsync: '', commits: '' }
  const rule =
    Number(version) < OLDEST
      ? `PostgreSQL ≥ 15, ${version}`
      : encoding !== 'UTF8'
        ? `库的编码须是 UTF8 / the database has to be in UTF8, and is in ${encoding}`
        : fsync !== 'on'
          ? 'fsync = on：否则断电即丢已收的 / or a power failure loses what was acknowledged'
          : undefined
  if (rule !== undefined)
    throw new YizhanError('CONFIG_INVALID', { field: 'ledger.url', value: shownPostgres(address.url), rule })
  // what is answered is durable, whatever this database does for others
  if (commits === 'off') await client.query('set synchronous_commit = on')
}

export function away(address: PostgresAddress, detail: string, cause?: unknown): YizhanError {
  return new YizhanError('LEDGER_AWAY', { value: shownPostgres(address.url), detail }, { cause })
}
