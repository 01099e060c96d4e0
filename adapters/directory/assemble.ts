import { tidy } from '../../core/text/normal.ts'
import { readMobile } from '../../core/text/phone.ts'
import type { Steps } from '../../core/util/turns.ts'
import type { DirectoryConfig } from './config.ts'
import { dnKey, keysAbove } from '../../core/text/distinguished-name.ts'
import type { Role } from '../../core/directory/people.ts'
import { valuesOf, firstOf, type DirectoryEntry } from './entry.ts'
import { snapshotOf, type DirectoryPerson, type DirectoryUnit, type Snapshot } from './model.ts'

/** An entry that cannot be used, and why. */
export interface UnusableEntry {
  readonly dn: string
  readonly why: string
}

/** What was read last of each entry, by key. */
export interface Entries {
  readonly units: Map<string, DirectoryEntry>
  readonly people: Map<string, DirectoryEntry>
}

/** So many notes are kept: a wrong attribute name would make one for each entry. */
const notes = 100

/** Entries of one step. */
const STEP = 64

/** Units and people from entries, in steps: places from the tree, roles from titles. */
export function* assemble(
  entries: Entries,
  config: DirectoryConfig,
): Steps<{ readonly snapshot: Snapshot; readonly notes: readonly UnusableEntry[] }> {
  let count = 0
  const noted: UnusableEntry[] = []
  const note = (dn: string, why: string): void => {
    if (noted.length < notes) noted.push({ dn, why })
  }
  const named = new Map<string, { entry: DirectoryEntry; name: string; codes: readonly string[] }>()
  for (const [id, entry] of entries.units) {
    const name = clean(firstOf(entry, config.units.name))
    if (name === undefined) note(entry.dn, `没有名称 / no ${config.units.name}`)
    else named.set(id, { entry, name, codes: valuesOf(entry, config.units.code) })
  }
  const places = new Places([...named].map(([id, { entry, name, codes }]) => ({ id, dn: entry.dn, name, codes })))
  yield
  const units: DirectoryUnit[] = []
  for (const [id, { entry, name, codes }] of named) {
    const parent = places.above(entry.dn)
    units.push({ id, name, codes: [...new Set(codes)], ...(parent === undefined ? {} : { parent }) })
    if (++count % STEP === 0) yield
  }
  const people: DirectoryPerson[] = []
  for (const [id, entry] of entries.people) {
    const name = clean(firstOf(entry, config.people.name))
    if (name === undefined) note(entry.dn, `没有姓名 / no ${config.people.name}`)
    else people.push(person(id, name, entry, config, places))
    if (++count % STEP === 0) yield
  }
  yield
  return { snapshot: snapshotOf(units, people), notes: noted }
}

function person(
  id: string,
  name: string,
  entry: DirectoryEntry,
  config: DirectoryConfig,
  places: Places,
): DirectoryPerson {
  const { people } = config
  const uid = firstOf(entry, people.uid)
  // A landline is no number for an SMS.
  const mobile = readMobile(firstOf(entry, people.mobile) ?? '')
  const mail = firstOf(entry, people.mail)
  const titles = titlesOf(entry, config)
  const unit = places.find(firstOf(entry, people.unit)) ?? places.above(entry.dn)
  return {
    id,
    name,
    ...(uid === undefined ? {} : { uid }),
    ...(mobile === undefined ? {} : { mobile }),
    ...(mail === undefined ? {} : { mail }),
    titles,
    roles: rolesOf(titles, config),
    ...(unit === undefined ? {} : { unit }),
  }
}

/** 办公室主任、系统专职管理员 are two titles. */
export function titlesOf(entry: DirectoryEntry, config: DirectoryConfig): readonly string[] {
  const titles = valuesOf(entry, config.people.title)
    .flatMap((value) => value.split(/[、，,；;]|兼/u))
    .map((title) => title.trim())
  return [...new Set(titles)].filter((title) => title !== '')
}

function rolesOf(titles: readonly string[], config: DirectoryConfig): Role[] {
  const roles = Object.entries(config.roles) as [Role, readonly string[]][]
  return roles.filter(([, wanted]) => wanted.some((title) => titles.includes(title))).map(([role]) => role)
}

function clean(name: string | undefined): string | undefined {
  const text = name === undefined ? '' : tidy(name).replace(/\s+/gu, ' ')
  return text === '' ? undefined : text
}

/** Finds units by DN, code and name. */
class Places {
  readonly #byDn = new Map<string, string>()
  readonly #byText = new Map<string, string | undefined>()

  constructor(
    units: readonly {
      readonly id: string
      readonly dn: string
      readonly name: string
      readonly codes: readonly string[]
    }[],
  ) {
    for (const { id, dn, name, codes } of units) {
      this.#byDn.set(dnKey(dn), id)
      for (const text of new Set([name, ...codes])) this.#byText.set(text, this.#byText.has(text) ? undefined : id)
    }
  }

  /** The nearest unit above an entry. */
  above(dn: string): string | undefined {
    for (const key of keysAbove(dn)) {
      const id = this.#byDn.get(key)
      if (id !== undefined) return id
    }
    return undefined
  }

  /** By DN, code or name; a text that two units share finds neither. */
  find(text: string | undefined): string | undefined {
    return text === undefined ? undefined : (this.#byText.get(text) ?? this.#byDn.get(dnKey(text)))
  }
}
