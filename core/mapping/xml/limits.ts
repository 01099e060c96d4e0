/** How large a document may be. Checked while parsing, so that a bomb dies before it unfolds. */
export interface XmlLimits {
  /** Bytes (or UTF-16 units of a string source) of the whole document. */
  readonly size: number
  /** Nesting. saxes resolves prefixes through all open elements, so its cost grows with depth. */
  readonly depth: number
  /** Elements in the document. */
  readonly elements: number
  /** Attributes of one element, namespace declarations included. */
  readonly attributes: number
  /** Attributes in the document, namespace declarations included. */
  readonly attributesTotal: number
  /** UTF-16 units of an element's or attribute's name, prefix included. */
  readonly nameLength: number
  /** UTF-16 units of all text and attribute values together; runs that were cut out do not count. */
  readonly text: number
}

export const defaultXmlLimits: XmlLimits = {
  size: 64 * 1024 * 1024,
  depth: 64,
  elements: 100_000,
  attributes: 64,
  attributesTotal: 200_000,
  nameLength: 256,
  text: 16 * 1024 * 1024,
}
