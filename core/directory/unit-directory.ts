import { hash } from 'node:crypto'
import type { CityConfig } from '../config/schema.ts'
import type { CityView, UnitView } from '../hop/link.ts'
import type { Recipient } from '../message/schema.ts'
import { dayOf } from './bindings.ts'
import { keyOf, splitLine } from './key.ts'
import { Mentions, type Mention } from './mentions.ts'
import { withNames, type FurtherNames } from './names.ts'
import type { Absence, Unresolved, UnitDirectory } from './port.ts'
import type { Days } from './days.ts'
import { absenceOn } from './presence.ts'
import { succession, type Merge, type Succession } from './succession.ts'
import { atOnce, type Steps } from '../util/turns.ts'

/**
 * What a directory is made from: the units with their names, the groups, the phrases that mean groups, and the units
 * that merge.
 */
export type DirectorySource = Pick<CityView, 'units' | 'groups' | 'phrases' | 'merges'>

/** What is known of units beside units.tsv. */
export interface UnitFacts {
  readonly names?: FurtherNames
  readonly merges?: readonly Merge[]
}

/** The units of a configuration as directories and flows see them: one entry a unit, however many bindings it has. */
export function directorySource(
  city: Pick<CityConfig, 'units' | 'groups'>,
  { names = new Map(), merges = [] }: UnitFacts = {},
): DirectorySource {
  const units = new Map<string, UnitView>()
  for (const row of city.units) {
    const before = units.get(row.id)
    // A later row is the unit's present state; what it was called before stays an alias.
    const days = [
      ...(before?.days ?? []),
      { ...(row.from === undefined ? {} : { from: row.from }), ...(row.to === undefined ? {} : { to: row.to }) },
    ]
    const spoken = [...new Set([...(row.spoken ?? []), ...(before?.spoken ?? [])])]
    const aliases = before === undefined ? row.aliases : [...row.aliases, ...before.aliases, before.name]
    units.set(row.id, {
      id: row.id,
      name: row.name,
      aliases: [...new Set(aliases)].filter((alias) => alias !== row.name),
      groups: row.groups,
      codes: [...new Set([...row.codes, ...(before?.codes ?? [])])],
      ...(spoken.length === 0 ? {} : { spoken }),
      days,
    })
  }
  const phrases = city.groups.phrases.map((phrase) => ({
    phrase: phrase.phrase,
    groups: phrase.groups,
    ...(phrase.except === undefined ? {} : { except: phrase.except }),
  }))
  const source = { units: [...units.values()].map(withoutOpenDays), groups: city.groups.groups, phrases }
  return { ...source, units: withNames(source, names), ...(merges.length === 0 ? {} : { merges }) }
}

/** A unit that always receives says nothing of days. */
function withoutOpenDays({ days, ...unit }: UnitView): UnitView {
  return days === undefined || days.every(({ from, to }) => from === undefined && to === undefined)
    ? unit
    : { ...unit, days }
}

/** Of so many pieces of a line that mean nothing it is said what they resemble: that costs a look at every name. */
const explained = 20
/** At most so many pieces are tried together as one phrase, such as 市政府各部门、各直属机构. */
const phrasePieces = 4
const suggestions = 5

type Meaning =
  { readonly named: true; readonly unit: UnitView } | { readonly named: false; readonly units: readonly UnitView[] }

/** A directory that can do beforehand, in steps, what its first look into a text would do at once. */
export interface PreparedDirectory extends UnitDirectory {
  prepare(): Steps<void>
}

/**
 * The directory over a configuration's units or over a city view.
 *
 * @throws YizhanError CONFIG_INVALID for merges that contradict each other
 */
export function createUnitDirectory(source: DirectorySource | Pick<CityConfig, 'units' | 'groups'>): PreparedDirectory {
  return new Directory('phrases' in source ? source : directorySource(source))
}

class Directory implements PreparedDirectory {
  readonly revision: string
  readonly #meanings = new Map<string, Meaning>()
  readonly #names: readonly { readonly name: string; readonly keys: readonly string[] }[]
  readonly #phrases: readonly string[]
  readonly #unitNames: ReadonlyMap<string, string>
  readonly #days: ReadonlyMap<string, readonly Days[]>
  readonly #succession: Succession
  readonly #units: readonly UnitView[]
  /** made when first asked for: flow processes never ask */
  #mentions: Mentions | undefined

  constructor(source: DirectorySource) {
    this.#names = source.units.map((unit) => ({ name: unit.name, keys: [unit.name, ...unit.aliases].map(keyOf) }))
    this.#unitNames = new Map(source.units.map((unit) => [unit.id, unit.name]))
    this.#days = new Map(source.units.flatMap(({ id, days }) => (days === undefined ? [] : [[id, days] as const])))
    this.#succession = succession(source.merges ?? [], (unit) => this.#unitNames.has(unit))
    this.#phrases = source.phrases.map((phrase) => phrase.phrase)
    this.#units = source.units
    this.revision = hash(
      'sha256',
      JSON.stringify([source.units, source.groups, source.phrases, ...(source.merges ?? [])]),
      'hex',
    ).slice(0, 16)
    const members = (groups: readonly string[], except: readonly string[] = []): UnitView[] =>
      source.units.filter(
        (unit) =>
          (groups.includes(unit.id) || unit.groups.some((group) => groups.includes(group))) &&
          !except.includes(unit.id),
      )
    for (const group of source.groups) {
      this.#meanings.set(keyOf(group.name), { named: false, units: members([group.id]) })
      this.#meanings.set(keyOf(group.id), { named: false, units: members([group.id]) })
    }
    for (const phrase of source.phrases)
      this.#meanings.set(keyOf(phrase.phrase), { named: false, units: members(phrase.groups, phrase.except) })
    // What names a unit goes before what names a group; its id before its name, its name before aliases and codes.
    for (const names of [codesOf, aliasesOf, nameOf, idOf]) {
      for (const unit of source.units)
        for (const name of names(unit)) this.#meanings.set(keyOf(name), { named: true, unit })
    }
  }

