import { SaxesParser } from 'saxes'
import { YizhanError } from '../../errors/error.ts'
import type { XmlLimits } from './limits.ts'

/**
 * saxes, strict, with errors of ours and limits that are checked while it works.
 *
 * The counters are fields of the parser itself for a reason: saxes adds handlers by computed names, and after six or so
 * V8 makes the object a dictionary, which is four to eight times slower. A class with fields of its own has room for
 * them.
 */
export class LimitedParser extends SaxesParser<{ xmlns: boolean; defaultXMLVersion: '1.0'; forceXMLVersion: true }> {
  /** How many elements are open; kept by whoever keeps them. */
  depth = 0
  readonly #limits: XmlLimits
  #elements = 0
  #attributes = 0
  #attributesTotal = 0
  #text = 0

  constructor(limits: XmlLimits, namespaces: boolean) {
    // XML 1.1 would allow control characters; its documents are read as 1.0 (XML 1.0 fifth edition, 2.8).
    super({ xmlns: namespaces, defaultXMLVersion: '1.0', forceXMLVersion: true })
    this.#limits = limits
    this.on('doctype', () => {
      throw new YizhanError('XML_DOCTYPE', { field: this.place })
    })
    this.on('opentagstart', ({ name }) => {
      this.#attributes = 0
      this.#check('depth', this.depth + 1)
      this.#check('elements', ++this.#elements)
      this.#check('nameLength', name.length)
    })
    this.on('attribute', ({ name, value }) => {
      this.#check('attributes', ++this.#attributes)
      this.#check('attributesTotal', ++this.#attributesTotal)
      this.#check('nameLength', name.length)
      this.countText(value.length)
    })
  }

  /** Line and column, both from 1; saxes counts columns from 0 but stands behind the character in question. */
  get place(): string {
    return `${this.line}:${Math.max(this.column, 1)}`
  }

  /** What saxes reports ends the parsing. */
  override fail(message: string): never {
    throw new YizhanError('XML_MALFORMED', { field: this.place, detail: message })
  }

  /** Adds text to what the document has had so far. @throws YizhanError XML_LIMIT */
  countText(length: number): void {
    this.#text += length
    this.#check('text', this.#text)
  }

  #check(limit: keyof XmlLimits, actual: number): void {
    const most = this.#limits[limit]
    if (actual > most)
      throw new YizhanError('XML_LIMIT', { field: this.place, value: `${limit} ${actual}`, rule: `${limit} ≤ ${most}` })
  }
}
