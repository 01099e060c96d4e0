import type { CountedUnit } from '../counting/units.ts'
import { inventedCreditCode, inventedMobile, inventedName, inventedUuid } from './invent.ts'

export interface TreeUnit {
  readonly uuid: string
  /** id in units.tsv */
  readonly id: string
  name: string
  readonly codes: readonly string[]
  /** uuid of the unit above */
  parent?: string
  /** generalized time, whole seconds, as servers keep it */
  changed: string
}

export interface TreePerson {
  readonly uuid: string
  readonly uid: string
  name: string
  title: string
  mobile: string
  mail: string
  /** uuid */
  unit: string
  changed: string
}

/** A directory as its administrators see it: everything that happens to it in a day is a method. */
export interface Tree {
  readonly units: TreeUnit[]
  readonly people: TreePerson[]
}

const titles = ['单位负责人', '办公室主任', '系统专职管理员'] as const
const suffixes = ['head', 'director', 'admin'] as const

/** The city's units, each with a head, an office director and an administrator. */
export function cityTree(units: readonly CountedUnit[], now: string): Tree {
  const tree: Tree = { units: [], people: [] }
  for (const unit of units) {
    const uuid = inventedUuid(unit.id)
    tree.units.push({
      uuid,
      id: unit.id,
      name: unit.name,
      codes: [...unit.codes.slice(0, 1), inventedCreditCode(unit.id)],
      changed: now,
    })
    for (const [at, title] of titles.entries()) {
      const uid = `${unit.id}-${suffixes[at] ?? ''}`
      const mobile = inventedMobile(tree.people.length)
      tree.people.push({
        uuid: inventedUuid(uid),
        uid,
        name: inventedName(uid),
        title,
        mobile,
        mail: `${uid}@sandbox.invalid`,
        unit: uuid,
        changed: now,
      })
    }
  }
  return tree
}

export function unitOf(tree: Tree, id: string): TreeUnit {
  const unit = tree.units.find((one) => one.id === id)
  if (unit === undefined) throw new Error(`目录中没有单位 / the directory has no unit ${id}`)
  return unit
}

export function renameUnit(tree: Tree, id: string, name: string, now: string): void {
  Object.assign(unitOf(tree, id), { name, changed: now })
}

/** Puts a unit below another, or at the top. */
export function moveUnit(tree: Tree, id: string, below: string | undefined, now: string): void {
  const unit = unitOf(tree, id)
  if (below === undefined) delete unit.parent
  else unit.parent = unitOf(tree, below).uuid
  unit.changed = now
}

/** A unit ceases to exist: its people go to the other one, as ordinary staff, and what lay below it lies below that. */
export function mergeUnits(tree: Tree, id: string, into: string, now: string): void {
  const gone = unitOf(tree, id)
  const stays = unitOf(tree, into)
  for (const person of tree.people)
    if (person.unit === gone.uuid) Object.assign(person, { unit: stays.uuid, title: '工作人员', changed: now })
  for (const unit of tree.units)
    if (unit.parent === gone.uuid) Object.assign(unit, { parent: stays.uuid, changed: now })
  tree.units.splice(tree.units.indexOf(gone), 1)
}

/** A unit goes, and everybody in it. */
export function removeUnit(tree: Tree, id: string): void {
  const gone = unitOf(tree, id)
  tree.units.splice(tree.units.indexOf(gone), 1)
  const left = tree.people.filter((person) => person.unit !== gone.uuid)
  tree.people.splice(0, tree.people.length, ...left)
}

/** Somebody else takes over a role. */
export function replacePerson(tree: Tree, uid: string, name: string, mobile: string, now: string): void {
  const person = tree.people.find((one) => one.uid === uid)
  if (person === undefined) throw new Error(`目录中没有此人 / the directory has no ${uid}`)
  Object.assign(person, { name, mobile, changed: now })
}
