import type { Duplex } from 'node:stream'
import { asYizhanError, YizhanError } from '../../../core/errors/error.ts'
import { INTERNAL_TEXT } from '../../../core/events/internal.ts'
import { writeName, type NameEncoding } from '../../kit/remote/names.ts'
import type { Attributes } from '../../kit/sftp/attributes.ts'
import { PacketBytes, PacketError, uint64Bytes } from '../../kit/sftp/bytes.ts'
import { FLAG, MOST_PACKET_BYTES, PacketReader, STATUS, type StatusCode } from '../../kit/sftp/protocol.ts'
import { readPath, type PathLimits } from '../tree/path.ts'
import { notThere, type FileEntry, type Folder, type OpenFile, type OpenMode, type Path } from '../tree/port.ts'
import {
  attributesPacket,
  dataPacket,
  extendedPacket,
  handlePacket,
  namePacket,
  statusPacket,
  versionPacket,
  type NamedAttributes,
} from './answers.ts'
import { attributesOf, longName } from './listing.ts'
import { MOST_DATA_BYTES, readRequest, type SftpRequest } from './packets.ts'

export interface SessionParts {
  readonly root: Folder
  readonly names: NameEncoding
  readonly limits: PathLimits & {
    /** open files and folders of one session */
    readonly handles: number
  }
  /** waits until so many bytes and one request more may pass */
  readonly pace: (bytes: number) => Promise<void>
  /** the connection is to end */
  readonly signal: AbortSignal
  /** tells of what is not the client's fault */
  readonly internal: (thrown: unknown) => void
}

/** Requests of the house's own kinds that clients ask for by name. */
const EXTENSIONS = [
  ['posix-rename@openssh.com', '1'],
  ['limits@openssh.com', '1'],
] as const

/** Names of one answer: some clients take no packet of more than 32 kB. */
const MOST_NAMES = 64

type Handle =
  | { readonly kind: 'file'; readonly file: OpenFile }
  | { readonly kind: 'folder'; readonly entries: readonly FileEntry[]; given: number }

type Identified = Exclude<SftpRequest, { readonly type: 'init' }>

/**
 * Serves one channel: requests one after the other, in the order in which they come. Resolves when the channel is at
 * its end or what comes is no SFTP; what is open then is closed as broken off. Never rejects.
 */
export async function serveSftp(channel: Duplex, parts: SessionParts): Promise<void> {
  const session = new SftpSession(parts)
  const reader = new PacketReader()
  try {
    for await (const chunk of iterated(channel, parts.signal)) {
      for (const packet of reader.push(chunk as Buffer)) {
        if (parts.signal.aborted) return
        const answer = await session.answer(packet)
        if (!channel.write(answer)) await drained(channel)
      }
    }
  } catch (thrown) {
    // A channel that was cut off is no fault of ours, and packets of nobody's are the client's.
    if (!(thrown instanceof PacketError) && !channel.destroyed) parts.internal(thrown)
  } finally {
    await session.close()
  }
}

/** Its end is not the end of what we write: the exit status is still to be said. */
async function* iterated(channel: Duplex, signal: AbortSignal): AsyncIterable<unknown> {
  const end = (): void => void channel.push(null)
  signal.addEventListener('abort', end, { once: true })
  try {
    if (!signal.aborted) yield* channel.iterator({ destroyOnReturn: false })
  } finally {
    signal.removeEventListener('abort', end)
  }
}

function drained(channel: Duplex): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      channel.off('drain', end).off('close', end)
      resolve()
    }
    channel.once('drain', end).once('close', end)
    if (channel.destroyed) end()
  })
}

class SftpSession {
  readonly #parts: SessionParts
  readonly #handles = new Map<number, Handle>()
  #lastHandle = 0

  constructor(parts: SessionParts) {
    this.#parts = parts
  }

  /** The answer to one packet. Rejects with a PacketError where it has no id to answer to. */
  async answer(packet: Buffer): Promise<Buffer> {
    let id: number | undefined
    try {
      const request = readRequest(packet)
      if (request.type === 'init') return versionPacket(EXTENSIONS)
      id = request.id
      await this.#parts.pace(packet.length)
      return await this.#do(request)
    } catch (thrown) {
      if (!(thrown instanceof PacketError)) return this.#refusal(id ?? 0, thrown)
      if (thrown.id === undefined) throw thrown
      return statusPacket(thrown.id, STATUS.badMessage, thrown.message)
    }
  }

