import { StringDecoder } from 'node:string_decoder'
import { hasManyValues } from '../util/json.ts'

/** What is said of a line that this end does not know. */
export function unknownLine({ t }: { readonly t?: unknown }): string {
  return `不认识的行 / a line of an unknown kind: ${JSON.stringify(typeof t === 'string' ? t.slice(0, 50) : typeof t)}`
}

/**
 * What one line of the link may hold: whoever reads it has to do so at once. Bodies of files pass in base64, one a
 * line.
 */
const MOST_CHARACTERS = 64 * 1024 * 1024
const MOST_VALUES = 500_000

/** Why a line is too much for the link; undefined where it is not. */
export function lineFault(line: string): string | undefined {
  if (line.length > MOST_CHARACTERS)
    return `一行至多 ${MOST_CHARACTERS} 字 / at most ${MOST_CHARACTERS} characters a line`
  // Two characters a value, at least.
  if (line.length > 2 * MOST_VALUES && hasManyValues(line, MOST_VALUES))
    return `一行至多 ${MOST_VALUES} 个值 / at most ${MOST_VALUES} values a line`
  return undefined
}

/** Reads the lines of the link; throws at a line that is too much for it. */
export function linkReader(onLine: (line: string) => void): LineReader {
  return new LineReader(MOST_CHARACTERS, (line) => {
    const fault = lineFault(line)
    if (fault !== undefined) throw new RangeError(fault)
    onLine(line)
  })
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
