import type { Tree, TreeUnit } from './tree.ts'

/** An entry as it goes over the wire. */
export interface WireEntry {
  readonly dn: string
  readonly attributes: Readonly<Record<string, readonly string[]>>
  /** given only when asked for by name or by `+` (RFC 4511 4.5.1.8) */
  readonly operational: Readonly<Record<string, readonly string[]>>
}

export const suffix = 'dc=zhoukou,dc=example'
export const unitsBase = `ou=机构,${suffix}`
const groupsBase = `ou=组,${suffix}`
export const serviceDn = `cn=yizhan,${suffix}`
/** who may deploy: the administrator of the first unit */
export const adminGroup = `cn=流程管理员,${groupsBase}`
/** who may look: every unit's administrator */
export const readGroup = `cn=流程查看者,${groupsBase}`

/** The whole tree, parents before children. */
export function entriesOf(tree: Tree): WireEntry[] {
  const byId = new Map(tree.units.map((unit) => [unit.uuid, unit]))
  const dns = new Map(tree.units.map((unit) => [unit.uuid, dnOf(unit, byId)]))
  const units = tree.units.map((unit): WireEntry => ({
    dn: dns.get(unit.uuid) ?? '',
    attributes: { objectClass: ['top', 'organizationalUnit'], ou: [unit.name], businessCategory: unit.codes },
    operational: { entryUUID: [unit.uuid], modifyTimestamp: [unit.changed] },
  }))
  const people = tree.people.map((person): WireEntry => ({
    dn: `uid=${escapeValue(person.uid)},${dns.get(person.unit) ?? unitsBase}`,
    attributes: {
      objectClass: ['top', 'person', 'organizationalPerson', 'inetOrgPerson'],
      uid: [person.uid],
      cn: [person.name],
      sn: [person.name.slice(0, 1)],
      title: [person.title],
      mobile: [person.mobile],
      mail: [person.mail],
    },
    operational: { entryUUID: [person.uuid], modifyTimestamp: [person.changed] },
  }))
  const admins = people.filter((entry) => entry.attributes['uid']?.[0]?.endsWith('-admin'))
  return [...frame(), ...units, ...people, group(adminGroup, admins.slice(0, 1)), group(readGroup, admins)]
}

function frame(): WireEntry[] {
  const bare = { operational: {} }
  return [
    {
      dn: suffix,
      attributes: { objectClass: ['top', 'dcObject', 'organization'], dc: ['zhoukou'], o: ['周口市'] },
      ...bare,
    },
    { dn: unitsBase, attributes: { objectClass: ['top', 'organizationalUnit'], ou: ['机构'] }, ...bare },
    { dn: groupsBase, attributes: { objectClass: ['top', 'organizationalUnit'], ou: ['组'] }, ...bare },
  ]
}

function group(dn: string, members: readonly WireEntry[]): WireEntry {
  const name = /^cn=([^,]+)/.exec(dn)?.[1] ?? ''
  return {
    dn,
    attributes: { objectClass: ['top', 'groupOfNames'], cn: [name], member: members.map((member) => member.dn) },
    operational: {},
  }
}

function dnOf(unit: TreeUnit, byId: ReadonlyMap<string, TreeUnit>): string {
  const parts: string[] = []
  for (
    let at: TreeUnit | undefined = unit;
    at !== undefined;
    at = at.parent === undefined ? undefined : byId.get(at.parent)
  )
    parts.push(`ou=${escapeValue(at.name)}`)
  return [...parts, unitsBase].join(',')
}

/** RFC 4514 2.4 */
function escapeValue(value: string): string {
  return value
    .replace(/[,+"\\<>;=]/g, (character) => `\\${character}`)
    .replace(/^[ #]|[ ]$/g, (character) => `\\${character}`)
}
