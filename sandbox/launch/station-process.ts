import { spawn, type ChildProcess } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { createWriteStream, mkdirSync, readFileSync, watch } from 'node:fs'
import { dirname } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { noticeIn, Wrong, type Notice } from './notice.ts'
import { moduleFile } from '../../core/util/module-file.ts'

/** The line that the station prints when it can be used. */
export interface Ready {
  readonly ready: true
  readonly http: string
  readonly editor: string
  readonly pid: number
}

export interface StationOptions {
  readonly config: string
  readonly data: string
  readonly secrets: string
  readonly overrides: string
  /** the station's own copy if absent */
  readonly flows?: string | undefined
  /** what it prints goes here */
  readonly log: string
  /**
   * somebody is there to mend a configuration that it cannot start with: it waits for that, where it else would fail
   */
  readonly patient?: boolean | undefined
}

/**
 * Starts that may fail one after the other before we give up; how long one may take, and the pause between, in
 * milliseconds.
 */
const STARTS = { most: 5, patience: 90_000, pause: 200 }

const WAITS =
  '配置有误，站点没有启动，什么配置都未生效；改好保存即启动 the configuration is wrong: the station is not running, none is in force; it starts when the file is mended and saved'
const MENDED = '配置已改好，站点已启动 the configuration is mended, the station has started'

/**
 * The station as a child process, started again whenever it ends, as systemd would. `ready` is emitted at each start,
 * `gone` at each end, `notice` for lines of its log that whoever tries it out must see. With a configuration that it
 * cannot start with it waits until that is changed, if it is `patient`.
 */
