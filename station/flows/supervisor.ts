import type { StationConfig } from '../../core/config/schema.ts'
import type { EventSink, YizhanEvent } from '../../core/events/event.ts'
import type { Loss } from '../../core/hop/loss.ts'
import type { FlowStart } from '../../core/hop/start.ts'
import type { Clock } from '../../core/util/clock.ts'
import { within } from '../../core/util/within.ts'
import { canConfine, confinement } from './confinement.ts'
import { crash, FlowProcess } from './flow-process.ts'
import { flowsUser, type MachineUser } from './own-user.ts'
import { doubling } from '../../core/util/backoff.ts'

/** A process that has just started loads Node-RED before it says anything. */
const START_MS = 30_000
/** At most so long between two starts of a process that cannot start. */
const MAX_DELAY_MS = 30_000
/** A process whose guard does not say so itself counts as silent so much later. */
const GUARD_MS = 10_000
/** How long the end of a process may take that has lost its link. */
const END_MS = 5_000

export interface SupervisorParts {
  readonly config: () => StationConfig
  /** what the configuration does not tell a flow process */
  readonly start: Omit<FlowStart, 'allow' | 'openPaths' | 'silentMs' | 'apart'>
  readonly sink: EventSink
  readonly clock: Clock
  /** asks the process to finish what is open; resolves when it has, or after a bound */
  readonly drain: (pid: number) => Promise<void>
}

/**
 * A running process, and when it was heard of: in time that passes (performance.now), which no jump of the clock
 * changes.
 */
interface Watched {
  readonly process: FlowProcess
  heardAt: number
  draining: boolean
}

/**
 * Keeps one flow process running: started again when it ends, replaced when its event loop stands still or it is too
 * large (a leak). Beside it, while there are suspects, a process apart. Acceptance and delivery never notice; hops come
 * back through the ledger, charged with what `lossOf` says.
 */
export class FlowSupervisor {
  readonly #parts: SupervisorParts
  /** as whom flows run; undefined: as the station */
  #user: MachineUser | undefined
  #main: Watched | undefined
  #apart: Watched | undefined
  readonly #byPid = new Map<number, FlowProcess>()
  #quickFailures = 0
  #watch: NodeJS.Timeout | undefined
  #restart: NodeJS.Timeout | undefined
  #stopping = false

  constructor(parts: SupervisorParts) {
    this.#parts = parts
  }

  get pid(): number | undefined {
    return this.#main?.process.pid
  }

  /** the process apart, while there is one */
  get apartPid(): number | undefined {
    return this.#apart?.process.pid
  }

  /** @throws YizhanError CONFIG_INVALID where `flows.user` cannot be had */
  start(): void {
    this.#user = flowsUser(this.#parts.config().flows.user)
    this.#tellBounds()
    this.#startMain()
    this.#watch = setInterval(() => this.#check(), 1_000)
    this.#watch.unref()
  }

