import { asError } from '../../../core/errors/error.ts'
import { Semaphore } from '../../../core/util/semaphore.ts'
import { within } from '../../../core/util/within.ts'
import { readName, writeName } from '../remote/names.ts'
import type { RemoteEntry, RemoteFiles } from '../remote/port.ts'
import { attributesBytes, type Attributes } from './attributes.ts'
import { stringBytes, uint32Bytes, uint64Bytes } from './bytes.ts'
import type { SftpConfig } from './config.ts'
import type { SftpConnection } from './connect.ts'
import { connectionLost, noAnswer, refusedBy, SftpRefusal, sftpStatusOf } from './errors.ts'
import { FLAG, STATUS } from './protocol.ts'
import type { ReplyName, SftpReply } from './replies.ts'
import { REQUEST } from './wire.ts'

/** Below the 32 kB that every server must take in one packet. */
const CHUNK = 30 * 1024
const GOODBYE_MS = 2_000
/** extensions of OpenSSH that others have too */
const FSYNC = 'fsync@openssh.com'
const POSIX_RENAME = 'posix-rename@openssh.com'

type Reply = Exclude<SftpReply, { readonly type: 'version' }>
type ReplyOf<T extends Reply['type']> = Extract<Reply, { readonly type: T }>

/**
 * One connection. An operation without an answer ends it as a whole, because its answer could come later.
 */
export class SftpSession implements RemoteFiles {
  readonly #system: string
  readonly #connection: SftpConnection
  readonly #slots: Semaphore
  readonly #config: Pick<SftpConfig, 'parallel' | 'operationTimeoutMs' | 'names'>
  readonly #signal: AbortSignal
  readonly #abort = (): void => void this.#fail(asError(this.#signal.reason))
  readonly #pending = new Set<(error: Error) => void>()
  #over: Error | undefined

