import type { Stats } from 'node:fs'
import { mkdir, open, readdir, rename, rm, rmdir, stat, type FileHandle } from 'node:fs/promises'
import { join, posix } from 'node:path'
import ssh2, { type Attributes, type SFTPWrapper } from 'ssh2'

const { OPEN_MODE, STATUS_CODE } = ssh2.utils.sftp

/** What the server's owner may want of a connection. */
export interface Moods {
  /** requests are swallowed */
  readonly hanging: () => boolean
  /** before each write: true hangs up instead */
  readonly hangUp: () => boolean
  /** a rename has been carried out; `path` is the new one, below the root */
  readonly renamed: (path: string) => void
}

interface OpenFolder {
  entries: { filename: string; longname: string; attrs: Attributes }[] | undefined
}

/** SFTP version 3 (draft-ietf-secsh-filexfer-02) on a folder, answering one request after the other. */
export class SftpFiles {
  readonly #sftp: SFTPWrapper
  readonly #root: string
  readonly #moods: Moods
  readonly #handles = new Map<number, FileHandle | OpenFolder>()
  #nextHandle = 1
  #last: Promise<void> = Promise.resolve()

  /** @param hangUp ends the connection at once */
  constructor(sftp: SFTPWrapper, root: string, moods: Moods, hangUp: () => void) {
    this.#sftp = sftp
    this.#root = root
    this.#moods = moods
    sftp.on('error', hangUp)
    sftp.on('OPEN', (id, path, flags) =>
      this.#serve(id, async () => this.#sftp.handle(id, this.#keep(await open(this.#at(path), modeOf(flags))))),
    )
    sftp.on('READ', (id, handle, offset, length) => this.#serve(id, () => this.#read(id, handle, offset, length)))
    sftp.on('WRITE', (id, handle, offset, data) => {
      if (this.#moods.hangUp()) hangUp()
      else this.#act(id, () => this.#file(handle).write(data, 0, data.length, offset))
    })
    sftp.on('CLOSE', (id, handle) => this.#act(id, () => this.#close(handle)))
    sftp.on('FSTAT', (id, handle) =>
      this.#serve(id, async () => this.#sftp.attrs(id, attributes(await this.#file(handle).stat()))),
    )
    const statPath = (id: number, path: string): void =>
      this.#serve(id, async () => this.#sftp.attrs(id, attributes(await stat(this.#at(path)))))
    sftp.on('STAT', statPath)
    sftp.on('LSTAT', statPath)
    sftp.on('OPENDIR', (id, path) =>
      this.#serve(id, async () => this.#sftp.handle(id, this.#keep({ entries: await this.#entries(path) }))),
    )
    sftp.on('READDIR', (id, handle) => this.#serve(id, async () => this.#readFolder(id, handle)))
    sftp.on('REALPATH', (id, path) =>
      this.#serve(id, async () =>
        this.#sftp.name(id, [
          { filename: posix.resolve('/', path), longname: path, attrs: attributes(await stat(this.#root)) },
        ]),
      ),
    )
    sftp.on('MKDIR', (id, path) => this.#act(id, () => mkdir(this.#at(path))))
    sftp.on('RMDIR', (id, path) => this.#act(id, () => rmdir(this.#at(path))))
    sftp.on('REMOVE', (id, path) => this.#act(id, () => rm(this.#at(path))))
    sftp.on('SETSTAT', (id) => this.#act(id, async () => undefined))
    sftp.on('FSETSTAT', (id) => this.#act(id, async () => undefined))
    sftp.on('RENAME', (id, from, to) => {
      this.#act(id, async () => {
        if (await exists(this.#at(to))) throw new Error('the target exists')
        await rename(this.#at(from), this.#at(to))
        this.#moods.renamed(posix.resolve('/', to).slice(1))
      })
    })
  }

  /** Ends what the connection had open. */
  async close(): Promise<void> {
    await this.#last
    for (const handle of this.#handles.values()) if (!('entries' in handle)) await handle.close()
    this.#handles.clear()
  }

  #at(path: string): string {
    return join(this.#root, posix.resolve('/', path))
  }

  #serve(id: number, work: () => Promise<unknown>): void {
    if (this.#moods.hanging()) return
    this.#last = this.#last.then(work).then(
      () => undefined,
      (error: unknown) =>
        this.#sftp.status(
          id,
          (error as NodeJS.ErrnoException).code === 'ENOENT' ? STATUS_CODE.NO_SUCH_FILE : STATUS_CODE.FAILURE,
          (error as Error).message,
        ),
    )
  }

  #act(id: number, work: () => Promise<unknown>): void {
    this.#serve(id, async () => {
      await work()
      this.#sftp.status(id, STATUS_CODE.OK)
    })
  }

  #keep(opened: FileHandle | OpenFolder): Buffer {
    const handle = Buffer.alloc(4)
    handle.writeUInt32BE(this.#nextHandle)
    this.#handles.set(this.#nextHandle++, opened)
    return handle
  }

  #opened(handle: Buffer): FileHandle | OpenFolder {
    const opened = handle.length === 4 ? this.#handles.get(handle.readUInt32BE()) : undefined
    if (opened === undefined) throw new Error('no such handle')
    return opened
  }

  #file(handle: Buffer): FileHandle {
    const opened = this.#opened(handle)
    if ('entries' in opened) throw new Error('a folder')
    return opened
  }

  async #close(handle: Buffer): Promise<void> {
    const opened = this.#opened(handle)
    this.#handles.delete(handle.readUInt32BE())
    if (!('entries' in opened)) await opened.close()
  }

  async #read(id: number, handle: Buffer, offset: number, length: number): Promise<void> {
    const { bytesRead, buffer } = await this.#file(handle).read(
      Buffer.alloc(Math.min(length, 256 * 1024)),
      0,
      Math.min(length, 256 * 1024),
      offset,
    )
    if (bytesRead === 0) this.#sftp.status(id, STATUS_CODE.EOF)
    else this.#sftp.data(id, buffer.subarray(0, bytesRead))
  }

  async #entries(path: string): Promise<OpenFolder['entries']> {
    const names = await readdir(this.#at(path))
    return Promise.all(
      names.map(async (filename) => ({
        filename,
        longname: filename,
        attrs: attributes(await stat(join(this.#at(path), filename))),
      })),
    )
  }

  #readFolder(id: number, handle: Buffer): void {
    const folder = this.#opened(handle)
    if (!('entries' in folder)) throw new Error('a file')
    const { entries } = folder
    // An answer holds 50 names, well below a packet; the last answer is the end.
    if (entries === undefined || entries.length === 0) this.#sftp.status(id, STATUS_CODE.EOF)
    else this.#sftp.name(id, entries.splice(0, 50))
  }
}

function modeOf(flags: number): string {
  if ((flags & OPEN_MODE.WRITE) === 0) return 'r'
  return (flags & OPEN_MODE.TRUNC) === 0 ? 'r+' : 'w'
}

function attributes(stats: Stats): Attributes {
  return {
    mode: stats.mode,
    uid: stats.uid,
    gid: stats.gid,
    size: stats.size,
    atime: Math.floor(stats.atimeMs / 1000),
    mtime: Math.floor(stats.mtimeMs / 1000),
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
      throw error
    },
  )
}
