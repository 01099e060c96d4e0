import { chmod, mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ConfigError } from '../../../core/config/problems.ts'
import { openSecrets, variableOf, type LiveSecrets } from '../../../core/config/secrets.ts'
import { endOf } from '../../../core/config/secrets-source.ts'
import { containing } from '../lib/match.ts'
import { configFolder } from './lib/folder.ts'

async function secretsFile(text: string, mode = 0o600): Promise<string> {
  const path = join(await configFolder(), 'secrets.yaml')
  await writeFile(path, text)
  await chmod(path, mode)
  return path
}

function refusal(act: () => unknown): string {
  try {
    act()
  } catch (error) {
    if (error instanceof ConfigError) return `${error.code} ${JSON.stringify(error.problems)}`
    throw error
  }
  return 'no error'
}

describe('secrets', () => {
  it('come from the environment before the file', async () => {
    const secrets = openSecrets({
      file: await secretsFile('account.a: aus der Datei\noa-b.password: b\n'),
      env: { YIZHAN_SECRET_ACCOUNT_A: 'aus der Umgebung' },
    })
    expect(secrets.get('account.a')).toBe('aus der Umgebung')
    expect(secrets.get('oa-b.password')).toBe('b')
    expect(secrets.has('account.c')).toBe(false)
  })

  it('find their file through the environment, in JSON too', async () => {
    expect(
      openSecrets({ env: { YIZHAN_SECRETS_FILE: await secretsFile('{"bus.password": "x"}') } }).get('bus.password'),
    ).toBe('x')
  })

  it('name the one that is missing, and where to give it', () => {
    const none = openSecrets({ env: { YIZHAN_SECRET_ACCOUNT_A: '' } })
    const missing = expect.objectContaining({
      code: 'SECRET_MISSING',
      facts: {
        field: 'oa-epoint.password',
        rule: expect.stringContaining('YIZHAN_SECRET_OA_EPOINT_PASSWORD') as string,
      },
    }) as Error
    expect(() => none.get('oa-epoint.password')).toThrow(missing)
    // An empty password would be one that everybody knows.
    expect(none.has('account.a')).toBe(false)
    expect(variableOf('account.市.x')).toBe('YIZHAN_SECRET_ACCOUNT_X')
  })

  it.each([0o644, 0o640, 0o660])('refuse a file of mode %o', async (mode) => {
    const file = await secretsFile('a: b\n', mode)
    expect(refusal(() => openSecrets({ file, env: {} }))).toContain('0600')
  })

  it('refuse a file inside the repository', () => {
    expect(refusal(() => openSecrets({ file: 'package.json', env: {} }))).toContain('outside the repository')
  })

  it.each([['- a\n'], ['a: 1\n'], ['a: ""\n'], ['a: {b: c}\n'], ['geheim: [\n']])(
    'refuse %j without quoting it',
    async (text) => {
      const file = await secretsFile(text)
      const told = refusal(() => openSecrets({ file, env: {} }))
      expect(told).toMatch(/^CONFIG_INVALID/)
      expect(told).not.toContain('geheim')
    },
  )

  it('refuse a file that is not there', () => {
    expect(refusal(() => openSecrets({ file: '/nonexistent/secrets.yaml', env: {} }))).toContain('cannot be read')
  })
})

