import type { SaxesAttributeNS } from 'saxes'
import { YizhanError, asError } from '../../errors/error.ts'
import type { XmlElement } from './element.ts'
import type { XmlLimits } from './limits.ts'
import { LimitedParser } from './parser.ts'
import type { Run } from './source.ts'

/** An element under construction; readers see it as {@link XmlElement} only. */
interface Node {
  local: string
  uri: string
  attributes: ReadonlyMap<string, string>
  children: Node[]
  text: string
  body: Buffer | undefined
  line: number
}

const noAttributes: ReadonlyMap<string, string> = new Map()

/** Builds the tree of one document from pieces of its text. */
export class TreeBuilder {
  readonly #parser: LimitedParser
  readonly #open: Node[] = []
  #root: Node | undefined
  /** UTF-16 units given to the parser. */
  #fed = 0
  /** The parser's position when it reported a start tag, until anything else comes. */
  #openedAt = -1

  constructor(limits: XmlLimits, namespaces: boolean) {
    this.#parser = new LimitedParser(limits, namespaces)
    this.#parser.on('opentag', ({ name, local, uri, attributes }) => {
      if (local === undefined || uri === undefined)
        this.#push(localOf(name), '', plainAttributesOf(attributes as Record<string, string>))
      else this.#push(local, uri, attributesOf(attributes as Record<string, SaxesAttributeNS>))
    })
    this.#parser.on('closetag', () => {
      this.#openedAt = -1
      this.#open.pop()
      this.#parser.depth = this.#open.length
    })
    this.#parser.on('text', (text) => this.#append(text))
    this.#parser.on('cdata', (text) => this.#append(text))
  }

  /** Parses a piece of the document. @throws YizhanError XML_MALFORMED, XML_DOCTYPE, XML_LIMIT */
  write(piece: string): void {
    this.#fed += piece.length
    this.#guard(() => this.#parser.write(piece))
  }

  /** Whether the last piece ended exactly with a start tag, so that what follows is the beginning of its content. */
  get atContentStart(): boolean {
    return this.#openedAt === this.#fed
  }

  /** Gives the element that was just opened its whole content, which the parser will not see. */
  attachRun(run: Run): void {
    this.#top().body = run.bytes
    const tail = run.lines === 0 ? -1 : run.bytes.lastIndexOf(0x0a)
    this.#skip(run.bytes.length, run.lines, tail)
  }

  /** The same for ordinary text: `raw` as it stood but for its line ends, `lines` of them, `text` as it reads. */
  attachText(raw: string, lines: number, text: string): void {
    this.#append(text)
    this.#skip(raw.length, lines, raw.lastIndexOf('\n'))
  }

  /** The root element of the finished document. @throws YizhanError as {@link write} */
  finish(): XmlElement {
    this.#guard(() => this.#parser.close())
    if (this.#root === undefined) this.#parser.fail('document must contain a root element.')
    return this.#root
  }

  /** Keeps the parser's place right although it does not see the run. */
  #skip(length: number, lines: number, lastLineFeed: number): void {
    this.#openedAt = -1
    this.#parser.line += lines
    this.#parser.column = lines === 0 ? this.#parser.column + length : length - lastLineFeed - 1
  }

  #push(local: string, uri: string, attributes: ReadonlyMap<string, string>): void {
    const node: Node = { local, uri, attributes, children: [], text: '', body: undefined, line: this.#parser.line }
    const parent = this.#open.at(-1)
    if (parent === undefined) this.#root = node
    else parent.children.push(node)
    this.#open.push(node)
    this.#parser.depth = this.#open.length
    this.#openedAt = this.#parser.position
  }

  #append(text: string): void {
    this.#parser.countText(text.length)
    const node = this.#open.at(-1)
    if (node !== undefined) node.text += text
  }

  #top(): Node {
    const node = this.#open.at(-1)
    if (node === undefined) throw new Error('no element is open')
    return node
  }

  #guard(step: () => void): void {
    try {
      step()
    } catch (cause) {
      if (cause instanceof YizhanError) throw cause
      // saxes throws plain errors where it believes a state impossible.
      throw new YizhanError('XML_MALFORMED', { field: this.#parser.place, detail: asError(cause).message }, { cause })
    }
  }
}

function attributesOf(attributes: Record<string, SaxesAttributeNS>): ReadonlyMap<string, string> {
  let map: Map<string, string> | undefined
  for (const name in attributes) {
    const { prefix, local, value } = attributes[name] as SaxesAttributeNS
    if (prefix === 'xmlns' || name === 'xmlns') continue
    map ??= new Map()
    if (prefix === '' || !map.has(local)) map.set(local, value)
  }
  return map ?? noAttributes
}

function plainAttributesOf(attributes: Record<string, string>): ReadonlyMap<string, string> {
  const map = new Map<string, string>()
  for (const [name, value] of Object.entries(attributes)) {
    if (name === 'xmlns' || name.startsWith('xmlns:')) continue
    const local = localOf(name)
    if (local === name || !map.has(local)) map.set(local, value)
  }
  return map
}

function localOf(name: string): string {
  return name.slice(name.indexOf(':') + 1)
}
