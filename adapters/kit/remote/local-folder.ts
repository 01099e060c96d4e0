import { constants, type Dirent, type Stats } from 'node:fs'
import { lstat, mkdir, open, readdir, rename, rm, rmdir, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { YizhanError, asError } from '../../../core/errors/error.ts'
import { Semaphore } from '../../../core/util/semaphore.ts'
import { syncFolder } from '../../../core/util/sync-folder.ts'
import { connectionLost, noAnswer, refusedBy } from '../sftp/errors.ts'
import { readName, writeName, type NameEncoding } from './names.ts'
import type { RemoteEntry, RemoteFiles } from './port.ts'

export interface LocalFolderOptions {
  /** absolute */
  readonly path: string
  readonly names: NameEncoding
  readonly operationTimeoutMs: number
}

/** Node has four threads for files: a share that hangs must not take them all. */
const AT_ONCE = 2
const CHUNK = 1024 * 1024
/** A share that is gone, rather than one that says no. */
const GONE: ReadonlySet<string> = new Set(['ESTALE', 'EIO', 'ETIMEDOUT', 'EHOSTDOWN', 'ENOTCONN', 'EHOSTUNREACH'])

/**
 * A folder that others see too, such as an NFS mount. Paths are below it; links are not followed. As with a connection,
 * an operation without an answer ends it as a whole.
 */
export class LocalFolder implements RemoteFiles {
  readonly #system: string
  readonly #options: LocalFolderOptions
  readonly #signal: AbortSignal
  readonly #slots = new Semaphore(AT_ONCE)
  #over: Error | undefined

  constructor(system: string, options: LocalFolderOptions, signal: AbortSignal) {
    this.#system = system
    this.#options = options
    this.#signal = signal
  }

  get isOpen(): boolean {
    return this.#over === undefined
  }

  stat(path: string): Promise<RemoteEntry | undefined> {
    return this.#do(`stat ${path}`, async () => {
      const stats = await unlessMissing(lstat(this.#at(path)))
      return stats && entryOf(path.split('/').at(-1) ?? '', stats)
    })
  }

  async list(path: string, most = Number.POSITIVE_INFINITY): Promise<readonly RemoteEntry[] | undefined> {
    const found = await this.#do<Dirent<Buffer>[] | undefined>(`list ${path}`, () =>
      unlessMissing(readdir(this.#at(path), { encoding: 'buffer', withFileTypes: true })),
    )
    if (found === undefined) return undefined
    const entries: RemoteEntry[] = []
    for (const { name } of found.slice(0, most)) {
      const entry = await this.#do(`stat in ${path}`, () => this.#entryIn(path, name))
      if (entry !== undefined) entries.push(entry)
    }
    return entries
  }

  read(path: string, maxBytes: number): Promise<Buffer> {
    return this.#opened(`read ${path}`, path, constants.O_RDONLY, async (file) => {
      const parts: Buffer[] = []
      for (let at = 0; ;) {
        const { bytesRead, buffer } = await file.read(Buffer.alloc(CHUNK), 0, CHUNK, at)
        if (bytesRead === 0) return Buffer.concat(parts)
        parts.push(buffer.subarray(0, bytesRead))
        at += bytesRead
        if (at > maxBytes) throw refusedBy(this.#system, `read ${path}`, new Error(`> ${maxBytes} 字节 / bytes`))
      }
    })
  }

  async write(path: string, bytes: Buffer, from: number): Promise<void> {
    const { O_WRONLY, O_CREAT, O_TRUNC } = constants
    const flags = from === 0 ? O_WRONLY | O_CREAT | O_TRUNC : O_WRONLY
    await this.#opened(`write ${path}`, path, flags, async (file) => {
      for (let at = from; at < bytes.length;) at += (await file.write(bytes, at, bytes.length - at, at)).bytesWritten
      await file.sync()
    })
  }

  async makeFolder(path: string): Promise<void> {
    await this.#do(`mkdir ${path}`, () => mkdir(this.#at(path), { recursive: true }))
  }

  async rename(from: string, to: string): Promise<void> {
    if ((await this.stat(to)) !== undefined)
      throw refusedBy(this.#system, `rename ${from} → ${to}`, new Error('已存在 / it exists'))
    await this.renameOver(from, to)
  }

  async renameOver(from: string, to: string): Promise<void> {
    await this.#do(`rename ${from} → ${to}`, async () => {
      await rename(this.#at(from), this.#at(to))
      await syncFolder(join(this.#options.path, to, '..'))
    })
  }

  async removeFile(path: string): Promise<void> {
    await this.#do(`remove ${path}`, () => rm(this.#at(path)))
  }

  async removeFolder(path: string): Promise<void> {
    await this.#do(`rmdir ${path}`, () => rmdir(this.#at(path)))
  }

  close(): Promise<void> {
    this.#over ??= connectionLost(this.#system, 'closed')
    return Promise.resolve()
  }

  #at(path: string): Buffer {
    return writeName(join(this.#options.path, path), this.#options.names)
  }

  async #entryIn(folder: string, name: Buffer): Promise<RemoteEntry | undefined> {
    const stats = await unlessMissing(lstat(Buffer.concat([this.#at(folder), Buffer.from('/'), name])))
    if (stats === undefined) return undefined
    const text = readName(name, this.#options.names)
    const entry = entryOf(text ?? name.toString('latin1'), stats)
    return text === undefined ? { ...entry, kind: 'other' } : entry
  }

  #opened<T>(operation: string, path: string, flags: number, work: (file: FileHandle) => Promise<T>): Promise<T> {
    return this.#do(operation, async () => {
      const file = await open(this.#at(path), flags | constants.O_NOFOLLOW, 0o660)
      try {
        return await work(file)
      } finally {
        await file.close()
      }
    })
  }

  async #do<T>(operation: string, work: () => Promise<T>): Promise<T> {
    await this.#slots.take()
    // A place is held until the operation has ended, however long nobody has waited for it any more.
    const ended = this.#running(work)
    const ms = this.#options.operationTimeoutMs
    const late = Promise.withResolvers<never>()
    const timer = setTimeout(() => late.reject(noAnswer(this.#system, operation, ms)), ms)
    const abort = (): void => late.reject(asError(this.#signal.reason))
    this.#signal.addEventListener('abort', abort, { once: true })
    if (this.#signal.aborted) abort()
    try {
      return await Promise.race([ended, late.promise])
    } catch (thrown) {
      throw this.#failure(operation, asError(thrown))
    } finally {
      clearTimeout(timer)
      this.#signal.removeEventListener('abort', abort)
      ended.catch(() => undefined)
    }
  }

  async #running<T>(work: () => Promise<T>): Promise<T> {
    try {
      if (this.#over !== undefined) throw this.#over
      return await work()
    } finally {
      this.#slots.leave()
    }
  }

  #failure(operation: string, error: Error): Error {
    if (error instanceof YizhanError && error.code === 'SYSTEM_FAULT') return error
    const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
    if (!(error instanceof YizhanError) && code !== undefined && !GONE.has(code))
      return refusedBy(this.#system, operation, error)
    this.#over ??=
      error instanceof YizhanError || code === undefined
        ? error
        : connectionLost(this.#system, `${operation}: ${error.message}`, error)
    return this.#over
  }
}

async function unlessMissing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function entryOf(name: string, stats: Stats): RemoteEntry {
  return {
    name,
    kind: stats.isDirectory() ? 'folder' : stats.isFile() ? 'file' : 'other',
    size: stats.size,
    changedAt: Math.floor(stats.mtimeMs / 1000),
  }
}