describe('secrets that change', () => {
  /** Looked at until nothing is new: a change counts when it was left alone from one look to the next. */
  async function settled(secrets: LiveSecrets) {
    await secrets.look()
    return secrets.look()
  }
  async function opened(text = '{"account.a": "1"}') {
    const file = await secretsFile(text)
    const secrets = openSecrets({ file, env: { YIZHAN_SECRET_FIXED: 'f' }, required: ['must'] })
    await secrets.look()
    return { file, secrets }
  }

  it('are taken when their file is written, or another is renamed over it', async () => {
    const { file, secrets } = await opened()
    await writeFile(file, '\uFEFF{"account.a": "2", "account.b": "b", "fixed": "other"}\r\n')
    expect(await secrets.look()).toBeUndefined()
    expect(secrets.get('account.a')).toBe('1')
    expect(await secrets.look()).toEqual({ changed: ['account.a', 'account.b'] })
    expect(secrets.get('account.a')).toBe('2')
    const next = `${file}.next`
    await writeFile(next, '{"account.a": "3"}', { mode: 0o600 })
    await rename(next, file)
    expect(await settled(secrets)).toEqual({ changed: ['account.a', 'account.b'] })
    expect([secrets.get('account.a'), secrets.has('account.b'), secrets.get('fixed')]).toEqual(['3', false, 'f'])
  })

  it.each([
    ['empty', ''],
    ['half of it', '{"account.a": "2'],
    ['an empty secret', '{"account.a": ""}'],
    ['an old one without an end', '{"account.a": "2", "account.a.old": "1"}'],
  ])('stay as they are while the file is %s', async (_what, text) => {
    const { file, secrets } = await opened()
    await writeFile(file, text)
    expect(await settled(secrets)).toMatchObject({ refused: { code: 'CONFIG_INVALID' } })
    // Once is enough.
    expect(await settled(secrets)).toBeUndefined()
    expect(secrets.get('account.a')).toBe('1')
    await writeFile(file, '{"account.a": "2"}')
    expect(await settled(secrets)).toEqual({ changed: ['account.a'] })
  })

  it('stay while the file is gone, has the wrong mode, or lacks what nothing works without', async () => {
    const { file, secrets } = await opened('{"must": "m"}')
    await writeFile(file, '{"other": "m"}')
    expect(await settled(secrets)).toMatchObject({ refused: { problems: [{ field: 'secret must' }] } })
    await chmod(file, 0o644)
    expect(await settled(secrets)).toMatchObject({ refused: { problems: [{ rule: containing('0600') }] } })
    await rm(file)
    expect(await settled(secrets)).toMatchObject({ refused: { problems: [{ rule: containing('cannot be read') }] } })
    expect(secrets.get('must')).toBe('m')
  })

  it('are one file each in a folder that is swapped by a link, as Kubernetes does', async () => {
    const folder = await configFolder()
    const put = async (at: string, files: Readonly<Record<string, string>>): Promise<void> => {
      await mkdir(join(folder, at))
      for (const [name, text] of Object.entries(files)) await writeFile(join(folder, at, name), text, { mode: 0o440 })
      await symlink(at, join(folder, '..next'))
      await rename(join(folder, '..next'), join(folder, '..data'))
    }
    for (const name of await readdir(folder)) await rm(join(folder, name))
    await put('..1', { 'account.a': '1\n', 'archive.key': '\uFEFF-----BEGIN\nx\n-----END\r\n' })
    for (const name of ['account.a', 'archive.key']) await symlink(join('..data', name), join(folder, name))
    const secrets = openSecrets({ file: folder, env: {} })
    await secrets.look()
    expect(secrets.get('account.a')).toBe('1')
    expect(secrets.get('archive.key')).toBe('-----BEGIN\nx\n-----END')
    await put('..2', { 'account.a': '2\n', 'archive.key': '-----BEGIN\nx\n-----END\n' })
    expect(await settled(secrets)).toEqual({ changed: ['account.a'] })
    await put('..3', { 'account.a': '', 'archive.key': 'k' })
    expect(await settled(secrets)).toMatchObject({ refused: { problems: [{ field: 'secret account.a' }] } })
    expect(secrets.get('account.a')).toBe('2')
  })

  it('accept the one before until the end of its last day in Beijing', () => {
    const env = {
      YIZHAN_SECRET_ACCOUNT_A: 'new',
      YIZHAN_SECRET_ACCOUNT_A_OLD: 'old',
      YIZHAN_SECRET_ACCOUNT_A_OLD_UNTIL: '2026-12-31',
      YIZHAN_SECRET_ACCOUNT_B: 'new',
      YIZHAN_SECRET_ACCOUNT_B_OLD: 'old',
    }
    const secrets = openSecrets({ env })
    const at = (name: string, time: string) => secrets.accepted(name, Date.parse(time)).map(({ secret }) => secret)
    expect(at('account.a', '2026-12-31T23:59:59+08:00')).toEqual(['new', 'old'])
    expect(at('account.a', '2027-01-01T00:00:00+08:00')).toEqual(['new'])
    expect(at('account.b', '2026-12-31T00:00:00+08:00')).toEqual(['new'])
    expect(at('account.c', '2026-12-31T00:00:00+08:00')).toEqual([])
  })

  it.each([
    ['2026-12-31', '2026-12-31T15:59:59.999Z'],
    ['2026-12-31T12:00:00+08:00', '2026-12-31T04:00:00.000Z'],
    ['2026-12-31T12:00', undefined],
    ['2026-13-01', undefined],
    ['2026-02-30', undefined],
    ['31.12.2026', undefined],
  ])('end %s at %s', (until, end) => {
    const ends = endOf(until)
    expect(ends === undefined ? undefined : new Date(ends).toISOString()).toBe(end)
  })
})