export class StationProcess extends EventEmitter<{
  ready: [Ready]
  gone: [string]
  failed: [Error]
  notice: [Notice]
}> {
  /** what its notices have left standing */
  readonly wrong = new Wrong()
  readonly #options: StationOptions
  #said: string[] = []
  #child: ChildProcess | undefined
  #ready: Ready | undefined
  #readyAt: number | undefined
  #upBefore = 0
  #failedStarts = 0
  #stopping = false
  /** it could not start with the configuration as it was */
  #waited = false
  readonly #over = new AbortController()

  constructor(options: StationOptions) {
    super()
    this.#options = options
  }

  /** Set while it runs and has said so. */
  get current(): Ready | undefined {
    return this.#ready
  }

  /**
   * how long it has been ready, over all its starts, milliseconds; goes on when it has failed for good, so that whoever
   * waits gives up
   */
  get upMs(): number {
    return this.#upBefore + (this.#readyAt === undefined ? 0 : performance.now() - this.#readyAt)
  }

  /** Resolves when it is ready; rejects when it cannot be started. */
  start(): Promise<Ready> {
    this.#spawn()
    return this.whenReady()
  }

  /** At once if it is ready, else when it is again. */
  whenReady(): Promise<Ready> {
    if (this.#ready !== undefined) return Promise.resolve(this.#ready)
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        this.off('ready', onReady)
        this.off('failed', onFailed)
      }
      const onReady = (ready: Ready): void => {
        settle()
        resolve(ready)
      }
      const onFailed = (error: Error): void => {
        settle()
        reject(error)
      }
      this.once('ready', onReady)
      this.once('failed', onFailed)
    })
  }

  /** SIGKILL, as a power cut would. It comes back by itself. Returns the pid, none if it is not running. */
  kill(): number | undefined {
    const pid = this.#child?.pid
    if (pid !== undefined) this.#child?.kill('SIGKILL')
    return pid
  }

  /** SIGTERM: it drains and ends. SIGKILL after `patience` milliseconds. */
  async stop(patience = 20_000): Promise<void> {
    this.#stopping = true
    this.#over.abort()
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGTERM')
    const force = setTimeout(() => child.kill('SIGKILL'), patience)
    await exited
    clearTimeout(force)
  }

  #spawn(): void {
    if (this.#stopping) return
    if (!this.#waited) this.wrong.clear()
    const { config, data, secrets, overrides, flows, log } = this.#options
    mkdirSync(dirname(log), { recursive: true })
    const output = createWriteStream(log, { flags: 'a' })
    const main = moduleFile(import.meta.url, '../../station/main')
    const child = spawn(
      process.execPath,
      [
        main,
        '--config',
        config,
        '--data',
        data,
        '--secrets',
        secrets,
        '--overrides',
        overrides,
        ...(flows === undefined ? [] : ['--flows', flows]),
      ],
      { stdio: ['ignore', 'pipe', 'pipe', 'pipe'] },
    )
    this.#child = child
    this.#said = []
    for (const stream of [child.stdout, child.stderr]) stream?.pipe(output, { end: false })
    for (const stream of [child.stdout, child.stdio[3] as Readable | null]) {
      if (stream !== null) createInterface({ input: stream }).on('line', (line) => this.#read(child, line))
    }
    if (child.stderr !== null) createInterface({ input: child.stderr }).on('line', (line) => this.#said.push(line))
    const slow = setTimeout(() => child.kill('SIGKILL'), STARTS.patience)
    child.once('error', (error) => this.#fail(error))
    child.once('exit', (code, signal) => {
      clearTimeout(slow)
      output.end()
      void this.#ended(child, `${signal ?? code}`)
    })
    this.once('ready', () => clearTimeout(slow))
  }

  #read(child: ChildProcess, line: string): void {
    if (child !== this.#child) return
    const notice = noticeIn(line)
    if (notice !== undefined) this.#notice(notice)
    if (line.startsWith('{"ready":false')) {
      // A person has to decide: starting it again would change nothing.
      this.#fail(new Error(`站点停下等人处理 / the station waits for a person: ${tail(this.#options.log)}`))
      child.kill('SIGTERM')
    }
    if (!line.startsWith('{"ready":true')) return
    this.#ready = JSON.parse(line) as Ready
    this.#readyAt = performance.now()
    this.#failedStarts = 0
    if (this.#waited) this.#notice({ code: 'config.accepted', about: 'config', bad: false, text: MENDED })
    this.#waited = false
    this.emit('ready', this.#ready)
  }

  async #ended(child: ChildProcess, how: string): Promise<void> {
    if (child !== this.#child) return
    this.#failedStarts = this.#ready === undefined ? this.#failedStarts + 1 : 0
    this.#upBefore = this.upMs
    this.#readyAt = undefined
    this.#ready = undefined
    this.#child = undefined
    this.emit('gone', how)
    if (this.#stopping) return
    const at = this.#said.findIndex((line) => line.startsWith('CONFIG_INVALID'))
    if (at >= 0 && this.#options.patient === true) {
      await this.#changed(this.#said.slice(at).join('\n'))
      this.#spawn()
      return
    }
    if (this.#failedStarts >= STARTS.most) {
      this.#fail(
        new Error(
          `站点无法启动 / the station does not start (${how}); ${this.#options.log}:\n${tail(this.#options.log)}`,
        ),
      )
      return
    }
    if (this.#failedStarts > 0) await delay(STARTS.pause)
    this.#spawn()
  }

  #notice(notice: Notice): void {
    this.wrong.take(notice)
    this.emit('notice', notice)
  }

  /** Says what is wrong with the configuration, and waits until a file of it is saved. */
  async #changed(problems: string): Promise<void> {
    const { config } = this.#options
    this.#failedStarts = 0
    this.#waited = true
    const watching = watch(config)
    this.#notice({ code: 'config.rejected', about: 'config', bad: true, text: `${WAITS}（${config}）：${problems}` })
    await Promise.race([once(watching, 'change'), once(this.#over.signal, 'abort')])
    watching.close()
    // Editors write in several steps.
    await delay(STARTS.pause)
  }

  #fail(error: Error): void {
    this.#stopping = true
    this.#readyAt ??= performance.now()
    this.emit('failed', error)
  }
}

/** The end of a log, for whoever sees the error. */
function tail(path: string): string {
  return readFileSync(path, 'utf8').split('\n').slice(-15).join('\n')
}
