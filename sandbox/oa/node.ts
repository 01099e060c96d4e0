/** One element as xml2js gives it: children by name, attributes under `$`, text under `_`, or the text alone. */
export type Node = string | { readonly [name: string]: Node | readonly Node[] | undefined }

/** The first child of that name. */
export function child(node: Node | undefined, name: string): Node | undefined {
  const found = typeof node === 'object' ? node[name] : undefined
  return Array.isArray(found) ? (found as readonly Node[])[0] : (found as Node | undefined)
}

/** All children of that name. */
export function list(node: Node | undefined, name: string): readonly Node[] {
  const found = typeof node === 'object' ? node[name] : undefined
  return found === undefined ? [] : Array.isArray(found) ? (found as readonly Node[]) : [found as Node]
}

/** The text of a child or attribute, without blanks around; empty if there is none. */
export function text(node: Node | undefined, name: string): string {
  const found = child(node, name)
  return typeof found === 'string' ? found.trim() : found === undefined ? '' : text(found, '_')
}
