import { isUtf8 } from 'node:buffer'
import { YizhanError } from '../../errors/error.ts'
import type { Steps } from '../../util/turns.ts'
import { decodeText } from '../encoding/text.ts'
import { scanBase64 } from '../xml/scan.ts'
import type { JsonArray, JsonNode, JsonScalar } from './node.ts'
import { stringSteps } from './string.ts'

/** How large a text may be. Checked while it is read, so that a bomb dies before it unfolds. */
export interface JsonLimits {
  /** bytes */
  readonly size: number
  /** objects and arrays that are open at once */
  readonly depth: number
  /** members and items in the text */
  readonly values: number
  /** UTF-16 units of a member's name */
  readonly nameLength: number
  /** bytes of all strings and numbers together; base64 that is cut out does not count */
  readonly text: number
}

/** Those of XML, for the same documents. */
const DEFAULT_LIMITS: JsonLimits = {
  size: 64 * 1024 * 1024,
  depth: 64,
  values: 100_000,
  nameLength: 256,
  text: 16 * 1024 * 1024,
}

/** A string of more bytes is looked at for being base64. */
const CUT_ABOVE = 4096
const MOST_NUMBER = 100
/** So many values are read in one step. */
const STEP = 500

const QUOTE = 0x22
const BACKSLASH = 0x5c

/**
 * Reads a JSON text (RFC 8259) as it came, in steps: UTF-8, with or without a byte order mark. A member that stands
 * twice in an object is an error: others keep the first, or the last, and nobody knows which one was meant.
 *
 * @throws YizhanError JSON_MALFORMED (with line:column, never what stands there), JSON_LIMIT, ENCODING_INVALID
 */
export function* jsonSteps(bytes: Buffer, limits: Partial<JsonLimits> = {}): Steps<JsonNode> {
  const all = { ...DEFAULT_LIMITS, ...limits }
  if (bytes.length > all.size) throw limit('1:1', `size ${bytes.length}`, `size ≤ ${all.size}`)
  // The decoder says where; what is valid is not decoded as a whole.
  if (!isUtf8(bytes)) decodeText(bytes, 'utf-8')
  return yield* new JsonReader(bytes, all).read()
}

/** An object or array that is being read: what is inside is put into it. */
interface Open {
  readonly node: JsonNode
  readonly members: Map<string, JsonNode> | undefined
  readonly items: JsonNode[] | undefined
}

class JsonReader {
  readonly #bytes: Buffer
  readonly #limits: JsonLimits
  readonly #open: Open[] = []
  #at = 0
  #line = 1
  #lineStart = 0
  #values = 0
  #text = 0

