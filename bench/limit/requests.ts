const HEAD_END = '\r\n\r\n'

/** Cuts a connection into the bodies of requests that state their length, and nothing else. */
export class RequestReader {
  readonly #onBody: (body: Buffer) => void
  #chunks: Buffer[] = []
  #have = 0
  /** bytes of the message under way, head and body; undefined while its head is not whole */
  #whole: number | undefined
  #headLength = 0

  constructor(onBody: (body: Buffer) => void) {
    this.#onBody = onBody
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#have += chunk.length
    while (this.#have > 0) {
      if (this.#whole === undefined && !this.#readHead()) return
      const whole = this.#whole ?? 0
      if (this.#have < whole) return
      const bytes = this.#joined()
      const rest = bytes.subarray(whole)
      this.#chunks = rest.length === 0 ? [] : [rest]
      this.#have = rest.length
      this.#whole = undefined
      this.#onBody(bytes.subarray(this.#headLength, whole))
    }
  }

  #readHead(): boolean {
    const bytes = this.#joined()
    const end = bytes.indexOf(HEAD_END)
    if (end < 0) return false
    const length = /content-length: *(\d+)/i.exec(bytes.toString('latin1', 0, end))?.[1]
    if (length === undefined) throw new Error('a request without Content-Length')
    this.#headLength = end + HEAD_END.length
    this.#whole = this.#headLength + Number(length)
    return true
  }

  #joined(): Buffer {
    const [first] = this.#chunks
    if (first !== undefined && this.#chunks.length === 1) return first
    const all = Buffer.concat(this.#chunks)
    this.#chunks = [all]
    return all
  }
}
