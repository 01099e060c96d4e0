import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ConfigError } from '../../../core/config/problems.ts'
import { openSecrets, variableOf } from '../../../core/config/secrets.ts'
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
    expect(refusal(() => openSecrets({ env: {} }).get('oa-epoint.password'))).toMatch(
      /^CONFIG_INVALID .*oa-epoint\.password.*YIZHAN_SECRET_OA_EPOINT_PASSWORD/,
    )
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
