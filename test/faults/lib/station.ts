import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { projectHome } from '../../../core/config/home.ts'
import { startGuardian, type Guardian } from '../../lib/guardian.ts'
import { until } from '../../lib/wait.ts'

/** A built station as a child process, that a test may kill and start again. */
export class TestStation {
  readonly #arguments: readonly string[]
  readonly #environment: NodeJS.ProcessEnv
  readonly #log: string
  readonly #guardian: Guardian
  readonly #http: string
  readonly #token: string
  #child: ChildProcess | undefined

  /** @param folder removed when the test process ends, however it does */
  constructor(options: {
    readonly folder: string
    readonly arguments: readonly string[]
    readonly environment: NodeJS.ProcessEnv
    readonly http: string
    /** admin.token */
    readonly token: string
  }) {
    this.#arguments = options.arguments
    this.#environment = options.environment
    this.#log = join(options.folder, 'station.out')
    this.#guardian = startGuardian(options.folder)
    this.#http = options.http
    this.#token = options.token
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  get running(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** Resolves when `/readyz` says so: flows subscribed, bus connected. */
  async start(): Promise<void> {
    const child = spawn(process.execPath, [join(projectHome(), 'dist', 'station', 'main.js'), ...this.#arguments], {
      env: { ...process.env, ...this.#environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    this.#child = child
    if (child.pid !== undefined) this.#guardian.guard([child.pid])
    for (const stream of [child.stdout, child.stderr])
      createInterface({ input: stream }).on('line', (line) => appendFileSync(this.#log, `${line}\n`))
    await until(() => !this.running || this.#ready(), { what: 'station ready', timeoutMs: 120_000, everyMs: 50 })
    if (!this.running)
      throw new Error(`the station ended while starting:\n${readFileSync(this.#log, 'utf8').slice(-3000)}`)
  }

  async #ready(): Promise<boolean> {
    return (await fetch(`${this.#http}/readyz`)).ok
  }

  /** pid of the flow process that it has now */
  async flowsPid(): Promise<number | undefined> {
    const headers = { authorization: `Bearer ${this.#token}` }
    const health = (await (await fetch(`${this.#http}/admin/health`, { headers })).json()) as {
      readonly flows: { readonly pid: number | null }
    }
    return health.flows.pid ?? undefined
  }

  async kill(): Promise<void> {
    const child = this.#child
    if (child === undefined || !this.running) return
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }

  /** SIGTERM: it drains and ends. */
  async stop(): Promise<void> {
    const child = this.#child
    if (child === undefined || !this.running) return
    const exited = once(child, 'exit')
    child.kill('SIGTERM')
    await exited
  }

  /** Ends it and removes the folder. */
  async close(): Promise<void> {
    await this.kill()
    await this.#guardian.close()
  }
}
