import { StringDecoder } from 'node:string_decoder'

/** Cuts a stream of UTF-8 bytes into lines; throws when a line grows beyond the limit (characters). */
export class LineReader {
  readonly #limit: number
  readonly #onLine: (line: string) => void
  readonly #decoder = new StringDecoder('utf8')
  #rest = ''

  constructor(limit: number, onLine: (line: string) => void) {
    this.#limit = limit
    this.#onLine = onLine
  }

  push(chunk: Buffer): void {
    const text = this.#rest + this.#decoder.write(chunk)
    let start = 0
    for (let end = text.indexOf('\n', start); end >= 0; end = text.indexOf('\n', start)) {
      const line = text.slice(start, end)
      start = end + 1
      this.#onLine(line)
    }
    this.#rest = text.slice(start)
    if (this.#rest.length > this.#limit) throw new RangeError(`line longer than ${this.#limit} characters`)
  }
}
