import { execFile } from 'node:child_process'
import { appendFile, cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { projectHome } from '../../../core/config/home.ts'
import { startStation } from '../../../station/station.ts'
import { blocksOf } from '../../lib/files/markdown.ts'
import { until } from '../../lib/wait.ts'

/**
 * docs/new-unit.md and docs/secrets.md, followed word for word on the sandbox's configuration while the station runs.
 */

const run = promisify(execFile)
const page = (name: string): Promise<string> => readFile(join(projectHome(), 'docs', name), 'utf8')

/** Most of the sandbox's accounts and systems lack their secrets here: that holds nobody else up. */
const SECRETS: Record<string, string> = {
  'admin.token': 't',
  'editor.admin': 'p',
  'editor.credentials': 'c',
  'files.hmac': 'h',
  'account.zhengfuban': 'office',
}

it('connects a unit, then its own inbox, then changes its password, without a restart and without a gap', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'yizhan-unit-'))
  const [config, data, file] = [join(folder, 'config'), join(folder, 'data'), join(folder, 'secrets.json')]
  await cp(join(projectHome(), 'config', 'sandbox'), config, { recursive: true })
  const secrets = { ...SECRETS }
  const save = (): Promise<void> => writeFile(file, JSON.stringify(secrets), { mode: 0o600 })
  await save()
  const station = await startStation({
    config,
    data,
    flows: undefined,
    secrets: file,
    overrides: { station: { http: { port: 0 }, editor: { enabled: false }, log: { console: false } } },
    acceptLoss: false,
  })
  const logged = async (code: string, detail: string): Promise<boolean> => {
    const [name = ''] = (await readdir(join(data, 'logs'))).filter((log) => log.endsWith('.log'))
    const lines = (await readFile(join(data, 'logs', name), 'utf8')).split('\n')
    return lines.some((line) => line.includes(`"code":"${code}"`) && line.includes(detail))
  }
  const health = async (): Promise<unknown> =>
    (await fetch(`${station.http}/admin/health`, { headers: { authorization: 'Bearer t' } })).json()
  const guide = blocksOf(await page('new-unit.md'))
  const [tsv = '', account = '', password = '', curl = '', system = '', theirs = ''] = guide.map(({ text }) => text)
  const row = tsv.split('\n')[1] ?? ''
  const answer = async (as = 'qxj:口令'): Promise<string> => {
    const line = curl.replace('http://127.0.0.1:8630', station.http).replace('qxj:口令', as)
    return (await run('sh', ['-c', `${line} -w ' %{http_code}'`])).stdout
  }
  try {
    expect(guide.map(({ language }) => language)).toEqual(['', 'yaml', 'json', 'sh', 'yaml', 'json'])
    await until(() => logged('secrets.missing', '账号 account fagaiwei'), { what: 'what is missing at the start' })
    expect(await answer('zhengfuban:office')).toMatch(/ListItemsResponse.* 200$/s)

    await appendFile(join(config, 'units.tsv'), `${row}\n`)
    await appendFile(join(config, 'accounts.yaml'), `  ${account}\n`)
    await until(() => logged('secrets.missing', 'account.qxj（账号 account qxj）'), { what: 'the account to be off' })
    // To a stranger it is a wrong password; the office goes on.
    const refused = await answer()
    expect(refused).toMatch(/UNAUTHENTICATED.* 401$/s)
    expect(refused.replaceAll('qxj', 'x')).toBe((await answer('nobody:口令')).replaceAll('nobody', 'x'))
    expect(await answer('zhengfuban:office')).toMatch(/ 200$/)
    expect(await health()).toMatchObject({
      ready: true,
      secretsMissing: expect.arrayContaining(['account.qxj']) as string[],
    })

    Object.assign(secrets, JSON.parse(password))
    await save()
    await until(() => logged('secrets.found', 'account.qxj'), { what: 'the account to be on' })
    const empty = await answer()
    expect(empty).toMatch(/ListItemsResponse.* 200$/s)
    expect(empty).not.toMatch(/<(\w+:)?item[ >]/)

    const edit = async (name: string, change: (text: string) => string): Promise<void> =>
      writeFile(join(config, name), change(await readFile(join(config, name), 'utf8')))
    await edit('systems.yaml', (text) => `${text}\n${system.replace(/^/gm, '  ')}\n`)
    await edit('units.tsv', (text) => text.replace(row, row.replace('oa-yizhan', 'oa-qxj')))
    await edit('accounts.yaml', (text) => text.replace(account, account.replace('oa-yizhan', 'oa-qxj')))
    await until(() => logged('secrets.missing', 'oa-qxj.password（系统 system oa-qxj）'), { what: 'the system' })
    expect(await answer()).toMatch(/ 200$/)
    Object.assign(secrets, JSON.parse(theirs))
    await save()
    await until(() => logged('secrets.found', 'oa-qxj.password'), { what: 'the system to be on' })

    const change = blocksOf(await page('secrets.md')).findLast(({ language }) => language === 'json')?.text ?? '{}'
    const tomorrow = new Date(Date.now() + 24 * 3600_000).toISOString()
    Object.assign(secrets, JSON.parse(change.replace('2026-12-31', tomorrow)))
    await save()
    await until(() => logged('secrets.reloaded', 'account.qxj.old'), { what: 'the new password' })
    expect(await answer('qxj:新口令')).toMatch(/ 200$/)
    expect(await answer('qxj:口令')).toMatch(/ 200$/)
    expect(await answer('qxj:口令口令')).toMatch(/ 401$/)
    await until(() => logged('secrets.old-used', '127.0.0.1'), { what: 'who uses the old one' })
    const { stdout } = await run(process.execPath, [
      join(projectHome(), 'station', 'cli.ts'),
      ...['--station', station.http, '--secrets', file, 'secrets'],
    ])
    expect(stdout).toMatch(/旧口令 old {2}account\.qxj，至 until .*最后使用 last used .*127\.0\.0\.1/)
    expect(stdout).toContain('缺少 missing  account.fagaiwei')
    expect(stdout).not.toContain('口令口令')

    secrets['account.qxj.old.until'] = '2026-01-01'
    await save()
    await until(() => logged('secrets.old-ended', 'account.qxj.old'), { what: 'its end' })
    expect(await answer('qxj:口令')).toMatch(/ 401$/)
    expect(await answer('qxj:新口令')).toMatch(/ 200$/)
  } finally {
    await station.close()
    await rm(folder, { recursive: true })
  }
})
