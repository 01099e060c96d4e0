/**
 * An enumerable symbol property with a string value: lodash's clone, `{...msg}` and `Object.assign` keep it, and
 * JSON, the debug sidebar and the nodes that walk over a message's keys do not see it.
 */
const HOP: unique symbol = Symbol('yizhan.hop')

interface Marked {
  [HOP]?: string
}

/** The key of the hop that a message was marked with. */
export function markOf(msg: object): string | undefined {
  return (msg as Marked)[HOP]
}

/** Marks a message. A frozen one stays as it is: then only the async context knows its hop. */
export function markMessage(msg: object, key: string): void {
  Reflect.set(msg, HOP, key)
}
