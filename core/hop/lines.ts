import { StringDecoder } from 'node:string_decoder'

/** What is said of a line that this end does not know. */
export function unknownLine({ t }: { readonly t?: unknown }): string {
  return `不认识的行 / a line of an unknown kind: ${JSON.stringify(typeof t === 'string' ? t.slice(0, 50) : typeof t)}`
}

/** Cuts a stream of UTF-8 bytes into lines; throws when a line grows beyond the limit (characters). */
export class LineReader {
  readonly #limit: number
  readonly #onLine: (line: string) => void
  readonly #decoder = new StringDecoder('utf8')
  /** of a line that has not ended; put together once, or a long line would be copied with each chunk */
  #begun: string[] = []
  #length = 0

  constructor(limit: number, onLine: (line: string) => void) {
    this.#limit = limit
    this.#onLine = onLine
  }

  push(chunk: Buffer): void {
    const text = this.#decoder.write(chunk)
    let start = 0
    for (let end = text.indexOf('\n', start); end >= 0; end = text.indexOf('\n', start)) {
      const line = this.#begun.join('') + text.slice(start, end)
      this.#begun = []
      this.#length = 0
      start = end + 1
      this.#onLine(line)
    }
    this.#length += text.length - start
    if (this.#length > this.#limit) throw new RangeError(`line longer than ${this.#limit} characters`)
    if (start < text.length) this.#begun.push(text.slice(start))
  }
}
