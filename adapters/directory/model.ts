import { hash } from 'node:crypto'
import type { Role } from '../../core/directory/people.ts'

export interface DirectoryUnit {
  /** the key attribute, entryUUID: it stays through renames and moves */
  readonly id: string
  readonly name: string
  /** 统一社会信用代码 and whatever other codes the directory holds */
  readonly codes: readonly string[]
  /** the unit above; absent at the top */
  readonly parent?: string
}

export interface DirectoryPerson {
  readonly id: string
  readonly name: string
  /** login name */
  readonly uid?: string
  /** a mobile number of eleven digits; what is none is left out */
  readonly mobile?: string
  readonly mail?: string
  readonly titles: readonly string[]
  /** the roles that the titles give by configuration */
  readonly roles: readonly Role[]
  readonly unit?: string
}

/** The directory at one moment, in canonical form: sorted by id, so that equal directories have equal revisions. */
export interface Snapshot {
  /** SHA-256 over units and people, hexadecimal */
  readonly revision: string
  readonly units: readonly DirectoryUnit[]
  readonly people: readonly DirectoryPerson[]
}

export function snapshotOf(units: Iterable<DirectoryUnit>, people: Iterable<DirectoryPerson>): Snapshot {
  const content = {
    units: [...units].map(canonicalUnit).sort(byId),
    people: [...people].map(canonicalPerson).sort(byId),
  }
  return { revision: hash('sha256', JSON.stringify([content.units, content.people]), 'hex'), ...content }
}

/** The same keys in the same order, whoever made it. */
function canonicalUnit(unit: DirectoryUnit): DirectoryUnit {
  return {
    id: unit.id,
    name: unit.name,
    codes: [...unit.codes].sort(),
    ...(unit.parent === undefined ? {} : { parent: unit.parent }),
  }
}

function canonicalPerson(person: DirectoryPerson): DirectoryPerson {
  const { id, name, uid, mobile, mail, titles, roles, unit } = person
  return {
    id,
    name,
    ...(uid === undefined ? {} : { uid }),
    ...(mobile === undefined ? {} : { mobile }),
    ...(mail === undefined ? {} : { mail }),
    titles: [...titles].sort(),
    roles: [...roles].sort(),
    ...(unit === undefined ? {} : { unit }),
  }
}

function byId(one: { readonly id: string }, other: { readonly id: string }): number {
  return one.id < other.id ? -1 : one.id > other.id ? 1 : 0
}
