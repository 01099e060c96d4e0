import { YizhanError } from '../../errors/error.ts'
import { encodeText, encodeXml, type WriteEncoding } from '../encoding/text.ts'
import { escapeAttribute, escapeBytes, escapeText, refuseIllegal } from './escape.ts'

export interface XmlWriterOptions {
  /** Default UTF-8. */
  readonly encoding?: WriteEncoding | undefined
  /** Whether to begin with an XML declaration that names the encoding; default true. */
  readonly declaration?: boolean | undefined
  /**
   * Takes bodies that are to stand beside the document, and gives the address of each (XOP 1.0); without it they become
   * base64.
   */
  readonly attach?: ((bytes: Buffer) => string) | undefined
}

/** Text is turned into bytes in portions of about this many UTF-16 units. */
const portion = 32 * 1024
/** A multiple of 3, so that the base64 of the parts is that of the whole. */
const base64Part = 48 * 1024

/** Names of XML 1.0, 2.3, production 5, colon included. */
const nameStart =
  ':A-Z_a-z\\u{C0}-\\u{D6}\\u{D8}-\\u{F6}\\u{F8}-\\u{2FF}\\u{370}-\\u{37D}\\u{37F}-\\u{1FFF}\\u{200C}\\u{200D}\\u{2070}-\\u{218F}\\u{2C00}-\\u{2FEF}\\u{3001}-\\u{D7FF}\\u{F900}-\\u{FDCF}\\u{FDF0}-\\u{FFFD}\\u{10000}-\\u{EFFFF}'
// eslint-disable-next-line no-misleading-character-class -- the standard's ranges hold joiners and combining marks
const nameRule = new RegExp(`^[${nameStart}][${nameStart}\\-.0-9\\u{B7}\\u{300}-\\u{36F}\\u{203F}\\u{2040}]*$`, 'u')

/** Names that passed the rule: those of the dialects, over and over again. */
const goodNames = new Set<string>()
const MOST_GOOD_NAMES = 4_096

/**
 * Writes one document or fragment as a list of buffers. Prefixes and their declarations are the caller's; nothing is
 * indented. Large bodies go from bytes to bytes.
 *
 * What the encoding lacks is written as a character reference. Errors name the path of the element: XML_CHARACTER for
 * characters and names that XML forbids, ENCODING_UNMAPPABLE for a name that the encoding lacks.
 */
export class XmlWriter {
  readonly #encoding: WriteEncoding
  readonly #attach: XmlWriterOptions['attach']
  readonly #chunks: Buffer[] = []
  readonly #open: string[] = []
  #pending = ''
  /** A start tag still lacks its `>`. */
  #inTag = false

  constructor(options: XmlWriterOptions = {}) {
    this.#encoding = options.encoding ?? 'utf-8'
    this.#attach = options.attach
    if (options.declaration ?? true) this.#pending = `<?xml version="1.0" encoding="${this.#encoding.toUpperCase()}"?>`
  }

  /** Opens an element; `name` as it shall stand, prefix included. */
  open(name: string): this {
    this.#endTag()
    this.#checkName(name)
    this.#open.push(name)
    this.#checked(name, name)
    this.#pending += `<${name}`
    this.#inTag = true
    return this
  }

