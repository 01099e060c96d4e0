import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { projectHome } from '../../core/config/home.ts'
import { asError } from '../../core/errors/error.ts'
import type { YizhanEvent } from '../../core/events/event.ts'
import { GUARD_FD, type GuardLine, type RunningCode } from '../../core/hop/guard.ts'
import { LineReader } from '../../core/hop/lines.ts'
import type { Loss } from '../../core/hop/loss.ts'
import type { FlowStart } from '../../core/hop/start.ts'
import { within } from '../../core/util/within.ts'
import type { MachineUser } from './own-user.ts'

/** Always the built one: Node-RED loads the palette from `dist/`, and program and palette share their modules. */
const PROGRAM = join(projectHome(), 'dist', 'editor', 'main.js')
/** Longer than any line of a guard pipe, characters. */
const MAX_LINE = 1024 * 1024
/** What the process has said last may still be on its way when its end is known. */
const LAST_WORDS_MS = 500

/** Signals that a process draws upon itself. */
const OWN_SIGNALS: ReadonlySet<string> = new Set([
  'SIGABRT',
  'SIGSEGV',
  'SIGBUS',
  'SIGILL',
  'SIGFPE',
  'SIGTRAP',
  'SIGSYS',
])

/**
 * A process apart lives for seconds beside another: it is to be small (60 MB of its own), and its code need not become
 * fast. Measured in docs/decisions/isolation.md.
 */
const SMALL = {
  arguments: ['--max-semi-space-size=1', '--optimize-for-size', '--v8-pool-size=1', '--single-threaded-gc'],
  environment: { MALLOC_ARENA_MAX: '1' },
} as const

export interface FlowProcessOptions {
  /** what it is told */
  readonly start: FlowStart
  /** for Node: what it may do */
  readonly arguments: readonly string[]
  /** whose it is; absent: the station's user's */
  readonly user: MachineUser | undefined
  /** what flows may see */
  readonly environment: NodeJS.ProcessEnv
  readonly emit: (event: Omit<YizhanEvent, 'at'>) => void
}

/** One flow process, from its start to what its end means for the hops that it held. */
export class FlowProcess {
  /** when it ended, and why; never rejects */
  readonly ended: Promise<Loss>
  readonly startedAt = performance.now()
  readonly #options: FlowProcessOptions
  #child: ChildProcess | undefined
  /** what it said of its own end */
  #said: Exclude<GuardLine, { t: 'stuck' }> | undefined
  /** why the station ended it */
  #sentence: Loss | undefined

  constructor(options: FlowProcessOptions) {
    this.#options = options
    this.ended = this.#run()
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  /** It is to end at once, and this is what its hops are charged with. */
  kill(sentence: Loss): void {
    this.#sentence ??= sentence
    this.#child?.kill('SIGKILL')
  }

  /** It is to finish what it has; after `graceMs` it is ended. Resolves when it has ended. */
  async leave(graceMs: number): Promise<void> {
    const child = this.#child
    if (child === undefined) return
    this.#sentence ??= { by: 'order', detail: '', apart: true }
    child.kill('SIGTERM')
    if (!(await within(graceMs, this.ended))) child.kill('SIGKILL')
    await this.ended
  }

  async #run(): Promise<Loss> {
    const { start, environment } = this.#options
    let child: ChildProcess
    try {
      child = spawn(
        process.execPath,
        [...(start.apart === true ? SMALL.arguments : []), ...this.#options.arguments, PROGRAM],
        {
          cwd: '/',
          ...this.#options.user,
          env: { ...environment, ...(start.apart === true ? SMALL.environment : {}) },
          stdio: ['pipe', 'inherit', 'inherit', 'pipe'],
        },
      )
      // It may end before it has read that.
      child.stdin?.on('error', () => child.stdin?.destroy()).end(JSON.stringify(start))
    } catch (error) {
      // Without memory for another process (ENOMEM) it throws instead: acceptance and delivery go on all the same.
      return crash(asError(error).message)
    }
    this.#child = child
    const silence = this.#listen(child.stdio[GUARD_FD] as Readable)
    try {
      const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
      await within(LAST_WORDS_MS, silence)
      return this.#lossAt(code, signal)
    } catch (error) {
      // It could not be started.
      return crash(asError(error).message)
    } finally {
      this.#child = undefined
    }
  }

  /** Resolves when the guard pipe is closed. */
  async #listen(pipe: Readable): Promise<void> {
    const reader = new LineReader(MAX_LINE, (line) => this.#heard(JSON.parse(line) as GuardLine))
    pipe.on('data', (chunk: Buffer) => {
      try {
        reader.push(chunk)
      } catch (error) {
        this.kill(crash(`guard pipe: ${asError(error).message}`))
      }
    })
    // Its end follows.
    pipe.on('error', () => pipe.destroy())
    await new Promise<void>((resolve) => pipe.once('close', () => resolve()))
  }

  #heard(line: GuardLine): void {
    if (line.t !== 'stuck') {
      this.#said = line
      return
    }
    const still = `事件循环停顿 ${line.ms} 毫秒 / the event loop stood still for ${line.ms} ms`
    this.#options.emit({ code: 'flows.stuck', detail: [placeOf(line.running), still].filter(Boolean).join(': ') })
    this.kill(crash(still, line.running))
  }

  #lossAt(code: number | null, signal: NodeJS.Signals | null): Loss {
    if (this.#sentence !== undefined) return this.#sentence
    const said = this.#said
    if (said?.t === 'leaving') return { by: 'order', detail: `exit ${code}`, apart: true }
    if (said?.t === 'thrown')
      return crash(`未捕获的错误：${said.error} / an error that nobody caught: ${said.error}`, said.running)
    if (said?.t === 'exit') return crash(`进程退出，代码 ${said.code} / it exited with code ${said.code}`, said.running)
    if (signal !== null && !OWN_SIGNALS.has(signal)) return { by: 'outside', detail: `exit ${signal}`, apart: true }
    return crash(`exit ${signal ?? code}`)
  }
}

export function crash(detail: string, running?: RunningCode): Loss {
  const culprits = running?.culprits ?? []
  return { by: 'crash', detail, apart: true, ...(culprits.length === 0 ? {} : { culprits }) }
}

function placeOf(running: RunningCode | undefined): string | undefined {
  return running === undefined ? undefined : [running.tab, running.nodeName ?? running.node].filter(Boolean).join(' / ')
}
