/** A value of a JSON text (RFC 8259). Nothing of it is an object of JavaScript's: no name in it can mean anything. */
export type JsonNode = JsonScalar | JsonObject | JsonArray

export interface JsonScalar {
  readonly kind: 'string' | 'number' | 'boolean' | 'null'
  /** a string without its escapes, anything else as it stood: no digit of a number is lost; `''` where `body` is set */
  readonly text: string
  /** a long string that is base64 and nothing else: its bytes, a view on what was read, not decoded */
  readonly body: Buffer | undefined
  /** 1-based */
  readonly line: number
}

export interface JsonObject {
  readonly kind: 'object'
  /** in the order of the text; no name stands twice */
  readonly members: ReadonlyMap<string, JsonNode>
  readonly line: number
}

export interface JsonArray {
  readonly kind: 'array'
  readonly items: readonly JsonNode[]
  readonly line: number
}
