import type { Duplex } from 'node:stream'
import { asError } from '../../../core/errors/error.ts'
import { packetOf, PacketError, stringBytes, uint32Bytes } from './bytes.ts'
import { PacketReader, VERSION } from './protocol.ts'
import { readReply, type SftpReply } from './replies.ts'

/** SSH_FXP_* of requests (3). */
export const REQUEST = {
  open: 3,
  close: 4,
  read: 5,
  write: 6,
  opendir: 11,
  readdir: 12,
  remove: 13,
  mkdir: 14,
  rmdir: 15,
  stat: 17,
  rename: 18,
  extended: 200,
} as const

type Answer = Exclude<SftpReply, { readonly type: 'version' }>

/** A client's side of the protocol over a channel: requests under way together, each gets the answer with its id. */
export class SftpWire {
  readonly #channel: Duplex
  readonly #reader = new PacketReader()
  readonly #waiting = new Map<number, (answer: Answer) => void>()
  readonly #broken: (error: Error) => void
  #greeted: ((extensions: ReadonlySet<string>) => void) | undefined
  #extensions: ReadonlySet<string> = new Set()
  #id = 0

  /** @param broken told once when nothing more can be read: the channel is to be given up */
  constructor(channel: Duplex, broken: (error: Error) => void) {
    this.#channel = channel
    this.#broken = broken
    channel.on('data', (chunk: Buffer) => this.#take(chunk))
    channel.on('error', (error: Error) => broken(error))
    channel.on('close', () => broken(new Error('通道关闭 / channel closed')))
  }

  /** What the server can beyond the draft, by name. */
  get extensions(): ReadonlySet<string> {
    return this.#extensions
  }

  /** Greets; resolves when the server has, never where it does not. */
  async greet(): Promise<void> {
    const greeted = new Promise<ReadonlySet<string>>((resolve) => (this.#greeted = resolve))
    this.#channel.write(packetOf(1, [uint32Bytes(VERSION)]))
    this.#extensions = await greeted
  }

  /** @param answered called with the answer, should one come */
  request(code: number, parts: readonly Buffer[], answered: (answer: Answer) => void): void {
    this.#id = (this.#id + 1) >>> 0
    this.#waiting.set(this.#id, answered)
    this.#channel.write(packetOf(code, [uint32Bytes(this.#id), ...parts]))
  }

  extended(name: string, parts: readonly Buffer[], answered: (answer: Answer) => void): void {
    this.request(REQUEST.extended, [...stringBytes(name), ...parts], answered)
  }

  #take(chunk: Buffer): void {
    try {
      for (const packet of this.#reader.push(chunk)) this.#deliver(readReply(packet))
    } catch (error) {
      this.#channel.removeAllListeners('data')
      this.#broken(asError(error))
    }
  }

  #deliver(reply: SftpReply): void {
    if (reply.type === 'version') {
      this.#greeted?.(reply.extensions)
      return
    }
    const answered = this.#waiting.get(reply.id)
    if (answered === undefined) throw new PacketError(`an answer to nothing: ${reply.type}`, reply.id)
    this.#waiting.delete(reply.id)
    answered(reply)
  }
}
