import type { Duplex } from 'node:stream'

/**
 * An SFTP client’s side of the wire, by the draft (draft-ietf-secsh-filexfer-02) and nothing of ours: requests as
 * bytes, answers read from bytes, names in whatever encoding.
 */

export interface WireAttributes {
  readonly size?: number
  readonly permissions?: number
  readonly mtime?: number
}

export type Answer =
  | { readonly type: 'version'; readonly version: number; readonly extensions: readonly string[] }
  | { readonly type: 'status'; readonly id: number; readonly code: number; readonly message: string }
  | { readonly type: 'handle'; readonly id: number; readonly handle: Buffer }
  | { readonly type: 'data'; readonly id: number; readonly data: Buffer }
  | {
      readonly type: 'name'
      readonly id: number
      readonly names: readonly { readonly name: Buffer; readonly long: Buffer; readonly attributes: WireAttributes }[]
    }
  | { readonly type: 'attributes'; readonly id: number; readonly attributes: WireAttributes }
  | { readonly type: 'extended'; readonly id: number; readonly data: Buffer }

export const CODES = {
  init: 1,
  open: 3,
  close: 4,
  read: 5,
  write: 6,
  lstat: 7,
  fstat: 8,
  setstat: 9,
  fsetstat: 10,
  opendir: 11,
  readdir: 12,
  remove: 13,
  mkdir: 14,
  rmdir: 15,
  realpath: 16,
  stat: 17,
  rename: 18,
  readlink: 19,
  symlink: 20,
  extended: 200,
} as const

export type Part = number | bigint | Buffer | string | { readonly raw: Buffer }

/** One request: numbers are uint32, bigints uint64, texts and buffers strings. */
export function requestPacket(code: number, parts: readonly Part[]): Buffer {
  const body = Buffer.concat([Buffer.from([code]), ...parts.map(part)])
  return Buffer.concat([u32(body.length), body])
}

export function wireAttributes({ size, permissions, mtime }: WireAttributes = {}): { readonly raw: Buffer } {
  const flags = (size === undefined ? 0 : 1) | (permissions === undefined ? 0 : 4) | (mtime === undefined ? 0 : 8)
  return {
    raw: Buffer.concat([
      u32(flags),
      ...(size === undefined ? [] : [part(BigInt(size))]),
      ...(permissions === undefined ? [] : [u32(permissions)]),
      ...(mtime === undefined ? [] : [u32(mtime), u32(mtime)]),
    ]),
  }
}

function part(value: Part): Buffer {
  if (typeof value === 'number') return u32(value)
  if (typeof value === 'bigint') {
    const bytes = Buffer.alloc(8)
    bytes.writeBigUInt64BE(value)
    return bytes
  }
  if (typeof value === 'object' && 'raw' in value) return value.raw
  const bytes = Buffer.from(value)
  return Buffer.concat([u32(bytes.length), bytes])
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value >>> 0)
  return bytes
}

export function readAnswer(packet: Buffer): Answer {
  let at = 1
  const number = (): number => packet.readUInt32BE((at += 4) - 4)
  const bytes = (): Buffer => {
    const length = number()
    at += length
    if (at > packet.length) throw new Error('an answer is cut')
    return packet.subarray(at - length, at)
  }
  const attributes = (): WireAttributes => {
    const flags = number()
    const size = flags & 1 ? Number(packet.readBigUInt64BE((at += 8) - 8)) : undefined
    if (flags & 2) at += 8
    const permissions = flags & 4 ? number() : undefined
    if (flags & 8) at += 4
    const mtime = flags & 8 ? number() : undefined
    return {
      ...(size === undefined ? {} : { size }),
      ...(permissions === undefined ? {} : { permissions }),
      ...(mtime === undefined ? {} : { mtime }),
    }
  }
  const code = packet[0]
  if (code === 2) {
    const version = number()
    const extensions: string[] = []
    while (at < packet.length) extensions.push(`${bytes().toString()} ${bytes().toString()}`)
    return { type: 'version', version, extensions }
  }
  const id = number()
  switch (code) {
    case 101:
      return { type: 'status', id, code: number(), message: bytes().toString('utf8') }
    case 102:
      return { type: 'handle', id, handle: bytes() }
    case 103:
      return { type: 'data', id, data: bytes() }
    case 104: {
      const names = Array.from({ length: number() }, () => ({ name: bytes(), long: bytes(), attributes: attributes() }))
      return { type: 'name', id, names }
    }
    case 105:
      return { type: 'attributes', id, attributes: attributes() }
    case 201:
      return { type: 'extended', id, data: packet.subarray(at) }
    default:
      throw new Error(`no answer has the code ${code}`)
  }
}