  /** The process has said that it is alive, and how much memory it holds. */
  heard(pid: number, rss: number): void {
    const watched = [this.#main, this.#apart].find((one) => one?.process.pid === pid)
    if (watched === undefined) return
    watched.heardAt = performance.now()
    const limit = this.#parts.config().flows.maxRssBytes
    if (rss > limit) void this.#replaceLarge(watched, `rss ${rss} > ${limit}`)
  }

  /**
   * How the process with this pid ended, for whoever has lost the link to it. One that was not started here is
   * somebody's own Node-RED, which may come and go.
   */
  async lossOf(pid: number): Promise<Loss> {
    const process = this.#byPid.get(pid)
    if (process === undefined) return { by: 'outside', detail: '连接断开 / the link is lost', apart: false }
    const lost = crash('与站点的连接已断开 / the link to the station is lost')
    if (!(await within(END_MS, process.ended))) process.kill(lost)
    return process.ended
  }

  /** There are suspects: a process apart is started, unless it runs. */
  wantApart(): void {
    if (this.#apart !== undefined || this.#stopping) return
    const watched = this.#spawn(true)
    this.#apart = watched
    void watched.process.ended.then((loss) => {
      this.#apart = undefined
      if (loss.by !== 'order') this.#emit({ code: 'flows.replaced', detail: loss.detail })
    })
  }

  /** The process apart is to go: there is nothing left for it, or its flows are not those that run now. */
  endApart(): void {
    void this.#apart?.process.leave(this.#graceMs())
  }

  async stop(): Promise<void> {
    this.#stopping = true
    clearInterval(this.#watch)
    clearTimeout(this.#restart)
    const running = [this.#main, this.#apart].filter((one) => one !== undefined)
    await Promise.all(running.map(({ process }) => process.leave(this.#graceMs())))
  }

  /** What holds flow authors, besides the node types that are off. */
  #tellBounds(): void {
    const user = this.#user
    const confined = canConfine()
    const detail = [
      user !== undefined ? `用户 user ${user.uid}` : '站点的用户 the station’s user',
      confined ? '权限模型 permission model' : `Node ${process.version} 没有权限模型 without a permission model`,
    ].join('，')
    this.#emit({ code: user !== undefined || confined ? 'flows.bounded' : 'flows.unbounded', detail })
  }

  #startMain(): void {
    const watched = this.#spawn(false)
    this.#main = watched
    void watched.process.ended.then((loss) => {
      this.#main = undefined
      if (this.#stopping) return
      this.#emit({ code: 'flows.replaced', detail: loss.detail })
      this.#restart = setTimeout(() => this.#startMain(), this.#delay(watched.process))
    })
  }

  #spawn(apart: boolean): Watched {
    const { flows: config } = this.#parts.config()
    const { environment, silentMs, allow, openPaths } = config
    const flows = new FlowProcess({
      start: { ...this.#parts.start, allow, openPaths, silentMs, apart },
      arguments: confinement(config),
      user: this.#user,
      environment: { ...inherited(process.env), ...environment },
      emit: (event) => this.#emit(event),
    })
    const { pid } = flows
    if (pid !== undefined) {
      this.#byPid.set(pid, flows)
      // Its link may be found lost after its end.
      void flows.ended.then(() => setTimeout(() => this.#forget(pid, flows), END_MS).unref())
    }
    // A flow process that has just been started is given time before its silence counts.
    return { process: flows, heardAt: flows.startedAt + START_MS, draining: false }
  }

  #forget(pid: number, flows: FlowProcess): void {
    if (this.#byPid.get(pid) === flows) this.#byPid.delete(pid)
  }

  /** At once after a process that had lived; slower and slower when it cannot even start. */
  #delay(process: FlowProcess): number {
    const lived = performance.now() - process.startedAt
    this.#quickFailures = lived > START_MS ? 0 : this.#quickFailures + 1
    return doubling(this.#quickFailures - 2, { first: 100, most: MAX_DELAY_MS })
  }

  #graceMs(): number {
    return this.#parts.config().flows.drainMs + 5_000
  }

  /** The guard within the process knows more: this is for the process whose guard is gone or held up too. */
  #check(): void {
    for (const watched of [this.#main, this.#apart]) {
      if (watched === undefined) continue
      const silent = Math.round(performance.now() - watched.heardAt)
      if (silent <= this.#parts.config().flows.silentMs + GUARD_MS) continue
      const still = `流程进程 ${silent} 毫秒没有消息 / flow process silent for ${silent} ms`
      this.#emit({ code: 'flows.stuck', detail: still })
      watched.heardAt = Number.MAX_SAFE_INTEGER
      watched.process.kill(crash(still))
    }
  }

  /** Too large: it finishes what it has, then goes. What it cannot finish may be what takes the memory, or not. */
  async #replaceLarge(watched: Watched, reason: string): Promise<void> {
    const { pid } = watched.process
    if (pid === undefined || watched.draining) return
    watched.draining = true
    this.#emit({ code: 'flows.large', detail: reason })
    await this.#parts.drain(pid)
    watched.process.kill({ by: 'outside', detail: `占用内存过大 / too large: ${reason}`, apart: true })
  }

  #emit(event: Omit<YizhanEvent, 'at'>): void {
    this.#parts.sink.emit({ ...event, at: this.#parts.clock.now() })
  }
}

/** What a program of this machine needs: where things are, how its people write, how the network is reached. */
const INHERITED =
  /^(?:PATH|LANG|LANGUAGE|LC_\w+|TZ|TMPDIR|(?:https?|no|all)_proxy|NODE_EXTRA_CA_CERTS|YIZHAN_FAILPOINT\w*)$/i

/** Flows can read their environment: whatever else the station was started with is none of it. */
function inherited(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => INHERITED.test(name)))
}
