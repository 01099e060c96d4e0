import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { directoryClient } from '../../../adapters/directory/client.ts'
import type { DirectoryConfig } from '../../../adapters/directory/config.ts'
import type { EntryChange } from '../../../adapters/directory/diff.ts'
import { type DirectoryKeeper, openKeeper } from '../../../adapters/directory/keeper.ts'
import { type LoginCheck, loginCheck } from '../../../adapters/directory/login.ts'
import type { DirectoryUnit, Snapshot } from '../../../adapters/directory/model.ts'
import { snapshotPeople } from '../../../adapters/directory/people.ts'
import { snapshotStore } from '../../../adapters/directory/snapshot.ts'
import { directorySync } from '../../../adapters/directory/sync.ts'
import type { YizhanEvent } from '../../../core/events/event.ts'
import { applyChanges } from '../../unit/directory-sync/lib/apply-changes.ts'
import { PASSWORD, SERVICE_PASSWORD, type Rig, cityUnits } from './directory-rigs.ts'

const patience = (): AbortSignal => AbortSignal.timeout(30_000)

interface Kit {
  readonly keeper: DirectoryKeeper
  readonly login: LoginCheck
  readonly events: YizhanEvent[]
  readonly folder: string
  /** lets so many milliseconds pass */
  wait(ms: number): void
  /** a keeper on the same files, as after a restart, perhaps with another configuration */
  again(config?: DirectoryConfig): Promise<DirectoryKeeper>
}

async function kit(config: DirectoryConfig, password = SERVICE_PASSWORD): Promise<Kit> {
  const folder = await mkdtemp(join(tmpdir(), 'yizhan-snapshots-'))
  const events: YizhanEvent[] = []
  let later = 0
  const clock = { now: () => Date.now() + later }
  const emit = { emit: (event: YizhanEvent) => void events.push(event) }
  const client = directoryClient(config, () => password)
  const open = (now = config): Promise<DirectoryKeeper> =>
    openKeeper({
      id: now.id,
      sync: directorySync(
        now,
        directoryClient(now, () => password),
        clock,
      ),
      store: snapshotStore(folder),
      clock,
      emit,
    })
  return {
    keeper: await open(),
    login: loginCheck({ config, client }),
    events,
    folder,
    wait: (ms) => (later += ms),
    again: open,
  }
}

function unitByCode(snapshot: Snapshot, id: string): DirectoryUnit {
  const code = cityUnits.find((unit) => unit.id === id)!.codes[0]!
  return snapshot.units.find((unit) => unit.codes.includes(code))!
}

function brief(changes: readonly EntryChange[]): string[] {
  return changes.map(({ of, kind, before, after }) => `${of} ${kind} ${(after ?? before)!.name}`).sort()
}

