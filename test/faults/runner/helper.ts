import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'

type Program = 'client' | 'receiver' | 'account'

const fileOf = (program: Program): string => join(import.meta.dirname, `${program}.ts`)

/** A client or receiver as a process of its own: it is told by lines and answers by lines. */
export class Helper {
  readonly #child: ChildProcess
  readonly #lines: AsyncIterator<string>

  /** @param folder where its records stand; what it says on stderr is kept there too */
  constructor(program: Program, folder: string, ...args: string[]) {
    this.#child = spawn(process.execPath, [fileOf(program), folder, ...args], { stdio: ['pipe', 'pipe', 'pipe'] })
    const { stdout, stderr } = this.#child
    if (stdout === null || stderr === null) throw new Error(`${program} has no pipes`)
    this.#lines = createInterface({ input: stdout })[Symbol.asyncIterator]()
    stderr.pipe(createWriteStream(join(folder, `${program}.err`)))
  }

  tell(line: string): void {
    this.#child.stdin?.write(`${line}\n`)
  }

  /** The next line that it says. */
  async said(): Promise<string> {
    const line = await this.#lines.next()
    if (line.done === true) throw new Error('a process of the trial ended by itself')
    return line.value
  }

  /** Ends its stdin; resolves when it has finished. */
  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exited = once(this.#child, 'exit')
    this.#child.stdin?.end()
    await exited
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exited = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await exited
  }
}

/** Runs the account of a folder to its end. */
export async function countedIn<T>(folder: string): Promise<T> {
  const { stdout } = await promisify(execFile)(process.execPath, [fileOf('account'), folder], {
    maxBuffer: 64 * 1024 * 1024,
  })
  return JSON.parse(stdout) as T
}
