import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type DirectoryConfig, directorySchema } from '../../../adapters/directory/config.ts'
import { type CountedUnit, readUnits } from '../../../sandbox/counting/units.ts'
import { SandboxDirectory } from '../../../sandbox/directory/directory.ts'
import {
  adminGroup,
  entriesOf,
  readGroup,
  serviceDn,
  suffix,
  unitsBase,
  type WireEntry,
} from '../../../sandbox/directory/entries.ts'
import {
  cityTree,
  mergeUnits,
  moveUnit,
  removeUnit,
  renameUnit,
  replacePerson,
  type Tree,
  unitOf,
} from '../../../sandbox/directory/tree.ts'
import { startSlapd, type Slapd } from '../../lib/servers/slapd.ts'

export const SERVICE_PASSWORD = 'service-口令'
export const PASSWORD = 'person-口令'

/** A directory server with the sandbox's city in it, whichever program serves it. */
export interface Rig {
  /** where it listens; the pages are small, so that there are several */
  readonly config: DirectoryConfig
  rename(id: string, name: string): Promise<void>
  move(id: string, below: string): Promise<void>
  merge(id: string, into: string): Promise<void>
  remove(id: string): Promise<void>
  replace(uid: string, name: string, mobile: string): Promise<void>
  stop(): Promise<void>
  start(): Promise<void>
  hang(): Promise<void>
  /** running and answering, whatever a test that failed has left: its next try needs it */
  restore(): Promise<void>
  close(): Promise<void>
}

export const cityUnits: readonly CountedUnit[] = readUnits(
  join(import.meta.dirname, '../../../config/sandbox/units.tsv'),
)

export function rigConfig(url: string, more: object = {}): DirectoryConfig {
  const login = {
    admin: { groups: [adminGroup] },
    read: { groups: [`cn=没有,${suffix}`, readGroup], titles: ['单位负责人'] },
  }
  return directorySchema.parse({
    url,
    bindDn: serviceDn,
    base: suffix,
    units: { base: unitsBase },
    sync: { pageSize: 40, keysEveryMs: 3_600_000 },
    timeoutMs: 5_000,
    login,
    ...more,
  })
}

export async function sandboxRig(): Promise<Rig & { readonly sandbox: SandboxDirectory }> {
  const folder = await mkdtemp(join(tmpdir(), 'yizhan-directory-'))
  const sandbox = new SandboxDirectory({
    units: cityUnits,
    folder,
    servicePassword: SERVICE_PASSWORD,
    password: PASSWORD,
  })
  await sandbox.start()
  return {
    sandbox,
    config: rigConfig(sandbox.url),
    rename: (id, name) => sandbox.rename(id, name),
    move: (id, below) => sandbox.move(id, below),
    merge: (id, into) => sandbox.merge(id, into),
    remove: (id) => sandbox.remove(id),
    replace: (uid, name, mobile) => sandbox.replace(uid, name, mobile),
    stop: () => sandbox.switch('off'),
    start: () => sandbox.switch('on'),
    hang: () => sandbox.switch('hang'),
    restore: () => sandbox.switch('on'),
    async close() {
      await sandbox.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** The same city in slapd; what the sandbox's tree would become says what ldapmodify has to do. */
export async function slapdRig(limits = ''): Promise<Rig & { readonly slapd: Slapd }> {
  const tree = cityTree(cityUnits, '20260101000000Z')
  const account = {
    objectClass: ['top', 'applicationProcess', 'simpleSecurityObject'],
    cn: ['yizhan'],
    userPassword: [SERVICE_PASSWORD],
  }
  const service: WireEntry = { dn: serviceDn, attributes: account, operational: {} }
  const content = [...entriesOf(tree).slice(0, 1), service, ...entriesOf(tree).slice(1)]
  const slapd = await startSlapd({
    suffix,
    rootDn: `cn=root,${suffix}`,
    rootPassword: 'root',
    ldif: content.map(addRecord).join('\n'),
    limits,
  })
  let frozen = false
  let stopped = false
  const thaw = (): void => {
    if (frozen) slapd.thaw()
    frozen = false
  }
  /**
   * Renames and moves whatever has another DN afterwards, in that order of the tree; what is below a unit goes with it.
   */
  const follow = async (change: (tree: Tree) => void): Promise<void> => {
    const before = dnsOf(tree)
    change(tree)
    for (const [key, now] of dnsOf(tree)) {
      const old = before.get(key)
      if (old === undefined || old === now) continue
      const [rdn, above] = split(now)
      await slapd.modify(
        `${line('dn', old)}changetype: modrdn\n${line('newrdn', rdn)}deleteoldrdn: 1\n${line('newsuperior', above)}`,
      )
      for (const [other, dn] of before) if (dn.endsWith(`,${old}`)) before.set(other, dn.slice(0, -old.length) + now)
      before.set(key, now)
    }
  }
  return {
    slapd,
    config: rigConfig(slapd.url),
    rename: (id, name) => follow((now) => renameUnit(now, id, name, '')),
    move: (id, below) => follow((now) => moveUnit(now, id, below, '')),
    async merge(id, into) {
      const { uuid } = unitOf(tree, id)
      const old = dnsOf(tree).get(uuid) ?? ''
      const moved = tree.people.filter((person) => person.unit === uuid)
      await follow((now) => mergeUnits(now, id, into, ''))
      for (const person of moved)
        await slapd.modify(
          `${line('dn', dnsOf(tree).get(person.uuid) ?? '')}changetype: modify\nreplace: title\n${line('title', person.title)}`,
        )
      await slapd.removeTree(old)
    },
    async remove(id) {
      await slapd.removeTree(dnsOf(tree).get(unitOf(tree, id).uuid) ?? '')
      removeUnit(tree, id)
    },
    async replace(uid, name, mobile) {
      replacePerson(tree, uid, name, mobile, '')
      const person = tree.people.find((one) => one.uid === uid)
      const dn = dnsOf(tree).get(person?.uuid ?? '') ?? ''
      await slapd.modify(
        `${line('dn', dn)}changetype: modify\nreplace: cn\n${line('cn', name)}-\nreplace: mobile\n${line('mobile', mobile)}`,
      )
    },
    async stop() {
      stopped = true
      await slapd.stop()
    },
    async start() {
      if (frozen) thaw()
      else await slapd.start()
      stopped = false
    },
    async restore() {
      if (frozen) thaw()
      if (stopped) await slapd.start()
      stopped = false
    },
    async hang() {
      frozen = true
      await slapd.freeze()
    },
    async close() {
      thaw()
      await slapd.close()
    },
  }
}

/** The DN of each unit and person, by uuid, parents before children. */
function dnsOf(tree: Tree): Map<string, string> {
  return new Map(
    entriesOf(tree).flatMap(({ dn, operational }) =>
      operational['entryUUID'] === undefined ? [] : [[operational['entryUUID'][0] ?? '', dn] as const],
    ),
  )
}

function split(dn: string): [string, string] {
  const [, rdn = '', above = ''] = /^((?:\\.|[^,\\])*),(.*)$/s.exec(dn) ?? []
  return [rdn, above]
}

/** RFC 2849; Chinese goes in base64. slapd makes keys and times itself. */
function addRecord({ dn, attributes }: WireEntry): string {
  const password = attributes['uid'] === undefined ? {} : { userPassword: [PASSWORD] }
  const lines = Object.entries({ ...attributes, ...password }).flatMap(([name, values]) =>
    values.map((value) => line(name, value)),
  )
  return line('dn', dn) + lines.join('')
}

function line(name: string, value: string): string {
  return `${name}:: ${Buffer.from(value).toString('base64')}\n`
}