  constructor(bytes: Buffer, limits: JsonLimits) {
    this.#bytes = bytes
    this.#limits = limits
    if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) this.#at = this.#lineStart = 3
  }

  *read(): Steps<JsonNode> {
    this.#blanks()
    const root = yield* this.#value()
    while (this.#open.length > 0) {
      if (this.#values % STEP === 0) yield
      yield* this.#next(this.#open.at(-1) as Open)
    }
    this.#blanks()
    if (this.#at < this.#bytes.length) throw this.#malformed('其后还有内容 / something follows the value')
    return root
  }

  /** One more member or item, or the end of what is open. */
  *#next({ members, items }: Open): Steps<void> {
    this.#blanks()
    const isFirst = (members?.size ?? items?.length) === 0
    const end = members === undefined ? 0x5d : 0x7d
    if (this.#bytes[this.#at] === end) {
      this.#at++
      this.#open.pop()
      return
    }
    if (!isFirst) this.#expect(0x2c, members === undefined ? ', ]' : ', }')
    this.#blanks()
    if (++this.#values > this.#limits.values)
      throw limit(this.#place(), `values ${this.#values}`, `values ≤ ${this.#limits.values}`)
    if (members === undefined) {
      items?.push(yield* this.#value())
      return
    }
    const at = this.#at
    const name = yield* this.#name()
    if (members.has(name)) {
      const shown = name.slice(0, 40).toWellFormed()
      throw new YizhanError('JSON_MALFORMED', {
        field: shown,
        detail: `“${shown}”在同一对象中出现两次 / it stands twice in one object (${this.#line}:${at - this.#lineStart + 1})`,
      })
    }
    this.#blanks()
    this.#expect(0x3a, ':')
    this.#blanks()
    members.set(name, yield* this.#value())
  }

  *#value(): Steps<JsonNode> {
    switch (this.#bytes[this.#at]) {
      case 0x7b:
        return this.#openNode(new Map(), undefined)
      case 0x5b:
        return this.#openNode(undefined, [])
      case QUOTE:
        return yield* this.#string()
      case 0x74:
        return this.#literal('true', 'boolean')
      case 0x66:
        return this.#literal('false', 'boolean')
      case 0x6e:
        return this.#literal('null', 'null')
      default:
        return this.#number()
    }
  }

  #openNode(members: Map<string, JsonNode> | undefined, items: JsonNode[] | undefined): JsonNode {
    const { depth } = this.#limits
    if (this.#open.length === depth) throw limit(this.#place(), `depth ${depth + 1}`, `depth ≤ ${depth}`)
    const line = this.#line
    const node: JsonNode =
      members === undefined
        ? ({ kind: 'array', items: items ?? [], line } satisfies JsonArray)
        : { kind: 'object', members, line }
    this.#open.push({ node, members, items })
    this.#at++
    return node
  }

  *#name(): Steps<string> {
    if (this.#bytes[this.#at] !== QUOTE) throw this.#malformed('此处须为成员名 / a member’s name in quotes')
    const { nameLength } = this.#limits
    const [start, end] = this.#stringEnd()
    // Six bytes an escape at most, and as many as four a character.
    const name = end - start > nameLength * 6 ? undefined : yield* this.#decoded(start, end)
    if (name === undefined || name.length > nameLength)
      throw limit(this.#place(), `nameLength > ${nameLength}`, `nameLength ≤ ${nameLength}`)
    this.#at = end + 1
    return name
  }

  *#string(): Steps<JsonScalar> {
    const line = this.#line
    const [start, end] = this.#stringEnd()
    const body = end - start > CUT_ABOVE ? this.#body(start, end) : undefined
    if (body === undefined) this.#count(end - start)
    else yield
    const text = body === undefined ? yield* this.#decoded(start, end) : ''
    this.#at = end + 1
    return { kind: 'string', text, body, line }
  }

  /** The bytes of a string that is base64; a line cannot end in it but by an escape, and then it is none. */
  #body(start: number, end: number): Buffer | undefined {
    const body = this.#bytes.subarray(start, end)
    return scanBase64(body) === 0 && !body.includes(0x09) && !body.includes(0x0d) ? body : undefined
  }

  *#decoded(start: number, end: number): Steps<string> {
    const text = yield* stringSteps(this.#bytes, start, end)
    if (text !== undefined) return text
    throw this.#malformed(
      '字符串中有控制字符、错误的转义或半个代理对 / a control character, a wrong escape or half a surrogate pair in the string',
    )
  }

  /** Where the string that begins here has its first byte, and where its closing quote stands. */
  #stringEnd(): readonly [start: number, end: number] {
    const start = this.#at + 1
    let end = start
    for (;;) {
      end = this.#bytes.indexOf(QUOTE, end)
      if (end === -1) throw this.#malformed('字符串没有结束 / the string has no end')
      let backslashes = 0
      while (end - backslashes > start && this.#bytes[end - backslashes - 1] === BACKSLASH) backslashes++
      if (backslashes % 2 === 0) return [start, end]
      end++
    }
  }

  #literal(text: 'true' | 'false' | 'null', kind: 'boolean' | 'null'): JsonScalar {
    if (this.#bytes.toString('latin1', this.#at, this.#at + text.length) !== text)
      throw this.#malformed('此处不是 JSON 值 / no JSON value here')
    this.#at += text.length
    return { kind, text, body: undefined, line: this.#line }
  }

  #number(): JsonScalar {
    const text =
      /^[-+.\deE]{0,101}/.exec(this.#bytes.toString('latin1', this.#at, this.#at + MOST_NUMBER + 1))?.[0] ?? ''
    if (text.length > MOST_NUMBER || !/^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text))
      throw this.#malformed('此处不是 JSON 值 / no JSON value here')
    this.#count(text.length)
    this.#at += text.length
    return { kind: 'number', text, body: undefined, line: this.#line }
  }

  #count(bytes: number): void {
    this.#text += bytes
    if (this.#text > this.#limits.text) throw limit(this.#place(), `text ${this.#text}`, `text ≤ ${this.#limits.text}`)
  }

  #blanks(): void {
    for (;;) {
      const byte = this.#bytes[this.#at]
      if (byte === 0x0a) {
        this.#line++
        this.#lineStart = this.#at + 1
      } else if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0d) return
      this.#at++
    }
  }

  #expect(byte: number, said: string): void {
    if (this.#bytes[this.#at] !== byte) throw this.#malformed(`此处须为 / expected: ${said}`)
    this.#at++
  }

  /** line:column, the column in bytes. */
  #place(): string {
    return `${this.#line}:${this.#at - this.#lineStart + 1}`
  }

  #malformed(why: string): YizhanError {
    const said = this.#at >= this.#bytes.length ? '内容不完整 / it ends too early' : why
    return new YizhanError('JSON_MALFORMED', { field: this.#place(), detail: `${this.#place()} ${said}` })
  }
}

function limit(field: string, value: string, rule: string): YizhanError {
  return new YizhanError('JSON_LIMIT', { field, value, rule })
}