  constructor(
    system: string,
    connection: SftpConnection,
    config: Pick<SftpConfig, 'parallel' | 'operationTimeoutMs' | 'names'>,
    signal: AbortSignal,
  ) {
    this.#system = system
    this.#connection = connection
    this.#slots = new Semaphore(config.parallel)
    this.#config = config
    this.#signal = signal
    signal.addEventListener('abort', this.#abort, { once: true })
    if (signal.aborted) this.#abort()
    void connection.gone.then((reason) => this.#fail(connectionLost(system, reason.message, reason)))
  }

  get isOpen(): boolean {
    return this.#over === undefined
  }

  async stat(path: string): Promise<RemoteEntry | undefined> {
    const answer = await unlessMissing(this.#do(`stat ${path}`, 'attributes', REQUEST.stat, this.#path(path)))
    return answer && entryOf(path.split('/').at(-1) ?? '', answer.attributes)
  }

  async list(path: string, most = Number.POSITIVE_INFINITY): Promise<readonly RemoteEntry[] | undefined> {
    const opened = await unlessMissing(this.#do(`list ${path}`, 'handle', REQUEST.opendir, this.#path(path)))
    if (opened === undefined) return undefined
    const found: RemoteEntry[] = []
    try {
      while (found.length < most) {
        const page = await unlessEnded(this.#do(`list ${path}`, 'name', REQUEST.readdir, stringBytes(opened.handle)))
        if (page === undefined) break
        for (const name of page.names) {
          const entry = this.#entry(name)
          if (entry !== undefined) found.push(entry)
        }
      }
      return found.slice(0, most)
    } finally {
      await this.#close(path, opened.handle)
    }
  }

  async read(path: string, maxBytes: number): Promise<Buffer> {
    const { handle } = await this.#open(path, FLAG.read)
    try {
      const parts: Buffer[] = []
      for (let at = 0; ;) {
        const part = await unlessEnded(
          this.#do(`read ${path}`, 'data', REQUEST.read, [...stringBytes(handle), uint64Bytes(at), uint32Bytes(CHUNK)]),
        )
        if (part === undefined || part.data.length === 0) return Buffer.concat(parts)
        parts.push(part.data)
        at += part.data.length
        if (at > maxBytes) throw refusedBy(this.#system, `read ${path}`, new Error(`> ${maxBytes} 字节 / bytes`))
      }
    } finally {
      await this.#close(path, handle)
    }
  }

  async write(path: string, bytes: Buffer, from: number): Promise<void> {
    const { handle } = await this.#open(
      path,
      from === 0 ? FLAG.write | FLAG.create | FLAG.truncate : FLAG.read | FLAG.write,
    )
    try {
      const writes: Promise<unknown>[] = []
      // Requests for one file are carried out in the order sent, so what has arrived is always the file's beginning.
      for (let at = from; at < bytes.length; at += CHUNK) {
        const part = bytes.subarray(at, at + CHUNK)
        writes.push(
          this.#act(`write ${path}`, REQUEST.write, [...stringBytes(handle), uint64Bytes(at), ...stringBytes(part)]),
        )
      }
      const failed = (await Promise.allSettled(writes)).find((result) => result.status === 'rejected')
      if (failed !== undefined) throw asError(failed.reason)
      // Where the server has it: otherwise its disk is its own affair.
      if (this.#has(FSYNC)) await this.#act(`fsync ${path}`, FSYNC, stringBytes(handle))
    } finally {
      await this.#close(path, handle)
    }
  }

  async makeFolder(path: string): Promise<void> {
    if ((await this.stat(path))?.kind === 'folder') return
    const above = path.slice(0, Math.max(path.lastIndexOf('/'), 0))
    if (above !== '') await this.makeFolder(above)
    try {
      await this.#act(`mkdir ${path}`, REQUEST.mkdir, [...this.#path(path), attributesBytes({})])
    } catch (error) {
      // Somebody else may have made it meanwhile; whoever is told so by the server is told no more than "failure".
      if (this.#over !== undefined || (await this.stat(path))?.kind !== 'folder') throw error
    }
  }

  rename(from: string, to: string): Promise<void> {
    return this.#act(`rename ${from} → ${to}`, REQUEST.rename, [...this.#path(from), ...this.#path(to)])
  }

  async renameOver(from: string, to: string): Promise<void> {
    const operation = `rename ${from} → ${to}`
    const paths = [...this.#path(from), ...this.#path(to)]
    if (this.#has(POSIX_RENAME)) return this.#act(operation, POSIX_RENAME, paths)
    if ((await this.stat(to)) !== undefined) await this.removeFile(to)
    return this.#act(operation, REQUEST.rename, paths)
  }

  removeFile(path: string): Promise<void> {
    return this.#act(`remove ${path}`, REQUEST.remove, this.#path(path))
  }

  removeFolder(path: string): Promise<void> {
    return this.#act(`rmdir ${path}`, REQUEST.rmdir, this.#path(path))
  }

  async close(): Promise<void> {
    if (this.#over !== undefined) return
    this.#connection.end()
    await within(GOODBYE_MS, this.#connection.gone)
    this.#fail(connectionLost(this.#system, '连接已关闭 / connection closed by us'))
  }

  #path(path: string): readonly Buffer[] {
    return stringBytes(writeName(path, this.#config.names))
  }

  #has(extension: string): boolean {
    return this.#connection.wire.extensions.has(extension)
  }

  #open(path: string, flags: number): Promise<ReplyOf<'handle'>> {
    return this.#do(`open ${path}`, 'handle', REQUEST.open, [
      ...this.#path(path),
      uint32Bytes(flags),
      attributesBytes({}),
    ])
  }

  /** A handle that cannot be closed costs the server something, us nothing: what was read or written counts. */
  async #close(path: string, handle: Buffer): Promise<void> {
    if (this.#over !== undefined) return
    await this.#act(`close ${path}`, REQUEST.close, stringBytes(handle))
  }

  /** An operation that answers with its status only. */
  async #act(operation: string, code: number | string, parts: readonly Buffer[]): Promise<void> {
    await this.#do(operation, 'status', code, parts)
  }

  /**
   * One operation: a slot, a time limit, and the end of the connection as its end.
   *
   * @param code of a request, or an extension's name
   */
  async #do<T extends Reply['type']>(
    operation: string,
    type: T,
    code: number | string,
    parts: readonly Buffer[],
  ): Promise<ReplyOf<T>> {
    await this.#slots.take()
    try {
      if (this.#over !== undefined) throw this.#over
      const answer = await this.#ask(operation, code, parts)
      if (answer.type === 'status' && (type !== 'status' || answer.code !== STATUS.ok))
        throw refusedBy(this.#system, operation, new SftpRefusal(answer.code, answer.message))
      if (answer.type === type) return answer as ReplyOf<T>
      throw this.#fail(connectionLost(this.#system, `${operation}: ${answer.type}`))
    } finally {
      this.#slots.leave()
    }
  }

  #ask(operation: string, code: number | string, parts: readonly Buffer[]): Promise<Reply> {
    const { wire } = this.#connection
    const ms = this.#config.operationTimeoutMs
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#fail(noAnswer(this.#system, operation, ms)), ms)
      const settle = (settled: () => void): void => {
        clearTimeout(timer)
        this.#pending.delete(lose)
        settled()
      }
      const lose = (error: Error): void => settle(() => reject(error))
      this.#pending.add(lose)
      const answered = (answer: Reply): void => settle(() => resolve(answer))
      if (typeof code === 'number') wire.request(code, parts, answered)
      else wire.extended(code, parts, answered)
    })
  }

  /** Undefined for `.`, `..`, and what no path can hold; a name that is no text of its encoding is nobody's file. */
  #entry({ name, attributes }: ReplyName): RemoteEntry | undefined {
    const text = readName(name, this.#config.names)
    if (text === undefined) return { ...entryOf(name.toString('latin1'), attributes), kind: 'other' }
    return text === '.' || text === '..' || /[/\0]/.test(text) ? undefined : entryOf(text, attributes)
  }

  /** The first reason stays; returns it. */
  #fail(error: Error): Error {
    if (this.#over !== undefined) return this.#over
    this.#over = error
    this.#signal.removeEventListener('abort', this.#abort)
    this.#connection.destroy()
    for (const lose of [...this.#pending]) lose(error)
    return error
  }
}

async function unlessMissing<T>(answer: Promise<T>): Promise<T | undefined> {
  return unless(STATUS.noSuchFile, answer)
}

async function unlessEnded<T>(answer: Promise<T>): Promise<T | undefined> {
  return unless(STATUS.eof, answer)
}

async function unless<T>(status: number, answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer
  } catch (error) {
    if (sftpStatusOf(error) === status) return undefined
    throw error
  }
}

/** S_IFMT and its values, as every server sends them. */
const KIND = { mask: 0o170000, folder: 0o040000, file: 0o100000 }

function entryOf(name: string, { size = 0, permissions = 0, times }: Attributes): RemoteEntry {
  const kind = permissions & KIND.mask
  return {
    name,
    kind: kind === KIND.folder ? 'folder' : kind === KIND.file ? 'file' : 'other',
    size,
    changedAt: times?.changed ?? 0,
  }
}
