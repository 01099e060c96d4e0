import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import SftpClient from 'ssh2-sftp-client'
import { TryAgain } from '../port.ts'

export const FOLDERS = ['out', 'in', 'receipts', 'errors'] as const
export type FolderName = (typeof FOLDERS)[number]

/** The four folders between a system that knows only files and the station, wherever they are. */
export interface Folders {
  /** whole under its name, or not at all */
  put(folder: FolderName, name: string, bytes: Buffer): Promise<void>
  /** names, the oldest first as far as times tell */
  list(folder: FolderName): Promise<readonly string[]>
  read(folder: FolderName, name: string): Promise<Buffer>
  remove(folder: FolderName, name: string): Promise<void>
  close(): Promise<void>
}

/** Folders on a disk that the station comes to: over a server of the unit's own, or as a share. */
export class DiskFolders implements Folders {
  readonly #root: string

  constructor(root: string) {
    this.#root = root
  }

  async make(): Promise<void> {
    for (const folder of FOLDERS) await mkdir(join(this.#root, folder), { recursive: true })
  }

  async put(folder: FolderName, name: string, bytes: Buffer): Promise<void> {
    await writeFile(this.#at(folder, `${name}.part`), bytes)
    await rename(this.#at(folder, `${name}.part`), this.#at(folder, name))
  }

  async list(folder: FolderName): Promise<readonly string[]> {
    const names = await readdir(this.#at(folder, ''))
    const found = await Promise.all(
      names.map(async (name) => {
        // The station may have taken it meanwhile.
        const stats = await stat(this.#at(folder, name)).catch(() => undefined)
        return stats === undefined ? [] : [{ name, at: stats.mtimeMs }]
      }),
    )
    return found
      .flat()
      .sort((one, other) => one.at - other.at || (one.name < other.name ? -1 : 1))
      .map(({ name }) => name)
  }

  read(folder: FolderName, name: string): Promise<Buffer> {
    return readFile(this.#at(folder, name))
  }

  async remove(folder: FolderName, name: string): Promise<void> {
    await rm(this.#at(folder, name), { force: true })
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  #at(folder: FolderName, name: string): string {
    return join(this.#root, folder, name)
  }
}

export interface ServedAt {
  /** where the station's endpoint is, as it is now */
  readonly port: () => number
  readonly username: string
  readonly password: string
}

/** One step at the endpoint takes a few milliseconds; so long is none. */
const PATIENCE_MS = 5_000

/** The station's own endpoint, by the client library of others. A station that is away is asked again later. */
export class ServedFolders implements Folders {
  readonly #at: ServedAt
  #client: Promise<SftpClient> | undefined

  constructor(at: ServedAt) {
    this.#at = at
  }

  put(folder: FolderName, name: string, bytes: Buffer): Promise<void> {
    return this.#do(async (client) => {
      await client.put(bytes, `/${folder}/${name}.part`)
      await client.posixRename(`/${folder}/${name}.part`, `/${folder}/${name}`)
    })
  }

  list(folder: FolderName): Promise<readonly string[]> {
    return this.#do(async (client) => (await client.list(`/${folder}`)).map(({ name }) => name))
  }

  read(folder: FolderName, name: string): Promise<Buffer> {
    return this.#do(async (client) => (await client.get(`/${folder}/${name}`)) as Buffer)
  }

  remove(folder: FolderName, name: string): Promise<void> {
    return this.#do(async (client) => {
      if ((await client.exists(`/${folder}/${name}`)) !== false) await client.delete(`/${folder}/${name}`)
    })
  }

  async close(): Promise<void> {
    const client = await this.#client?.catch(() => undefined)
    this.#client = undefined
    await client?.end().catch(() => undefined)
  }

  async #do<T>(work: (client: SftpClient) => Promise<T>): Promise<T> {
    const client = (this.#client ??= this.#open())
    let timer: NodeJS.Timeout | undefined
    // What was under way when the endpoint was killed is never answered, and the library does not say so.
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('没有应答 no answer of the endpoint')), PATIENCE_MS)
    })
    try {
      return await Promise.race([client.then(work), late])
    } catch (error) {
      // Whatever it was: the next try begins with a connection of its own.
      if (this.#client === client) this.#client = undefined
      client.then((one) => one.end()).catch(() => undefined)
      throw new TryAgain(error instanceof Error ? error.message : String(error), error)
    } finally {
      clearTimeout(timer)
    }
  }

  async #open(): Promise<SftpClient> {
    const quiet = (): void => undefined
    const client = new SftpClient('oa', { error: quiet, end: quiet, close: quiet })
    await client.connect({
      host: '127.0.0.1',
      port: this.#at.port(),
      username: this.#at.username,
      password: this.#at.password,
      readyTimeout: 10_000,
    })
    return client
  }
}
