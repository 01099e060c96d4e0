/** One element of a parsed XML document. Immutable; parents are not linked. */
export interface XmlElement {
  /** The name without its prefix. */
  readonly local: string
  /** The namespace name; `''` for none. */
  readonly uri: string
  /**
   * Local name → value, without namespace declarations.
   * Where an unprefixed and a prefixed attribute share a local name, the unprefixed one stands here.
   */
  readonly attributes: ReadonlyMap<string, string>
  readonly children: readonly XmlElement[]
  /**
   * The element's own text, concatenated and untrimmed, without that of its children. `''` where {@link body} is set.
   */
  readonly text: string
  /**
   * The whole content of the element, when it was a long run of base64 characters and white space and was
   * therefore cut out before parsing: the base64 bytes (ASCII) as they stood, a view on the input, not decoded.
   * Read it through `decodeBase64`, or through {@link textOf} where the field turns out to be ordinary text.
   */
  readonly body: Buffer | undefined
  /** The line on which the start tag ends, 1-based. */
  readonly line: number
  /**
   * Of documents that are no XML: the rule by which the value that stood there can be no such element, Chinese and
   * English; `text` is that value then.
   */
  readonly misfit?: string | undefined
}

/**
 * The element's text wherever it is kept: a long word of plain letters may have been cut out as if it were base64.
 * Line ends are `\n`, as XML 1.0, 2.11 has them.
 */
export function textOf(element: XmlElement): string {
  return element.body === undefined ? element.text : element.body.toString('latin1').replace(/\r\n?/g, '\n')
}

/** The first child of that name; of any namespace when `uri` is not given. */
export function childOf(element: XmlElement, local: string, uri?: string): XmlElement | undefined {
  return element.children.find((child) => child.local === local && (uri === undefined || child.uri === uri))
}

/** All children of that name, in document order; of any namespace when `uri` is not given. */
export function childrenOf(element: XmlElement, local: string, uri?: string): XmlElement[] {
  return element.children.filter((child) => child.local === local && (uri === undefined || child.uri === uri))
}
