/** One HTTP/1.1 message off a connection. */
export interface HttpMessage {
  /** request line or status line */
  readonly firstLine: string
  /** the beginning of the body, as Latin-1 */
  readonly beginning: string
  /** bytes of the whole body */
  readonly length: number
}

/** So much of a body is kept; the rest is counted. */
const KEPT = 2_048
const MOST_HEAD = 16_384

/**
 * Cuts a connection's bytes into messages that state their length. It stands in for node:http on the load's side, so
 * that the load takes as little as possible of the processors that are measured.
 */
export class MessageReader {
  readonly #onMessage: (message: HttpMessage) => void
  #waiting: Buffer | undefined
  #firstLine: string | undefined
  #beginning: Buffer[] = []
  #kept = 0
  #length = 0
  #seen = 0

  constructor(onMessage: (message: HttpMessage) => void) {
    this.#onMessage = onMessage
  }

  /** Throws on what has no Content-Length. */
  push(chunk: Buffer): void {
    let rest: Buffer | undefined = chunk
    while (rest !== undefined) rest = this.#firstLine === undefined ? this.#readHead(rest) : this.#readBody(rest)
  }

  #readHead(chunk: Buffer): Buffer | undefined {
    const bytes = this.#waiting === undefined ? chunk : Buffer.concat([this.#waiting, chunk])
    const end = bytes.indexOf('\r\n\r\n')
    if (end < 0) {
      if (bytes.length > MOST_HEAD) throw new Error(`a head of more than ${MOST_HEAD} bytes`)
      this.#waiting = bytes.length === 0 ? undefined : bytes
      return undefined
    }
    this.#waiting = undefined
    const head = bytes.toString('latin1', 0, end)
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
    if (length === undefined) throw new Error(`a message without Content-Length: ${head}`)
    this.#firstLine = head.slice(0, head.indexOf('\r\n'))
    this.#length = Number(length)
    this.#seen = 0
    return this.#readBody(bytes.subarray(end + 4))
  }

  #readBody(bytes: Buffer): Buffer | undefined {
    const part = bytes.subarray(0, this.#length - this.#seen)
    this.#seen += part.length
    if (this.#kept < KEPT && part.length > 0) {
      const kept = part.subarray(0, KEPT - this.#kept)
      this.#beginning.push(kept)
      this.#kept += kept.length
    }
    if (this.#seen < this.#length) return undefined
    const message = {
      firstLine: this.#firstLine ?? '',
      beginning: Buffer.concat(this.#beginning).toString('latin1'),
      length: this.#length,
    }
    this.#firstLine = undefined
    this.#beginning = []
    this.#kept = 0
    this.#onMessage(message)
    return part.length === bytes.length ? undefined : bytes.subarray(part.length)
  }
}
