import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { projectHome } from '../../../core/config/home.ts'
import type { FlowStart } from '../../../core/hop/start.ts'

/** The built program: Node-RED loads the palette from `dist/`. */
const PROGRAM = join(projectHome(), 'dist', 'editor', 'main.js')

/** The flow process, started as the station starts it, with what it prints kept. */
export class FlowProcess {
  readonly #child: ChildProcess
  #output = ''

  constructor(start: FlowStart, environment: NodeJS.ProcessEnv, args: readonly string[]) {
    if (!existsSync(PROGRAM)) throw new Error(`${PROGRAM} is missing: npm run build`)
    this.#child = spawn(process.execPath, [...args, PROGRAM], {
      env: { ...process.env, ...environment },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    this.#child.stdin?.end(JSON.stringify(start))
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.on('data', (chunk: Buffer) => (this.#output += chunk.toString()))
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** What it has printed so far. */
  get output(): string {
    return this.#output
  }

  get ended(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  /** Resolves with its exit code, or the signal that ended it. */
  async end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals> {
    if (!this.ended) {
      const exited = once(this.#child, 'exit')
      this.#child.kill(signal)
      await exited
    }
    return this.#child.exitCode ?? this.#child.signalCode ?? 'SIGKILL'
  }
}
