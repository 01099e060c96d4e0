import type { Duplex } from 'node:stream'
import { YizhanError } from '../../../core/errors/error.ts'

/** A control line has a name and three numbers. */
const MOST_LINE = 2_048
const LINE_FEED = 0x0a

/** The channel is at its end, or the other side has said that it stops. */
export class ScpEnd extends Error {}

/** Both directions of the old scp protocol: lines, bytes, and an answer of one byte to each. */
export class ScpWire {
  readonly #channel: Duplex
  readonly #chunks: AsyncIterator<unknown>
  #kept: Buffer = Buffer.alloc(0)

  constructor(channel: Duplex) {
    this.#channel = channel
    this.#chunks = channel.iterator({ destroyOnReturn: false })
  }

  /** The next line without its end; undefined at the end of everything. A line that does not end is FILES_LIMIT. */
  async line(): Promise<Buffer | undefined> {
    for (;;) {
      const end = this.#kept.indexOf(LINE_FEED)
      if (end !== -1) {
        const line = this.#kept.subarray(0, end)
        this.#kept = this.#kept.subarray(end + 1)
        return line
      }
      if (this.#kept.length > MOST_LINE) throw new YizhanError('FILES_LIMIT', { rule: `scp: ${MOST_LINE} bytes` })
      if (!(await this.#more())) return undefined
    }
  }

  /** Some of the next bytes, at least one and at most so many. @throws ScpEnd */
  async some(most: number): Promise<Buffer> {
    if (this.#kept.length === 0 && !(await this.#more())) throw new ScpEnd()
    const part = this.#kept.subarray(0, most)
    this.#kept = this.#kept.subarray(part.length)
    return part
  }

  /** What the other side says to what it was sent. @throws ScpEnd unless it goes on; a warning of its is passed over */
  async goOn(): Promise<void> {
    const [code] = await this.some(1)
    if (code === 0) return
    await this.line()
    if (code !== 1) throw new ScpEnd()
  }

  write(bytes: Buffer | string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#channel.write(bytes, (error) => (error ? reject(new ScpEnd()) : resolve()))
    })
  }

  ok(): Promise<void> {
    return this.write(Buffer.from([0]))
  }

  /** What was wrong with one file; the others may go on. */
  warn(text: string): Promise<void> {
    return this.write(`\u0001scp: ${text.replace(/[\r\n]+/g, ' ')}\n`)
  }

  async #more(): Promise<boolean> {
    const next = await this.#chunks.next()
    if (next.done === true) return false
    this.#kept = this.#kept.length === 0 ? (next.value as Buffer) : Buffer.concat([this.#kept, next.value as Buffer])
    return true
  }
}
