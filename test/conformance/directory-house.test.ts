import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { YizhanError } from '../../core/errors/error.ts'
import { adminGroup, readGroup } from '../../sandbox/directory/entries.ts'
import { DIRECTORY_FAILPOINTS } from '../../adapters/directory/manifest.ts'
import { shanghaiDay } from '../../core/util/shanghai.ts'
import { until } from '../lib/wait.ts'
import { directoryCity, DirectoryHouse } from './lib/directory-house.ts'
import { PASSWORD, rigConfig, sandboxRig, slapdRig, type Rig } from './lib/directory-rigs.ts'

/**
 * The adapter as the station has it: names, people, logins and messages for flows, with the sandbox's server and with
 * slapd.
 */

const day = (offset: number): string => shanghaiDay(Date.now() + offset * 86_400_000)

function settingsFor(rig: Rig, more: object = {}): object {
  const { id: _, ...settings } = rigConfig(rig.config.url, {
    sync: { pageSize: 100, everyMs: 50, keysEveryMs: 100, overlapMs: 2_000 },
    timeoutMs: 5_000,
    login: { admin: { groups: [adminGroup] }, read: { groups: [readGroup] } },
    ...more,
  })
  return settings
}

describe.each([
  ['the sandbox’s server', sandboxRig],
  ['slapd', slapdRig],
] as const)('a directory of the house, on %s', (_name, start) => {
  let rig: Rig
  let folder: string
  let house: DirectoryHouse
  const find = (name: string) => house.city.directory.find(name)?.id
  const opened = async (more: object = {}): Promise<void> => {
    house = await DirectoryHouse.open(folder, settingsFor(rig, more))
    await house.adapter.start()
  }
  const firstReading = () => until(async () => (await house.told())[0], { what: 'the first reading' })
  const nextTold = (what: string) => until(async () => (await house.told())[0], { what, timeoutMs: 20_000 })
  beforeAll(async () => {
    rig = await start()
  })
  afterAll(() => rig.close())
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'yizhan-directory-house-'))
  })
  afterEach(async () => {
    await house.close()
    rmSync(folder, { recursive: true, force: true })
    // What a test that failed has left its next try must not find.
    await rig.restore()
    await rig.rename('huanbaoju', '市环保局')
    await rig.rename('jiaoyuju', '市教育局')
  })

  it('tells each change once, finds a renamed unit by all its names, and after a restart without the server too', async () => {
    await opened()
    const first = await firstReading()
    expect(first.before).toBeUndefined()
    expect(first.changes.filter(({ of, kind }) => of === 'unit' && kind === 'added')).toHaveLength(66)
    expect(first.changes.every(({ unit }) => unit !== undefined)).toBe(true)

    for (const name of ['市生态环境局', '市生态环境保护局']) {
      await rig.rename('huanbaoju', name)
      const told = await nextTold(`the renaming to ${name}`)
      expect(told.before).toMatch(/^[0-9a-f]{64}$/)
      expect(told.changes).toEqual([
        {
          of: 'unit',
          kind: 'renamed',
          id: expect.any(String) as string,
          unit: 'huanbaoju',
          name,
          before: expect.any(String) as string,
        },
      ])
    }
    await until(() => find('市生态环境局') === 'huanbaoju', { what: 'the name between' })
    const names = ['市环保局', '市生态环境局', '市生态环境保护局']
    expect(names.map(find)).toEqual(['huanbaoju', 'huanbaoju', 'huanbaoju'])
    expect(house.city.view.units.find(({ id }) => id === 'huanbaoju')?.aliases).toEqual(
      expect.arrayContaining(['市生态环境保护局']),
    )

    await rig.stop()
    await house.close()
    await opened()
    expect(names.map(find)).toEqual(['huanbaoju', 'huanbaoju', 'huanbaoju'])
    expect(house.adapter.people?.of(['huanbaoju'], 'officeDirector')).toEqual([
      {
        person: expect.any(String) as string,
        unit: 'huanbaoju',
        name: expect.any(String) as string,
        roles: ['officeDirector'],
        phone: expect.stringMatching(/^1380000\d{4}$/) as string,
        mail: 'huanbaoju-director@sandbox.invalid',
      },
    ])
    await until(() => house.events.some(({ code }) => code === 'poll.failed'), { what: 'the loss' })
    expect(await house.told()).toEqual([])
    await rig.start()
    await rig.rename('huanbaoju', '市环保局')
    expect((await nextTold('the old name again')).changes).toMatchObject([
      { kind: 'renamed', name: '市环保局', before: '市生态环境保护局' },
    ])
  })

  it('goes back and forth between two states, and tells each time', async () => {
    await opened()
    await firstReading()
    for (const name of ['市教育与体育局', '市教育局', '市教育与体育局', '市教育局']) {
      await rig.rename('jiaoyuju', name)
      expect((await nextTold(name)).changes).toMatchObject([{ kind: 'renamed', name }])
    }
  })

  it('finds the people of a merged unit, from the day on, in the one that took over', async () => {
    const merges = (from: string) => ({ merges: [{ unit: 'renfangban', into: 'fagaiwei', from }] })
    await opened(merges(day(1)))
    await firstReading()
    const heads = () =>
      house.adapter.people?.of(['renfangban', 'fagaiwei'], 'head').map(({ unit, mail }) => [unit, mail])
    expect(heads()).toEqual([
      ['renfangban', 'renfangban-head@sandbox.invalid'],
      ['fagaiwei', 'fagaiwei-head@sandbox.invalid'],
    ])
    await house.configure(directoryCity(settingsFor(rig, merges(day(0))), '2'))
    expect(heads()).toEqual([['fagaiwei', 'fagaiwei-head@sandbox.invalid']])
    expect(house.city.view.merges).toHaveLength(1)
    await expect(
      house.configure(
        directoryCity(settingsFor(rig, { merges: [{ unit: 'nobody', into: 'fagaiwei', from: day(0) }] }), '3'),
      ),
    ).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  })

  it('says what somebody may do in the editor, and when nobody can tell', async () => {
    await opened()
    await firstReading()
    const { login } = house.adapter
    const check = (name: string, password = PASSWORD) => login?.check(name, password)
    expect(await check('zhengfuban-admin')).toMatchObject({ roles: ['read', 'operate', 'configure'] })
    expect(await check('jiaoyuju-admin')).toMatchObject({ roles: ['read'] })
    expect([
      await check('zhengfuban-admin', 'wrong'),
      await check('nobody'),
      await check('zhengfuban-admin', ''),
    ]).toEqual([undefined, undefined, undefined])
    await expect(check('jiaoyuju-head')).rejects.toMatchObject({ code: 'DIRECTORY_LOGIN_NOT_ALLOWED' })
    await rig.hang()
    try {
      await expect(check('zhengfuban-admin')).rejects.toMatchObject({
        code: expect.stringMatching(/^SYSTEM_(TIMEOUT|UNREACHABLE)$/) as string,
      })
    } finally {
      await rig.start()
    }
    expect(await check('zhengfuban-admin')).toMatchObject({ roles: ['read', 'operate', 'configure'] })
  })
})

