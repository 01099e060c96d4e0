import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { projectHome } from '../../core/config/home.ts'
import type { StationConfig } from '../../core/config/schema.ts'
import { asError } from '../../core/errors/error.ts'
import type { EventSink } from '../../core/events/event.ts'
import type { Clock } from '../../core/util/clock.ts'

/** Always the built one: Node-RED loads the palette from `dist/`, and program and palette share their modules. */
const PROGRAM = join(projectHome(), 'dist', 'editor', 'main.js')
/** A process that has just started loads Node-RED before it says anything. */
const START_MS = 30_000
/** At most so long between two starts of a process that cannot start. */
const MAX_DELAY_MS = 30_000

export interface SupervisorParts {
  readonly config: () => StationConfig
  /** environment of the flow process: where the link is and its token, folders, port */
  readonly environment: NodeJS.ProcessEnv
  readonly sink: EventSink
  readonly clock: Clock
  /** asks the process to finish what is open; resolves when it has, or after a bound */
  readonly drain: (pid: number) => Promise<void>
}

/**
 * Keeps one flow process running: started again when it ends, replaced when it is silent (a loop) or too large (a leak).
 * Acceptance and delivery never notice; its hops come back through the ledger.
 */
export class FlowSupervisor {
  readonly #parts: SupervisorParts
  #child: ChildProcess | undefined
  /** these two in time that passes (performance.now), which no jump of the clock changes */
  #heardAt = 0
  #startedAt = 0
  #quickFailures = 0
  #watch: NodeJS.Timeout | undefined
  #restart: NodeJS.Timeout | undefined
  #stopping = false
  #replacing = false

  constructor(parts: SupervisorParts) {
    this.#parts = parts
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  start(): void {
    this.#spawn()
    this.#watch = setInterval(() => this.#check(), 1_000)
    this.#watch.unref()
  }

  /** The process has said that it is alive, and how much memory it holds. */
  heard(pid: number, rss: number): void {
    if (pid !== this.#child?.pid) return
    this.#heardAt = performance.now()
    const limit = this.#parts.config().flows.maxRssBytes
    if (rss > limit) void this.#replace(`rss ${rss} > ${limit}`)
  }

  async stop(): Promise<void> {
    this.#stopping = true
    clearInterval(this.#watch)
    clearTimeout(this.#restart)
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGTERM')
    const force = setTimeout(() => child.kill('SIGKILL'), this.#parts.config().flows.drainMs + 5_000)
    await exited
    clearTimeout(force)
  }

  #spawn(): void {
    // A flow process that has just been replaced is given time to start before its silence counts.
    this.#startedAt = performance.now()
    this.#heardAt = this.#startedAt + START_MS
    let child: ChildProcess
    try {
      child = spawn(process.execPath, [PROGRAM], {
        env: { ...withoutSecrets(process.env), ...this.#parts.config().flows.environment, ...this.#parts.environment },
        stdio: ['ignore', 'inherit', 'inherit'],
      })
    } catch (error) {
      // Without memory for another process (ENOMEM) it throws instead: acceptance and delivery go on all the same.
      this.#again(asError(error).message)
      return
    }
    this.#child = child
    // It could not be started, or it ended; not always does one event follow the other.
    child.on('error', (error) => this.#ended(child, error.message))
    child.on('exit', (code, signal) => this.#ended(child, `exit ${signal ?? code}`))
  }

  #ended(child: ChildProcess, why: string): void {
    if (this.#child !== child || this.#stopping) return
    this.#child = undefined
    this.#again(why)
  }

  #again(why: string): void {
    this.#parts.sink.emit({ code: 'flows.replaced', at: this.#parts.clock.now(), detail: why })
    this.#restart = setTimeout(() => this.#spawn(), this.#delay())
  }

  /** At once after a process that had lived; slower and slower when it cannot even start. */
  #delay(): number {
    const lived = performance.now() - this.#startedAt
    this.#quickFailures = lived > START_MS ? 0 : this.#quickFailures + 1
    return Math.min(MAX_DELAY_MS, 100 * 2 ** Math.max(0, this.#quickFailures - 3))
  }

  #check(): void {
    const silent = Math.round(performance.now() - this.#heardAt)
    if (this.#child !== undefined && silent > this.#parts.config().flows.silentMs) {
      this.#parts.sink.emit({
        code: 'internal.error',
        at: this.#parts.clock.now(),
        detail: `flow process silent for ${silent} ms`,
      })
      this.#heardAt = Number.MAX_SAFE_INTEGER
      this.#child.kill('SIGKILL')
    }
  }

  /** Too large: it finishes what it has, then goes. */
  async #replace(reason: string): Promise<void> {
    const child = this.#child
    if (child?.pid === undefined || this.#replacing) return
    this.#replacing = true
    this.#parts.sink.emit({
      code: 'internal.error',
      at: this.#parts.clock.now(),
      detail: `flow process too large: ${reason}`,
    })
    try {
      await this.#parts.drain(child.pid)
      child.kill('SIGKILL')
    } finally {
      this.#replacing = false
    }
  }
}

/** Flows can read their environment: the station's secrets are none of it. */
function withoutSecrets(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('YIZHAN_SECRET')))
}
