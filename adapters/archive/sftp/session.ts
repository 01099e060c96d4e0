import type { SFTPWrapper, Stats } from 'ssh2'
import { asError } from '../../../core/errors/error.ts'
import { within } from '../../../core/util/within.ts'
import type { SftpConfig } from '../config.ts'
import type { SftpConnection } from './connect.ts'
import { connectionLost, noAnswer, NO_SUCH_FILE, refusedBy, sftpStatusOf } from './errors.ts'
import type { RemoteEntry, RemoteFiles } from './port.ts'
import { Semaphore } from '../../../core/util/semaphore.ts'

/** Below the 32 kB that every server must take in one packet. */
const CHUNK = 30 * 1024
const GOODBYE_MS = 2_000

type Callback<T> = (error: Error | null | undefined, value: T) => void

/**
 * One connection. The protocol's own operations are used, not the library's: those take any failure of `stat` for "not
 * there", and have no time limit. An operation without an answer ends the connection, because its answer could come
 * later.
 */
export class SftpSession implements RemoteFiles {
  readonly #system: string
  readonly #connection: SftpConnection
  readonly #slots: Semaphore
  readonly #timeoutMs: number
  readonly #signal: AbortSignal
  readonly #abort = (): void => this.#fail(asError(this.#signal.reason))
  readonly #pending = new Set<(error: Error) => void>()
  #over: Error | undefined
  #cannotSync = false

  constructor(
    system: string,
    connection: SftpConnection,
    config: Pick<SftpConfig, 'parallel' | 'operationTimeoutMs'>,
    signal: AbortSignal,
  ) {
    this.#system = system
    this.#connection = connection
    this.#slots = new Semaphore(config.parallel)
    this.#timeoutMs = config.operationTimeoutMs
    this.#signal = signal
    signal.addEventListener('abort', this.#abort, { once: true })
    if (signal.aborted) this.#abort()
    void connection.gone.then((reason) => this.#fail(connectionLost(system, reason.message, reason)))
  }

  async stat(path: string): Promise<RemoteEntry | undefined> {
    const stats = await this.#unlessMissing(this.#do<Stats>(`stat ${path}`, (sftp, done) => sftp.stat(path, done)))
    return stats && entryOf(path.split('/').at(-1) ?? '', stats)
  }

  async list(path: string): Promise<readonly RemoteEntry[] | undefined> {
    const found = await this.#unlessMissing(
      this.#do(`list ${path}`, (sftp, done: Callback<{ filename: string; attrs: Stats }[]>) =>
        sftp.readdir(path, done),
      ),
    )
    return found
      ?.filter(({ filename }) => filename !== '.' && filename !== '..' && !/[/\0]/.test(filename))
      .map(({ filename, attrs }) => entryOf(filename, attrs))
  }

