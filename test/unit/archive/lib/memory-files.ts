import type { RemoteEntry, RemoteFiles } from '../../../../adapters/kit/remote/port.ts'
import { refusedBy, SftpRefusal } from '../../../../adapters/kit/sftp/errors.ts'
import { STATUS } from '../../../../adapters/kit/sftp/protocol.ts'
import { YizhanError } from '../../../../core/errors/error.ts'

/** What a server holds: files by path, folders as `undefined`. It outlives the connections to it. */
export class MemoryServer {
  readonly tree = new Map<string, Buffer | undefined>()
  /** changes with every write, as a file's time does */
  readonly times = new Map<string, number>()
  /** paths whose rename the server refuses */
  readonly stuck = new Set<string>()
  /** how often a path was read */
  readonly reads = new Map<string, number>()
  /** what the server refuses to do, by operation and path: `write a/b` */
  refuses: (operation: string) => boolean = () => false
  /** one of the time before renames */
  cannotRename = false
  operations = 0

  put(path: string, bytes: Buffer | string): void {
    const steps = path.split('/')
    steps.slice(0, -1).forEach((_, at) => this.tree.set(steps.slice(0, at + 1).join('/'), undefined))
    this.tree.set(path, Buffer.from(bytes))
    this.times.set(path, (this.times.get(path) ?? 1000) + 1)
  }

  files(): string[] {
    return [...this.tree].flatMap(([path, bytes]) => (bytes === undefined ? [] : [path])).sort()
  }

  /**
   * @param cutAt the operation, counted from 1, that is the connection's last; `carriedOut` says whether it still had
   * its effect
   */
  connect(cutAt = Number.POSITIVE_INFINITY, carriedOut = false): RemoteFiles {
    return new MemoryFiles(this, cutAt, carriedOut)
  }
}

class MemoryFiles implements RemoteFiles {
  readonly #server: MemoryServer
  readonly #cutAt: number
  readonly #carriedOut: boolean
  #count = 0

  constructor(server: MemoryServer, cutAt: number, carriedOut: boolean) {
    this.#server = server
    this.#cutAt = cutAt
    this.#carriedOut = carriedOut
  }

  get isOpen(): boolean {
    return this.#count < this.#cutAt
  }

  stat(path: string): Promise<RemoteEntry | undefined> {
    return this.#do(() => this.#entry(path))
  }

  list(path: string): Promise<readonly RemoteEntry[] | undefined> {
    return this.#do(() => {
      if (!this.#server.tree.has(path)) return undefined
      const children = [...this.#server.tree.keys()].filter(
        (one) => one.startsWith(`${path}/`) && !one.slice(path.length + 1).includes('/'),
      )
      return children.flatMap((child) => this.#entry(child) ?? [])
    })
  }

  read(path: string, maxBytes: number): Promise<Buffer> {
    return this.#do(() => {
      this.#may(`read ${path}`)
      const bytes = this.#server.tree.get(path)
      if (bytes === undefined || bytes.length > maxBytes) throw refused(`read ${path}`)
      this.#server.reads.set(path, (this.#server.reads.get(path) ?? 0) + 1)
      return bytes
    })
  }

  /** A write that is cut leaves the half of what it had to write. */
  write(path: string, bytes: Buffer, from: number): Promise<void> {
    const before = this.#server.tree.get(path)
    return this.#do(
      () => {
        this.#may(`write ${path}`)
        this.#server.put(path, Buffer.concat([(before ?? Buffer.alloc(0)).subarray(0, from), bytes.subarray(from)]))
      },
      () =>
        this.#server.put(
          path,
          Buffer.concat([
            (before ?? Buffer.alloc(0)).subarray(0, from),
            bytes.subarray(from, from + Math.floor((bytes.length - from) / 2)),
          ]),
        ),
    )
  }

  makeFolder(path: string): Promise<void> {
    return this.#do(() =>
      path.split('/').forEach((_, at, steps) => this.#server.tree.set(steps.slice(0, at + 1).join('/'), undefined)),
    )
  }

  rename(from: string, to: string): Promise<void> {
    return this.#do(() => {
      const { tree, stuck, cannotRename } = this.#server
      if (cannotRename) throw refusedBy('archive', 'rename', new SftpRefusal(STATUS.unsupported, ''))
      this.#may(`rename ${from}`)
      if (!tree.has(from) || tree.has(to) || stuck.has(from)) throw refused(`rename ${from} → ${to}`)
      for (const [path, bytes] of [...tree]) {
        if (path !== from && !path.startsWith(`${from}/`)) continue
        tree.delete(path)
        tree.set(to + path.slice(from.length), bytes)
      }
    })
  }

  /** At once, as with posix-rename. */
  renameOver(from: string, to: string): Promise<void> {
    return this.#do(() => {
      const { tree, cannotRename } = this.#server
      if (cannotRename) throw refusedBy('archive', 'rename', new SftpRefusal(STATUS.unsupported, ''))
      this.#may(`rename ${from}`)
      const bytes = tree.get(from)
      if (bytes === undefined) throw refused(`rename ${from} → ${to}`)
      tree.delete(from)
      this.#server.put(to, bytes)
    })
  }

  removeFile(path: string): Promise<void> {
    return this.#do(() => {
      this.#may(`remove ${path}`)
      this.#server.tree.delete(path)
    })
  }

  removeFolder(path: string): Promise<void> {
    return this.#do(() => {
      if ([...this.#server.tree.keys()].some((one) => one.startsWith(`${path}/`))) throw refused(`rmdir ${path}`)
      this.#server.tree.delete(path)
    })
  }

  async close(): Promise<void> {
    this.#count = Number.POSITIVE_INFINITY
  }

  #may(operation: string): void {
    if (this.#server.refuses(operation)) throw refused(operation)
  }

  #entry(path: string): RemoteEntry | undefined {
    if (!this.#server.tree.has(path)) return undefined
    const bytes = this.#server.tree.get(path)
    return {
      name: path.split('/').at(-1) ?? '',
      kind: bytes === undefined ? 'folder' : 'file',
      size: bytes?.length ?? 0,
      changedAt: this.#server.times.get(path) ?? 0,
    }
  }

  async #do<T>(work: () => T, half: () => void = () => undefined): Promise<T> {
    this.#count++
    this.#server.operations++
    if (this.#count < this.#cutAt) return work()
    if (this.#count === this.#cutAt) (this.#carriedOut ? work : half)()
    throw new YizhanError('SYSTEM_UNREACHABLE', { field: 'archive', detail: 'cut' })
  }
}

function refused(operation: string): YizhanError {
  return new YizhanError('SYSTEM_FAULT', { field: 'archive', detail: operation })
}
