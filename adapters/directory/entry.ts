import type { Entry } from 'ldapts'

/** One entry of the directory as it was read. */
export interface DirectoryEntry {
  readonly dn: string
  /** attribute names in lower case; values that are not UTF-8 are left out */
  readonly values: ReadonlyMap<string, readonly string[]>
  /** the value of the key attribute in lower case, 16 raw bytes as a UUID; undefined without one */
  readonly key: string | undefined
}

export function readEntry(entry: Entry, keyAttribute: string): DirectoryEntry {
  const values = new Map<string, readonly string[]>()
  let key: string | undefined
  for (const [name, value] of Object.entries(entry)) {
    if (name === 'dn') continue
    const list = Array.isArray(value) ? value : [value]
    if (name.toLowerCase() === keyAttribute.toLowerCase()) key = keyOf(list[0])
    else
      values.set(
        name.toLowerCase(),
        list.filter((one) => typeof one === 'string'),
      )
  }
  return { dn: entry.dn, values, key }
}

export function firstOf(entry: DirectoryEntry, attribute: string): string | undefined {
  return valuesOf(entry, attribute)[0]
}

/** The values without blanks around them; empty ones are left out. */
export function valuesOf(entry: DirectoryEntry, attribute: string): readonly string[] {
  return (entry.values.get(attribute.toLowerCase()) ?? []).map((value) => value.trim()).filter((value) => value !== '')
}

function keyOf(value: Buffer | string | undefined): string | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'string' || value.length !== 16) {
    const text = value.toString().trim().toLowerCase()
    return text === '' ? undefined : text
  }
  return value.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