describe('what is told', () => {
  let rig: Awaited<ReturnType<typeof sandboxRig>>
  let folder: string
  beforeAll(async () => {
    rig = await sandboxRig()
  })
  afterAll(() => rig.close())
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'yizhan-directory-house-'))
  })
  const houses: DirectoryHouse[] = []
  const opened = async (settings: object): Promise<DirectoryHouse> => {
    const house = await DirectoryHouse.open(folder, settings)
    houses.push(house)
    return house
  }
  afterEach(async () => {
    for (const house of houses.splice(0)) await house.close()
    rmSync(folder, { recursive: true, force: true })
    await rig.restore()
    await rig.rename('caizhengju', '市财政局')
    await rig.rename('kejiju', '市科技局')
  })

  it('comes through refusal, garbage, silence and absence, and nothing twice', async () => {
    const house = await opened(settingsFor(rig))
    await house.adapter.start()
    await until(async () => (await house.told())[0], { what: 'the first reading' })
    house.refuses = new YizhanError('OVERLOADED', {})
    await rig.rename('caizhengju', '市财政局甲')
    await until(() => house.events.some(({ code, error }) => code === 'poll.failed' && error === 'OVERLOADED'), {
      what: 'the refusal',
    })
    await until(() => house.city.directory.find('市财政局甲')?.id === 'caizhengju', { what: 'the name, told or not' })
    await rig.rename('caizhengju', '市财政局乙')
    await until(() => house.city.directory.find('市财政局乙')?.id === 'caizhengju', { what: 'the second name' })
    house.refuses = undefined
    const told = await until(async () => (await house.told())[0], { what: 'both changes together' })
    expect(told.changes).toMatchObject([{ kind: 'renamed', name: '市财政局乙', before: '市财政局' }])
    for (const mode of ['garbage', 'hang', 'off'] as const) {
      const failures = house.events.filter(({ code }) => code === 'poll.failed').length
      await rig.sandbox.switch(mode)
      await until(() => house.events.filter(({ code }) => code === 'poll.failed').length > failures, { what: mode })
      expect(house.adapter.people?.of(['caizhengju'], 'head')).toHaveLength(1)
      await rig.sandbox.rename('caizhengju', `市财政局${mode}`)
      await rig.sandbox.switch('on')
      expect(
        (await until(async () => (await house.told())[0], { what: `the change during ${mode}` })).changes,
      ).toMatchObject([{ name: `市财政局${mode}` }])
    }
    expect(await house.told()).toEqual([])
  })

  it.each(DIRECTORY_FAILPOINTS)('is neither lost nor doubled when the process is killed at %s', async (failpoint) => {
    const settings = settingsFor(rig)
    const armed = join(folder, 'failpoint')
    const follow = () =>
      spawn(
        process.execPath,
        [join(import.meta.dirname, 'lib/directory-follower.ts'), folder, JSON.stringify(settings)],
        { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, YIZHAN_FAILPOINT_FILE: armed } },
      )
    const before = await opened(settings)
    await before.adapter.start()
    await until(async () => (await before.told())[0], { what: 'the first reading' })
    await before.close()

    writeFileSync(armed, failpoint)
    const name = `市科技局 ${failpoint}`
    await rig.rename('kejiju', name)
    const killed = follow()
    const [, signal] = (await once(killed, 'exit')) as [number | null, string | null]
    expect([signal, existsSync(armed)]).toEqual(['SIGKILL', false])
    // Of what was saved, the restart alone tells, without a server.
    await rig.stop()
    const after = await opened(settings)
    await after.adapter.start()
    const told = []
    if (failpoint === 'directory.saved')
      told.push(await until(async () => (await after.told())[0], { what: 'what was saved' }))
    await rig.start()
    if (failpoint === 'directory.syncing')
      told.push(await until(async () => (await after.told())[0], { what: 'what was read again' }))
    expect(told.flatMap(({ changes }) => changes)).toMatchObject([
      { of: 'unit', kind: 'renamed', unit: 'kejiju', name },
    ])
    await rig.rename('kejiju', '市科技局')
    expect((await until(async () => (await after.told())[0], { what: 'the next change' })).changes).toMatchObject([
      { name: '市科技局', before: name },
    ])
    expect(after.city.directory.find(name)?.id).toBe('kejiju')
  })
})