  find(text: string): { readonly id: string; readonly name: string } | undefined {
    const meaning = this.#meanings.get(keyOf(text))
    return meaning?.named === true ? { id: meaning.unit.id, name: meaning.unit.name } : undefined
  }

  mentioned(text: string): readonly { readonly id: string; readonly name: string }[] {
    return this.mentions(text).map(({ id, name }) => ({ id, name }))
  }

  *prepare(): Steps<void> {
    this.#mentions ??= yield* Mentions.of(this.#units)
  }

  mentions(text: string): readonly Mention[] {
    this.#mentions ??= atOnce(Mentions.of(this.#units))
    return this.#mentions.in(text)
  }

  nameOf(unit: string): string | undefined {
    return this.#unitNames.get(unit)
  }

  resolve(
    line: string,
    role: 'to' | 'cc',
    except?: string,
  ): {
    readonly recipients: readonly Recipient[]
    readonly unresolved: readonly Unresolved[]
    readonly grouped?: readonly string[]
  } {
    const recipients = new Map<string, Recipient>()
    const named = new Set<string>()
    const unresolved: Unresolved[] = []
    const add = (unit: UnitView): void => {
      if (!recipients.has(unit.id)) recipients.set(unit.id, { unit: unit.id, name: unit.name, role })
    }
    const take = (meaning: Meaning): void => {
      if (meaning.named) {
        named.add(meaning.unit.id)
        add(meaning.unit)
      } else for (const unit of meaning.units) if (unit.id !== except) add(unit)
    }
    const pieces = splitLine(line)
    for (let at = 0; at < pieces.length;) {
      const found = this.#longest(pieces, at)
      if (found !== undefined) {
        take(found.meaning)
        at += found.count
        continue
      }
      const { text } = pieces[at] as { text: string }
      const parts = this.#joined(text)
      if (parts === undefined)
        unresolved.push(
          unresolved.length < explained ? this.#explain(text) : { text, reason: 'unknown', candidates: [] },
        )
      else parts.forEach(take)
      at++
    }
    const grouped = [...recipients.keys()].filter((unit) => !named.has(unit))
    return { recipients: [...recipients.values()], unresolved, ...(grouped.length === 0 ? {} : { grouped }) }
  }

  absenceOf(unit: string, at: number): Absence | undefined {
    const days = this.#days.get(unit)
    return days === undefined ? undefined : absenceOn(dayOf(at), days)
  }

  receiverOf(unit: string, at: number): { readonly id: string; readonly name: string } {
    const id = this.#succession.receiverOf(unit, at)
    return { id, name: this.#unitNames.get(id) ?? id }
  }

  /** The longest run of pieces from `at` on that means something together. */
  #longest(
    pieces: readonly { readonly text: string; readonly joined: boolean }[],
    at: number,
  ): { meaning: Meaning; count: number } | undefined {
    let most = 1
    while (most < phrasePieces && pieces[at + most]?.joined === true) most++
    for (let count = most; count > 0; count--) {
      const text = pieces
        .slice(at, at + count)
        .map((piece) => piece.text)
        .join('、')
      const meaning = this.#meanings.get(keyOf(text))
      if (meaning !== undefined) return { meaning, count }
    }
    return undefined
  }

  /** Names joined by 和, 及 or 以及, provided that each of them is known. */
  #joined(text: string): Meaning[] | undefined {
    const parts = text.split(/以及|和|及/u)
    if (parts.length < 2 || parts.length > 8) return undefined
    const meanings = parts.map((part) => this.#meanings.get(keyOf(part)))
    return meanings.every((meaning) => meaning !== undefined) ? meanings : undefined
  }

  #explain(text: string): Unresolved {
    const key = keyOf(text)
    // 各有关单位 and the like mean whomever the writer had in mind: a person has to say whom.
    if (/^(?:各|有关|相关)/u.test(key))
      return { text, reason: 'ambiguous', candidates: this.#phrases.slice(0, suggestions) }
    const near = key.length < 2 ? [] : this.#names.filter(({ keys }) => keys.some((name) => resembles(name, key)))
    const candidates = near.slice(0, suggestions).map((unit) => unit.name)
    return { text, reason: near.length > 1 ? 'ambiguous' : 'unknown', candidates }
  }
}

function resembles(name: string, text: string): boolean {
  return name.includes(text) || (name.length > 2 && text.includes(name))
}

function idOf(unit: UnitView): readonly string[] {
  return [unit.id]
}

function nameOf(unit: UnitView): readonly string[] {
  return [unit.name]
}

function aliasesOf(unit: UnitView): readonly string[] {
  return unit.aliases
}

function codesOf(unit: UnitView): readonly string[] {
  return unit.codes
}