  /** Adds an attribute, or a namespace declaration, to the element that was just opened. */
  attribute(name: string, value: string): this {
    if (!this.#inTag) throw new Error(`attribute ${name} outside of a start tag`)
    this.#checkName(name)
    this.#pending += ` ${this.#checked(`@${name}`, name)}="${this.#checked(`@${name}`, value, escapeAttribute)}"`
    return this
  }

  text(value: string): this {
    this.#endTag()
    if (value.length > portion) return this.#longText(value)
    this.#pending += this.#checked('', value, escapeText)
    if (this.#pending.length > portion) this.#flush()
    return this
  }

  /** Writes bytes as base64 in one line (RFC 4648, 4), or as the `xop:Include` that names them. */
  base64(bytes: Buffer): this {
    if (this.#attach !== undefined)
      return this.open('xop:Include')
        .attribute('xmlns:xop', 'http://www.w3.org/2004/08/xop/include')
        .attribute('href', this.#attach(bytes))
        .close()
    this.#endTag()
    if (bytes.length < 1024) {
      this.#pending += bytes.toString('base64')
      return this
    }
    this.#flush()
    const encoded = Buffer.allocUnsafe(Math.ceil(bytes.length / 3) * 4)
    let at = 0
    for (let start = 0; start < bytes.length; start += base64Part)
      at += encoded.write(bytes.toString('base64', start, start + base64Part), at, 'latin1')
    this.#chunks.push(encoded)
    return this
  }

  /** Inserts XML that is written already, in this writer's encoding and without declaration. */
  raw(chunks: readonly Buffer[]): this {
    this.#endTag()
    this.#flush()
    this.#chunks.push(...chunks)
    return this
  }

  /**
   * Inserts a whole document as *text*, as old SOAP services take it in a string parameter; in this writer's encoding.
   */
  document(chunks: readonly Buffer[]): this {
    this.#endTag()
    this.#flush()
    // These characters are single bytes in all our encodings, and large bodies hold none of them.
    for (const chunk of chunks) {
      const clean = !(chunk.includes(0x3c) || chunk.includes(0x3e) || chunk.includes(0x26) || chunk.includes(0x0d))
      this.#chunks.push(clean ? chunk : escapeBytes(chunk))
    }
    return this
  }

  /** Closes the innermost element. */
  close(): this {
    const name = this.#open.pop()
    if (name === undefined) throw new Error('nothing is open')
    if (this.#inTag) this.#pending += '/>'
    else this.#pending += `</${name}>`
    this.#inTag = false
    return this
  }

  /** An element that holds text only. */
  element(name: string, text: string): this {
    return this.open(name).text(text).close()
  }

  /** What was written. Everything must be closed; the writer is of no use afterwards. */
  finish(): Buffer[] {
    if (this.#open.length > 0) throw new Error(`still open: ${this.#open.join('/')}`)
    this.#flush()
    return this.#chunks
  }

  /** A portion at a time, and never as one text again: three million references are as many megabytes. */
  #longText(value: string): this {
    this.#flush()
    this.#checked('', value, (text) => (refuseIllegal(text), text))
    for (let from = 0; from < value.length;) {
      const last = from + portion
      // No pair is cut in two.
      const end = (value.codePointAt(last - 1) ?? 0) > 0xffff ? last + 1 : last
      const part = value.slice(from, end)
      this.#chunks.push(
        this.#encoding === 'utf-8'
          ? escapeBytes(Buffer.from(part, 'utf8'))
          : encodeXml(escapeText(part), this.#encoding),
      )
      from = end
    }
    return this
  }

  #endTag(): void {
    if (this.#inTag) this.#pending += '>'
    this.#inTag = false
  }

  #flush(): void {
    if (this.#pending === '') return
    this.#chunks.push(encodeXml(this.#pending, this.#encoding))
    this.#pending = ''
  }

  #checkName(name: string): void {
    if (goodNames.has(name)) return
    if (!nameRule.test(name))
      throw new YizhanError('XML_CHARACTER', { field: this.#open.join('/'), value: name, rule: 'XML 1.0, 2.3 Name' })
    if (goodNames.size < MOST_GOOD_NAMES) goodNames.add(name)
  }

  /**
   * Escapes a value, or makes sure that the encoding has every character of a name, while it is still known where they
   * belong.
   */
  #checked(part: string, value: string, escape?: (text: string) => string): string {
    try {
      if (escape !== undefined) return escape(value)
      if (this.#encoding !== 'utf-8') encodeText(value, this.#encoding)
      return value
    } catch (cause) {
      if (!(cause instanceof YizhanError)) throw cause
      const path = [...this.#open, ...(part.startsWith('@') ? [part] : [])].join('/')
      throw new YizhanError(cause.code, { ...cause.facts, field: `${path}，${cause.facts.field ?? ''}` }, { cause })
    }
  }
}