  async close(): Promise<void> {
    for (const [number, handle] of this.#handles) {
      this.#handles.delete(number)
      if (handle.kind === 'file') await handle.file.close(false).catch(this.#parts.internal)
    }
  }

  async #do(request: Identified): Promise<Buffer> {
    const { root } = this.#parts
    const { id } = request
    switch (request.type) {
      case 'open': {
        const number = this.#free()
        const file = await root.open(this.#path(request.path), modeOf(request.flags))
        return this.#opened(id, number, { kind: 'file', file })
      }
      case 'opendir': {
        const number = this.#free()
        const entries = await root.list(this.#path(request.path))
        return this.#opened(id, number, { kind: 'folder', entries: [dot('.'), dot('..'), ...entries], given: 0 })
      }
      case 'close':
        return this.#close(id, request.handle)
      case 'read': {
        const data = await this.#file(request.handle).read(request.offset, Math.min(request.length, MOST_DATA_BYTES))
        await this.#parts.pace(data.length)
        return data.length === 0 ? statusPacket(id, STATUS.eof, 'EOF') : dataPacket(id, data)
      }
      case 'write':
        await this.#file(request.handle).write(request.offset, request.data)
        return ok(id)
      case 'readdir':
        return this.#names(id, request.handle)
      case 'stat':
      case 'lstat': {
        const path = this.#path(request.path)
        const entry = await root.stat(path)
        if (entry === undefined) throw notThere(path)
        return attributesPacket(id, attributesOf(entry))
      }
      case 'fstat': {
        const { size, changedAt } = this.#file(request.handle)
        return attributesPacket(id, attributesOf({ kind: 'file', name: '', size, changedAt }))
      }
      case 'setstat':
        await this.#setAttributes(this.#path(request.path), request.attributes)
        return ok(id)
      case 'fsetstat':
        if (request.attributes.size !== undefined) await this.#file(request.handle).truncate(request.attributes.size)
        return ok(id)
      case 'remove':
        await root.remove(this.#path(request.path))
        return ok(id)
      case 'mkdir':
        await root.makeFolder(this.#path(request.path))
        return ok(id)
      case 'rmdir':
        await root.removeFolder(this.#path(request.path))
        return ok(id)
      case 'realpath':
        return this.#realPath(id, request.path)
      case 'rename':
        await root.rename(this.#path(request.path), this.#path(request.to), false)
        return ok(id)
      case 'extended':
        return this.#extended(id, request.name, request.data)
      case 'readlink':
      case 'symlink':
      case 'unknown':
        return statusPacket(id, STATUS.unsupported, UNSUPPORTED)
    }
  }

  async #extended(id: number, name: string, data: Buffer): Promise<Buffer> {
    if (name === 'limits@openssh.com')
      return extendedPacket(
        id,
        uint64Bytes(MOST_PACKET_BYTES, MOST_DATA_BYTES, MOST_DATA_BYTES, this.#parts.limits.handles),
      )
    if (name !== 'posix-rename@openssh.com') return statusPacket(id, STATUS.unsupported, UNSUPPORTED)
    const paths = new PacketBytes(data)
    paths.known(id)
    await this.#parts.root.rename(this.#path(paths.string()), this.#path(paths.string()), true)
    return ok(id)
  }

  /** Times, owners and rights are the station's affair: what a client sets of them is taken and changes nothing. */
  async #setAttributes(path: Path, { size }: Attributes): Promise<void> {
    if (size === undefined) return
    const file = await this.#parts.root.open(path, { ...modeOf(FLAG.write), truncate: size === 0 })
    await file.truncate(size)
    await file.close(true)
  }

  #path(bytes: Buffer): Path {
    return readPath(bytes, this.#parts.names, this.#parts.limits)
  }

  #realPath(id: number, bytes: Buffer): Buffer {
    const name = writeName(`/${this.#path(bytes).join('/')}`, this.#parts.names)
    return namePacket(id, [{ name, long: name, attributes: {} }])
  }

  #names(id: number, bytes: Buffer): Buffer {
    const handle = this.#handles.get(numberOf(bytes))
    if (handle?.kind !== 'folder') throw noHandle()
    const next = handle.entries.slice(handle.given, handle.given + MOST_NAMES)
    handle.given += next.length
    if (next.length === 0) return statusPacket(id, STATUS.eof, 'EOF')
    const names = next.map((entry): NamedAttributes => {
      const name = writeName(entry.name, this.#parts.names)
      return { name, long: Buffer.concat([longName(entry), name]), attributes: attributesOf(entry) }
    })
    return namePacket(id, names)
  }

  #free(): number {
    const { handles } = this.#parts.limits
    if (this.#handles.size >= handles)
      throw new YizhanError('FILES_LIMIT', {
        rule: `同时打开 ${handles} 个 / ${handles} handles open at once (settings.limits.handles)`,
      })
    return ++this.#lastHandle
  }

  #opened(id: number, number: number, handle: Handle): Buffer {
    this.#handles.set(number, handle)
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32BE(number)
    return handlePacket(id, bytes)
  }

  async #close(id: number, bytes: Buffer): Promise<Buffer> {
    const number = numberOf(bytes)
    const handle = this.#handles.get(number)
    if (handle === undefined) throw noHandle()
    this.#handles.delete(number)
    if (handle.kind === 'file') await handle.file.close(true)
    return ok(id)
  }

  #file(bytes: Buffer): OpenFile {
    const handle = this.#handles.get(numberOf(bytes))
    if (handle?.kind !== 'file') throw noHandle()
    return handle.file
  }

  #refusal(id: number, thrown: unknown): Buffer {
    const error = asYizhanError(thrown)
    if (error.code !== 'INTERNAL') return statusPacket(id, STATUS_OF[error.code] ?? STATUS.failure, error.message)
    this.#parts.internal(thrown)
    return statusPacket(id, STATUS.failure, INTERNAL_TEXT)
  }
}

const UNSUPPORTED = '不支持 / not supported'

const STATUS_OF: Readonly<Partial<Record<string, StatusCode>>> = {
  FILES_NOT_THERE: STATUS.noSuchFile,
  FILES_FIXED: STATUS.permissionDenied,
  FILES_NOT_READ: STATUS.permissionDenied,
}

function ok(id: number): Buffer {
  return statusPacket(id, STATUS.ok, 'OK')
}

function dot(name: string): FileEntry {
  return { name, kind: 'folder', size: 0, changedAt: 0 }
}

function noHandle(): YizhanError {
  return new YizhanError('FILES_NOT_THERE', { value: 'handle' })
}

/** Ours have four bytes; 0 is none. */
function numberOf(handle: Buffer): number {
  return handle.length === 4 ? handle.readUInt32BE(0) : 0
}

function modeOf(flags: number): OpenMode {
  const has = (flag: number): boolean => (flags & flag) !== 0
  return {
    read: has(FLAG.read),
    write: has(FLAG.write),
    append: has(FLAG.append),
    create: has(FLAG.create),
    truncate: has(FLAG.truncate),
    exclusive: has(FLAG.exclusive),
  }
}