/** Speaks over a channel; requests may be under way together, and each gets the answer with its id. */
export class WireClient {
  readonly #channel: Duplex
  readonly #waiting = new Map<number, (answer: Answer) => void>()
  #id = 0
  #kept = Buffer.alloc(0)
  /** the last id: of VERSION, which has none */
  static readonly #VERSION = -1

  constructor(channel: Duplex) {
    this.#channel = channel.setMaxListeners(0)
    channel.on('data', (chunk: Buffer) => this.#take(chunk))
  }

  async init(version = 3): Promise<Extract<Answer, { type: 'version' }>> {
    const answer = this.#answer(WireClient.#VERSION)
    this.#channel.write(requestPacket(CODES.init, [version]))
    return (await answer) as Extract<Answer, { type: 'version' }>
  }

  request(name: Exclude<keyof typeof CODES, 'init'>, ...parts: readonly Part[]): Promise<Answer> {
    const id = ++this.#id
    const answer = this.#answer(id)
    this.#channel.write(requestPacket(CODES[name], [id, ...parts]))
    return answer
  }

  /** The code of a STATUS. */
  async status(name: Exclude<keyof typeof CODES, 'init'>, ...parts: readonly Part[]): Promise<number> {
    const answer = await this.request(name, ...parts)
    if (answer.type !== 'status') throw new Error(`${name}: ${answer.type}`)
    return answer.code
  }

  async open(path: string | Buffer, flags: number): Promise<Buffer> {
    return this.#handle('open', await this.request('open', path, flags, wireAttributes()))
  }

  async list(path: string | Buffer): Promise<Buffer[]> {
    const handle = this.#handle('opendir', await this.request('opendir', path))
    const names: Buffer[] = []
    for (;;) {
      const answer = await this.request('readdir', handle)
      if (answer.type !== 'name') break
      names.push(...answer.names.map(({ name }) => name))
    }
    await this.request('close', handle)
    return names.filter((name) => !['.', '..'].includes(name.toString()))
  }

  async put(path: string | Buffer, content: Buffer): Promise<void> {
    const handle = await this.open(path, 2 | 8 | 16)
    for (let at = 0; at < content.length; at += 32_768)
      await this.#expectOk('write', await this.request('write', handle, BigInt(at), content.subarray(at, at + 32_768)))
    await this.#expectOk('close', await this.request('close', handle))
  }

  async get(path: string | Buffer): Promise<Buffer> {
    const handle = await this.open(path, 1)
    const parts: Buffer[] = []
    for (let at = 0; ;) {
      const answer = await this.request('read', handle, BigInt(at), 32_768)
      if (answer.type !== 'data') break
      parts.push(answer.data)
      at += answer.data.length
    }
    await this.#expectOk('close', await this.request('close', handle))
    return Buffer.concat(parts)
  }

  #handle(what: string, answer: Answer): Buffer {
    if (answer.type !== 'handle') throw new Error(`${what}: ${JSON.stringify(answer)}`)
    return answer.handle
  }

  #expectOk(what: string, answer: Answer): Promise<void> {
    return answer.type === 'status' && answer.code === 0
      ? Promise.resolve()
      : Promise.reject(new Error(`${what}: ${JSON.stringify(answer)}`))
  }

  #answer(id: number): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const end = (): void => reject(new Error('the channel is closed'))
      this.#channel.once('close', end)
      this.#waiting.set(id, (answer) => {
        this.#channel.off('close', end)
        resolve(answer)
      })
    })
  }

  #take(chunk: Buffer): void {
    this.#kept = Buffer.concat([this.#kept, chunk])
    while (this.#kept.length >= 4) {
      const length = this.#kept.readUInt32BE(0)
      if (this.#kept.length < 4 + length) return
      const answer = readAnswer(this.#kept.subarray(4, 4 + length))
      this.#kept = this.#kept.subarray(4 + length)
      const id = answer.type === 'version' ? WireClient.#VERSION : answer.id
      this.#waiting.get(id)?.(answer)
      this.#waiting.delete(id)
    }
  }
}