  async read(path: string, maxBytes: number): Promise<Buffer> {
    const handle = await this.#do<Buffer>(`open ${path}`, (sftp, done) => sftp.open(path, 'r', done))
    try {
      const parts: Buffer[] = []
      for (let at = 0; ;) {
        const part = await this.#chunk(path, handle, at)
        if (part.length === 0) return Buffer.concat(parts)
        parts.push(part)
        at += part.length
        if (at > maxBytes) throw refusedBy(this.#system, `read ${path}`, new Error(`> ${maxBytes} 字节 / bytes`))
      }
    } finally {
      await this.#closeFile(path, handle)
    }
  }

  async write(path: string, bytes: Buffer, from: number): Promise<void> {
    const handle = await this.#do<Buffer>(`open ${path}`, (sftp, done) =>
      sftp.open(path, from === 0 ? 'w' : 'r+', done),
    )
    try {
      const writes: Promise<void>[] = []
      // Requests for one file are carried out in the order sent, so what has arrived is always the file's beginning.
      for (let at = from; at < bytes.length; at += CHUNK) {
        const length = Math.min(CHUNK, bytes.length - at)
        writes.push(this.#act(`write ${path}`, (sftp, done) => sftp.write(handle, bytes, at, length, at, done)))
      }
      const failed = (await Promise.allSettled(writes)).find((result) => result.status === 'rejected')
      if (failed !== undefined) throw asError(failed.reason)
      await this.#sync(path, handle)
    } finally {
      await this.#closeFile(path, handle)
    }
  }

  async makeFolder(path: string): Promise<void> {
    if ((await this.stat(path))?.kind === 'folder') return
    const above = path.slice(0, Math.max(path.lastIndexOf('/'), 0))
    if (above !== '') await this.makeFolder(above)
    try {
      await this.#act(`mkdir ${path}`, (sftp, done) => sftp.mkdir(path, done))
    } catch (error) {
      // Somebody else may have made it meanwhile; whoever is told so by the server is told no more than "failure".
      if (this.#over !== undefined || (await this.stat(path))?.kind !== 'folder') throw error
    }
  }

  rename(from: string, to: string): Promise<void> {
    return this.#act(`rename ${from} → ${to}`, (sftp, done) => sftp.rename(from, to, done))
  }

  removeFile(path: string): Promise<void> {
    return this.#act(`remove ${path}`, (sftp, done) => sftp.unlink(path, done))
  }

  removeFolder(path: string): Promise<void> {
    return this.#act(`rmdir ${path}`, (sftp, done) => sftp.rmdir(path, done))
  }

  async close(): Promise<void> {
    if (this.#over !== undefined) return
    this.#connection.end()
    await within(GOODBYE_MS, this.#connection.gone)
    this.#fail(connectionLost(this.#system, '连接已关闭 / connection closed by us'))
  }

  /** An operation that answers with its status only. */
  async #act(
    operation: string,
    start: (sftp: SFTPWrapper, done: (error?: Error | null) => void) => void,
  ): Promise<void> {
    await this.#do<undefined>(operation, (sftp, done) => start(sftp, (error) => done(error, undefined)))
  }

  /** One operation: a slot, a time limit, and the end of the connection as its end. */
  async #do<T>(operation: string, start: (sftp: SFTPWrapper, done: Callback<T>) => void): Promise<T> {
    await this.#slots.take()
    try {
      if (this.#over !== undefined) throw this.#over
      return await new Promise<T>((resolve, reject) => {
        const timer = setTimeout(() => this.#fail(noAnswer(this.#system, operation, this.#timeoutMs)), this.#timeoutMs)
        const settle = (settled: () => void): void => {
          clearTimeout(timer)
          this.#pending.delete(lose)
          settled()
        }
        const lose = (error: Error): void => settle(() => reject(error))
        this.#pending.add(lose)
        const done: Callback<T> = (error, value) =>
          settle(() => (error ? this.#answered(operation, error, reject) : resolve(value)))
        try {
          start(this.#connection.sftp, done)
        } catch (error) {
          lose(asError(error))
        }
      })
    } finally {
      this.#slots.leave()
    }
  }

  /** An error with a status is the server's answer; one without comes of a connection that is going. */
  #answered(operation: string, error: Error, reject: (error: Error) => void): void {
    const status = sftpStatusOf(error)
    reject(
      this.#over ??
        (status === undefined
          ? connectionLost(this.#system, `${operation}: ${error.message}`, error)
          : refusedBy(this.#system, operation, error)),
    )
  }

  async #unlessMissing<T>(answer: Promise<T>): Promise<T | undefined> {
    try {
      return await answer
    } catch (error) {
      if (sftpStatusOf(asError(error).cause) === NO_SUCH_FILE) return undefined
      throw error
    }
  }

  async #chunk(path: string, handle: Buffer, at: number): Promise<Buffer> {
    const buffer = Buffer.alloc(CHUNK)
    const END_OF_FILE = 1
    try {
      const length = await this.#do<number>(`read ${path}`, (sftp, done) =>
        sftp.read(handle, buffer, 0, CHUNK, at, (error, bytes) => done(error, bytes)),
      )
      return buffer.subarray(0, length)
    } catch (error) {
      if (sftpStatusOf(asError(error).cause) === END_OF_FILE) return buffer.subarray(0, 0)
      throw error
    }
  }

  /** fsync@openssh.com, where the server has it: otherwise its disk is its own affair. */
  async #sync(path: string, handle: Buffer): Promise<void> {
    if (this.#cannotSync) return
    await this.#act(`fsync ${path}`, (sftp, done) => {
      try {
        sftp.ext_openssh_fsync(handle, done)
      } catch {
        // ssh2 throws where the server did not announce the extension
        this.#cannotSync = true
        done()
      }
    })
  }

  /** A handle that cannot be closed costs the server something, us nothing: what was read or written counts. */
  async #closeFile(path: string, handle: Buffer): Promise<void> {
    if (this.#over !== undefined) return
    await this.#act(`close ${path}`, (sftp, done) => sftp.close(handle, done))
  }

  #fail(error: Error): void {
    if (this.#over !== undefined) return
    this.#over = error
    this.#signal.removeEventListener('abort', this.#abort)
    this.#connection.destroy()
    for (const lose of [...this.#pending]) lose(error)
  }
}

function entryOf(name: string, stats: Stats): RemoteEntry {
  return {
    name,
    kind: stats.isDirectory() ? 'folder' : stats.isFile() ? 'file' : 'other',
    size: stats.size,
    changedAt: stats.mtime,
  }
}
