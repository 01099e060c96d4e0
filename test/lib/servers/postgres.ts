import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { chmod, chown, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { freePorts } from '../../../sandbox/net/ports.ts'
import type { PostgresAddress } from '../../../core/ledger/postgres/address.ts'
import { type Authority, makeAuthority } from '../authority.ts'
import { type Guardian, startGuardian } from '../guardian.ts'
import { until } from '../wait.ts'

const run = promisify(execFile)
const PROGRAMS = '/usr/lib/postgresql/15/bin'
const USER = 'yizhan'

/** A PostgreSQL of one test's own, on 127.0.0.1, started. A test process that ends takes it along. */
export interface Postgres {
  /** that signed its certificate, where it was started with TLS */
  readonly authority: Authority | undefined
  /** A new schema of its database, and how it is reached; the same over stop, kill and start. */
  fresh(): Promise<PostgresAddress>
  /** Runs a statement as its owner. */
  query(text: string): Promise<readonly Record<string, unknown>[]>
  start(): Promise<void>
  /** Shuts it down in order; connections are closed. */
  stop(): Promise<void>
  /** SIGKILL for it and its helpers; the data stay as they are. */
  kill(): Promise<void>
  close(): Promise<void>
}

/** @param tls with a certificate for 127.0.0.1 and localhost, by an authority of its own */
export async function startPostgres({ tls = false } = {}): Promise<Postgres> {
  const [port] = (await freePorts(1)) as [number]
  const folder = await mkdtemp(join(tmpdir(), 'yizhan-postgres-'))
  const server = new PrivatePostgres(folder, port, startGuardian(folder))
  try {
    await server.prepare(tls)
    await server.start()
    return server
  } catch (error) {
    await server.close()
    throw error
  }
}

class PrivatePostgres implements Postgres {
  readonly #folder: string
  readonly #port: number
  readonly #guardian: Guardian
  readonly #password = randomBytes(12).toString('hex')
  /** it refuses to run as root */
  readonly #owner: { readonly uid?: number; readonly gid?: number } =
    process.getuid?.() === 0 ? ownerOf('postgres') : {}
  #server: ChildProcess | undefined
  #schemas = 0
  authority: Authority | undefined

  constructor(folder: string, port: number, guardian: Guardian) {
    this.#folder = folder
    this.#port = port
    this.#guardian = guardian
  }

  async prepare(tls: boolean): Promise<void> {
    const passwordFile = join(this.#folder, 'password')
    await writeFile(passwordFile, this.#password)
    const { uid, gid } = this.#owner
    if (uid !== undefined && gid !== undefined)
      for (const each of [this.#folder, passwordFile]) await chown(each, uid, gid)
    const init = ['-D', this.#data, '-U', USER, '--auth=scram-sha-256', `--pwfile=${passwordFile}`]
    await run(join(PROGRAMS, 'initdb'), [...init, '--encoding=UTF8', '--locale=C.UTF-8'], this.#owner)
    if (!tls) return
    this.authority = makeAuthority(this.#folder)
    await chmod(this.authority.keyFile, 0o600)
    if (uid !== undefined && gid !== undefined) await chown(this.authority.keyFile, uid, gid)
  }

  async start(): Promise<void> {
    const log = openSync(join(this.#folder, 'log'), 'a')
    const set = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'max_connections=200']
    if (this.authority !== undefined) {
      const { certFile, keyFile } = this.authority
      set.push('ssl=on', `ssl_cert_file=${certFile}`, `ssl_key_file=${keyFile}`)
    }
    this.#server = spawn(
      join(PROGRAMS, 'postgres'),
      ['-D', this.#data, '-p', String(this.#port), ...set.flatMap((each) => ['-c', each])],
      { ...this.#owner, detached: true, stdio: ['ignore', log, log], cwd: this.#folder },
    )
    closeSync(log)
    await once(this.#server, 'spawn')
    this.#server.unref()
    this.#guardian.guard([this.#server.pid ?? 0])
    await until(() => this.query('select 1').then(Boolean, () => false), { what: 'PostgreSQL to answer' })
  }

  stop(): Promise<void> {
    return this.#end('SIGINT')
  }

  kill(): Promise<void> {
    return this.#end('SIGKILL')
  }

  async close(): Promise<void> {
    if (this.#server !== undefined) await this.kill()
    await this.#guardian.close()
  }

  async fresh(): Promise<PostgresAddress> {
    const schema = `t${++this.#schemas}`
    await this.query(`create schema ${schema}`)
    return {
      url: `postgres://${USER}@127.0.0.1:${this.#port}/postgres?search_path=${schema}`,
      password: this.#password,
    }
  }

  async query(text: string): Promise<readonly Record<string, unknown>[]> {
    const { Client } = pg
    const settings = { host: '127.0.0.1', port: this.#port, user: USER, database: 'postgres', password: this.#password }
    const client = new Client(settings)
    await client.connect()
    try {
      return (await client.query<Record<string, unknown>>(text)).rows
    } finally {
      await client.end()
    }
  }

  get #data(): string {
    return join(this.#folder, 'data')
  }

  async #end(signal: 'SIGINT' | 'SIGKILL'): Promise<void> {
    const server = this.#server
    if (server?.pid === undefined || server.exitCode !== null || server.signalCode !== null) return
    const ended = once(server, 'exit')
    server.ref()
    // SIGINT goes to the postmaster, which ends its helpers in order
    process.kill(signal === 'SIGKILL' ? -server.pid : server.pid, signal)
    await ended
    this.#server = undefined
  }
}

function ownerOf(user: string): { readonly uid: number; readonly gid: number } {
  const id = (flag: string): number => Number(execFileSync('id', [flag, user], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}