/** What every directory server must make possible. The tests change one directory, one after the other. */
export function directorySuite(name: string, start: () => Promise<Rig>): void {
  describe(`the directory on ${name}`, () => {
    let rig: Rig
    const folders: string[] = []
    const make = async (more: Partial<DirectoryConfig> = {}, password?: string): Promise<Kit> => {
      const made = await kit({ ...rig.config, ...more }, password)
      folders.push(made.folder)
      return made
    }

    beforeAll(async () => {
      rig = await start()
    })

    afterEach(() => rig.restore())

    afterAll(async () => {
      await rig.close()
      await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })))
    })

    it('reads all units and people, over several pages, with their roles and numbers', async () => {
      const { keeper, events } = await make()
      expect(keeper.current()).toBeUndefined()
      const { how, snapshot, changes, notes } = await keeper.refresh(patience())
      expect([how, snapshot.units.length, snapshot.people.length, changes.length, notes]).toEqual([
        'full',
        66,
        198,
        264,
        [],
      ])
      expect(snapshot.units.map((unit) => unit.name).sort()).toEqual(cityUnits.map((unit) => unit.name).sort())
      const people = snapshotPeople(snapshot)
      for (const unit of snapshot.units) {
        for (const role of ['head', 'officeDirector', 'administrator'] as const) {
          const [person, ...more] = people.ofUnit(unit.id, role)
          expect(more).toEqual([])
          expect(person).toMatchObject({
            mobile: expect.stringMatching(/^1380000\d{4}$/) as string,
            mail: expect.stringMatching(/@sandbox\.invalid$/) as string,
          })
        }
      }
      expect(new Set(snapshot.people.map((person) => person.mobile)).size).toBe(198)
      expect(events.map((event) => event.code)).toEqual(['directory.synced'])
    })

    it('asks for changes only, and finds a person replaced', async () => {
      // A second try finds what the first has changed.
      await rig.replace('weishengju-admin', '甄旧人', '13800009998')
      const { keeper } = await make()
      const before = await keeper.refresh(patience())
      await rig.replace('weishengju-admin', '甄新人', '13800009999')
      const { how, changes, snapshot } = await keeper.refresh(patience())
      expect(how).toBe('changes')
      expect(brief(changes)).toEqual(['person changed 甄新人', 'person renamed 甄新人'])
      expect(snapshotPeople(snapshot).byName('甄 新人')).toMatchObject([
        { mobile: '13800009999', unit: unitByCode(snapshot, 'weishengju').id },
      ])
      expect(applyChanges(before.snapshot, changes)).toEqual(snapshot)
      expect((await keeper.refresh(patience())).changes).toEqual([])
    })

    it('keeps a unit under its key when it is renamed, with its people', async () => {
      await rig.rename('jiaoyuju', '市教育局')
      const { keeper } = await make()
      const before = unitByCode((await keeper.refresh(patience())).snapshot, 'jiaoyuju')
      await rig.rename('jiaoyuju', '市教育体育局（新）, 市')
      const { how, changes, snapshot } = await keeper.refresh(patience())
      expect([how, brief(changes)]).toEqual(['keys', ['unit renamed 市教育体育局（新）, 市']])
      expect(unitByCode(snapshot, 'jiaoyuju').id).toBe(before.id)
      expect(snapshotPeople(snapshot).ofUnit(before.id)).toHaveLength(3)
    })

    it('sees a unit move below another, and the people of both stay where they are', async () => {
      const { keeper } = await make()
      await keeper.refresh(patience())
      await rig.move('renfangban', 'zhengfuban')
      const { changes, snapshot } = await keeper.refresh(patience())
      expect(brief(changes)).toEqual([`unit moved ${unitByCode(snapshot, 'renfangban').name}`])
      const office = unitByCode(snapshot, 'zhengfuban')
      expect(unitByCode(snapshot, 'renfangban').parent).toBe(office.id)
      expect(snapshotPeople(snapshot).ofUnit(office.id)).toHaveLength(3)
      expect(snapshotPeople(snapshot).ofUnit(unitByCode(snapshot, 'renfangban').id)).toHaveLength(3)
    })

    it('sees a unit merge into another', async () => {
      const { keeper, wait } = await make()
      const before = await keeper.refresh(patience())
      const gone = unitByCode(before.snapshot, 'gongxinju')
      await rig.merge('gongxinju', 'fagaiwei')
      wait(rig.config.sync.keysEveryMs)
      const { how, changes, snapshot } = await keeper.refresh(patience())
      expect(how).toBe('keys')
      expect(brief(changes).filter((line) => line.startsWith('unit'))).toEqual([`unit removed ${gone.name}`])
      expect(changes.filter((change) => change.kind === 'moved')).toHaveLength(3)
      const into = unitByCode(snapshot, 'fagaiwei').id
      expect(snapshotPeople(snapshot).ofUnit(into)).toHaveLength(6)
      expect(snapshotPeople(snapshot).ofUnit(into, 'head')).toHaveLength(1)
    })

    it('learns of a deletion from the listing of keys', async () => {
      const { keeper, wait } = await make()
      const before = await keeper.refresh(patience())
      const gone = unitByCode(before.snapshot, 'kejiju')
      await rig.remove('kejiju')
      const blind = await keeper.refresh(patience())
      expect([blind.how, blind.changes]).toEqual(['changes', []])
      wait(rig.config.sync.keysEveryMs)
      const seen = await keeper.refresh(patience())
      expect([seen.how, seen.changes.length]).toEqual(['keys', 4])
      expect(brief(seen.changes)).toContain(`unit removed ${gone.name}`)
    })

    it('serves on while the server is gone, also after a restart, and catches up when it is back', async () => {
      await rig.replace('caizhengju-head', '离开人', '13800008887')
      const { keeper, again, wait } = await make()
      const { snapshot } = await keeper.refresh(patience())
      await rig.stop()
      await expect(keeper.refresh(patience())).rejects.toMatchObject({ code: 'SYSTEM_UNREACHABLE', retryable: true })
      wait(90_000)
      const restarted = await again()
      for (const one of [keeper, restarted]) {
        expect(one.current()?.snapshot).toEqual(snapshot)
        expect(one.current()?.ageMs).toBeGreaterThanOrEqual(90_000)
      }
      await rig.start()
      await rig.replace('caizhengju-head', '归来人', '13800008888')
      expect(brief((await restarted.refresh(patience())).changes)).toEqual([
        'person changed 归来人',
        'person renamed 归来人',
      ])
      expect(restarted.current()?.ageMs).toBeLessThan(30_000)
      expect(brief((await keeper.refresh(patience())).changes)).toEqual([
        'person changed 归来人',
        'person renamed 归来人',
      ])
    })

    it('gives up on a server that hangs, or when told to, and works with it again afterwards', async () => {
      const patient = await make()
      const { snapshot } = await patient.keeper.refresh(patience())
      const keeper = await patient.again({ ...rig.config, timeoutMs: 400 })
      const { login } = await make({ timeoutMs: 400 })
      await rig.hang()
      try {
        await expect(keeper.refresh(patience())).rejects.toMatchObject({ code: 'SYSTEM_TIMEOUT', retryable: true })
        await expect(login.check('caizhengju-head', PASSWORD, patience())).rejects.toMatchObject({
          code: 'SYSTEM_TIMEOUT',
        })
        const stop = new AbortController()
        const under = keeper.refresh(stop.signal)
        stop.abort(new Error('stopped by the test'))
        await expect(under).rejects.toThrow('stopped by the test')
        expect(keeper.current()?.snapshot).toEqual(snapshot)
      } finally {
        await rig.start()
      }
      const slow = await make()
      expect((await slow.keeper.refresh(patience())).snapshot).toEqual(snapshot)
    })

    it('refuses a directory that has suddenly lost most of its units, until somebody accepts it', async () => {
      const { keeper, events, again } = await make()
      const { snapshot } = await keeper.refresh(patience())
      // As when the service account may suddenly read less.
      const narrow = await again({ ...rig.config, units: { ...rig.config.units, filter: '(businessCategory=ZK-00*)' } })
      await expect(narrow.refresh(patience())).rejects.toMatchObject({ code: 'DIRECTORY_SHRUNK', retryable: false })
      expect(narrow.current()?.snapshot).toEqual(snapshot)
      expect(events.at(-1)).toMatchObject({ code: 'directory.refused', error: 'DIRECTORY_SHRUNK' })
      const accepted = await narrow.refresh(patience(), { accept: true })
      expect(accepted.snapshot.units.length).toBeLessThan(10)
      expect(applyChanges(snapshot, accepted.changes)).toEqual(accepted.snapshot)
      const nothing = await again({ ...rig.config, units: { ...rig.config.units, filter: '(ou=没有这样的单位)' } })
      await expect(nothing.refresh(patience())).rejects.toMatchObject({ code: 'DIRECTORY_EMPTY' })
      expect(nothing.current()?.snapshot).toEqual(accepted.snapshot)
    })

    it('says when the service account is refused', async () => {
      const { keeper } = await make({}, 'wrong')
      await expect(keeper.refresh(patience())).rejects.toMatchObject({
        code: 'DIRECTORY_BIND_REFUSED',
        retryable: false,
      })
      const empty = await make({}, '')
      await expect(empty.keeper.refresh(patience())).rejects.toMatchObject({ code: 'DIRECTORY_BIND_REFUSED' })
      const lost = await make({ base: 'dc=elsewhere', units: { ...rig.config.units, base: 'dc=elsewhere' } })
      await expect(lost.keeper.refresh(patience())).rejects.toMatchObject({ code: 'SYSTEM_REFUSED' })
    })

    it('logs in whom group or title allow, and nobody else', async () => {
      const { login } = await make()
      await expect(login.check('zhengfuban-admin', PASSWORD, patience())).resolves.toMatchObject({
        uid: 'zhengfuban-admin',
        roles: ['read', 'operate', 'configure'],
      })
      await expect(login.check('caizhengju-admin', PASSWORD, patience())).resolves.toMatchObject({ roles: ['read'] })
      await expect(login.check('caizhengju-head', PASSWORD, patience())).resolves.toMatchObject({
        name: '归来人',
        roles: ['read'],
      })
      await expect(login.check('caizhengju-director', PASSWORD, patience())).rejects.toMatchObject({
        code: 'DIRECTORY_LOGIN_NOT_ALLOWED',
      })
      await expect(login.check('zhengfuban-admin', 'wrong', patience())).rejects.toMatchObject({
        code: 'DIRECTORY_LOGIN_REFUSED',
      })
      await expect(login.check('nobody', PASSWORD, patience())).rejects.toMatchObject({
        code: 'DIRECTORY_LOGIN_REFUSED',
      })
    })

    it.each([
      '',
      ' ',
      '*',
      'zhengfuban-*',
      '*)(uid=zhengfuban-admin',
      'zhengfuban-admin)(|(uid=*',
      '\\2a',
      'zhengfuban-admin\0',
      ')',
      '(',
      '\\',
      'a'.repeat(200),
    ])('takes the user name %j for nothing but a name', async (uid) => {
      const { login } = await make()
      await expect(login.check(uid, PASSWORD, patience())).rejects.toMatchObject({ code: 'DIRECTORY_LOGIN_REFUSED' })
    })

    it('never binds without a password', async () => {
      const { login } = await make()
      await expect(login.check('zhengfuban-admin', '', patience())).rejects.toMatchObject({
        code: 'DIRECTORY_LOGIN_REFUSED',
      })
      const client = directoryClient(rig.config, () => SERVICE_PASSWORD)
      await expect(client.verify(rig.config.bindDn!, '', patience())).resolves.toBe(false)
      await expect(client.verify('', PASSWORD, patience())).resolves.toBe(false)
      await expect(client.verify(rig.config.bindDn!, SERVICE_PASSWORD, patience())).resolves.toBe(true)
    })
  })
}
