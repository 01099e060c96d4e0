import { YizhanError } from '../../errors/error.ts'
import { atOnce, type Steps } from '../../util/turns.ts'
import { byteOrderMark, encodingUnder, labelSaysNothing, type ReadEncoding } from '../encoding/label.ts'
import { decodePart } from '../encoding/text.ts'
import type { XmlElement } from './element.ts'
import { defaultXmlLimits, type XmlLimits } from './limits.ts'
import { lineFeeds, normalLines, plainText } from './plain.ts'
import { BytesSource, TextSource, type XmlSource } from './source.ts'
import { TreeBuilder } from './tree.ts'

export interface XmlReadOptions {
  /**
   * The charset of the HTTP Content-Type: wins over the XML declaration, unless it is a server's default that says
   * nothing (ISO-8859-1). A byte order mark wins over both (RFC 7303, 3.2).
   */
  readonly charset?: string | undefined
  /** What is not named here is as in `defaultXmlLimits`. */
  readonly limits?: Partial<XmlLimits> | undefined
  /** Content longer than this, in bytes, is cut out before parsing; default 4096. `Infinity` for never. */
  readonly cutAbove?: number | undefined
  /** Resolve and check namespace prefixes; default true. Without, prefixes are dropped and need no declaration. */
  readonly namespaces?: boolean | undefined
}

/**
 * Reads a document (XML 1.0, Namespaces in XML 1.0). Refuses DOCTYPE; ignores comments and processing instructions.
 * The content of an element that is one long run of base64 becomes its `body`, a view on `bytes`.
 *
 * @throws YizhanError XML_MALFORMED, XML_DOCTYPE, XML_LIMIT (each with line:column), ENCODING_UNKNOWN, ENCODING_INVALID
 */
export function readXml(bytes: Buffer, options: XmlReadOptions = {}): XmlElement {
  return atOnce(stepsOf(bytes, options))
}

/** The same in steps, for what others send: a document of many small elements takes most of a second. */
export function xmlSteps(source: Buffer | string, options: XmlReadOptions = {}): Steps<XmlElement> {
  return typeof source === 'string' ? stepsOfText(source, options) : stepsOf(source, options)
}

/** Reads a document that is text already; whatever encoding its declaration claims is of no consequence. */
export function readXmlString(text: string, options: Omit<XmlReadOptions, 'charset'> = {}): XmlElement {
  return atOnce(stepsOfText(text, options))
}

function stepsOf(bytes: Buffer, options: XmlReadOptions): Steps<XmlElement> {
  checkSize(bytes.length, options)
  const mark = byteOrderMark(bytes)
  const start = mark?.length ?? 0
  const encoding =
    mark?.encoding ??
    (labelSaysNothing(options.charset) ? declaredEncoding(bytes) : encodingUnder(options.charset, bytes))
  if (encoding === 'utf-16le' || encoding === 'utf-16be')
    return parse(new TextSource(decodePart(bytes, encoding, start, bytes.length)), 0, options)
  return parse(new BytesSource(bytes, encoding), start, options)
}

function stepsOfText(text: string, options: XmlReadOptions): Steps<XmlElement> {
  checkSize(text.length, options)
  return parse(new TextSource(text), 0, options)
}

/** The encoding of a document without byte order mark (XML 1.0, appendix F). */
function declaredEncoding(bytes: Buffer): ReadEncoding {
  if (bytes[0] === 0x3c && bytes[1] === 0) return 'utf-16le'
  if (bytes[0] === 0 && bytes[1] === 0x3c) return 'utf-16be'
  const declaration = /^<\?xml\s[^>]*?\sencoding\s*=\s*["']([^"'>]*)["']/.exec(bytes.toString('latin1', 0, 512))
  const encoding = encodingUnder(declaration?.[1], bytes)
  // Who can read "utf-16" byte by byte is not reading UTF-16: .NET's StringWriter declares so, and others send it as
  // UTF-8.
  return encoding === 'utf-16le' || encoding === 'utf-16be' ? 'utf-8' : encoding
}

/**
 * Feeds the parser, and cuts long contents out. It looks for stretches without `<` that end in an end tag; whether such
 * a stretch really is an element's content (and not a comment's, say) only the parser can tell: it must have reported
 * a start tag at exactly the place where the stretch begins.
 */
function* parse(source: XmlSource, start: number, options: XmlReadOptions): Steps<XmlElement> {
  const cutAbove = Math.max(options.cutAbove ?? 4096, 1)
  const builder = new TreeBuilder({ ...defaultXmlLimits, ...options.limits }, options.namespaces ?? true)
  let from = start
  let tag = source.nextTag(start)
  while (tag !== -1 && source.length - tag > cutAbove) {
    // Every gap up to the last `<` within reach is short enough to be skipped.
    const near = source.lastTag(tag + cutAbove)
    if (near > tag) {
      tag = near
      continue
    }
    const next = source.nextTag(tag + cutAbove)
    if (next === -1) break
    const content = source.lastTagEnd(tag, next) + 1
    if (content > 0 && next - content > cutAbove && source.isEndTag(next)) {
      yield* feed(builder, source, from, content)
      if (!builder.atContentStart || !(yield* attach(builder, source, content, next)))
        yield* feed(builder, source, content, next)
      from = next
    }
    tag = next
  }
  yield* feed(builder, source, from, source.length)
  return builder.finish()
}

/** What is decoded at once, at least, in units of the source; and what is parsed in one step, UTF-16 units. */
const DECODE = 256 * 1024
const STEP = 16 * 1024

function* feed(builder: TreeBuilder, source: XmlSource, start: number, end: number): Steps<void> {
  for (let from = start; from < end;) {
    const tag = end - from > DECODE ? source.nextTag(from + DECODE) : -1
    const to = tag === -1 || tag > end ? end : tag
    const piece = source.piece(from, to)
    for (let at = 0; at < piece.length; at += STEP) {
      builder.write(piece.length > STEP ? piece.slice(at, at + STEP) : piece)
      yield
    }
    from = to
  }
}

/** Gives the content to the open element without parsing it, if that is safe. */
function* attach(builder: TreeBuilder, source: XmlSource, start: number, end: number): Steps<boolean> {
  yield
  const run = source.run(start, end)
  if (run !== undefined) {
    builder.attachRun(run)
    return true
  }
  if (!source.isPrintable(start, end)) return false
  const raw = yield* normalLines(source.piece(start, end))
  const text = yield* plainText(raw)
  if (text === undefined) return false
  builder.attachText(raw, yield* lineFeeds(raw), text)
  return true
}

function checkSize(size: number, options: XmlReadOptions): void {
  const most = options.limits?.size ?? defaultXmlLimits.size
  if (size > most) throw new YizhanError('XML_LIMIT', { field: '1:1', value: `size ${size}`, rule: `size ≤ ${most}` })
}
