import { createInterface, type Interface } from 'node:readline'
import { Writable } from 'node:stream'
import { YizhanError } from '../../core/errors/error.ts'

/** Passwords, a line each: of a terminal without an echo, or of standard input. */
export class SecretLines {
  readonly #lines: Interface
  readonly #read: AsyncIterator<string>

  constructor() {
    const { stdin } = process
    // What is typed is written nowhere.
    const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
    this.#lines = createInterface({ input: stdin, output: nowhere, terminal: stdin.isTTY })
    this.#read = this.#lines[Symbol.asyncIterator]()
  }

  async ask(what: string): Promise<string> {
    if (process.stdin.isTTY) process.stderr.write(`${what}: `)
    const line = await this.#read.next()
    if (process.stdin.isTTY) process.stderr.write('\n')
    if (line.done === true || line.value === '')
      throw new YizhanError('COMMAND_INVALID', { field: what, rule: '没有输入', detail: 'nothing was typed' })
    return line.value
  }

  close(): void {
    this.#lines.close()
  }
}
