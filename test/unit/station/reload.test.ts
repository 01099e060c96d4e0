import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { startStation } from '../../../station/station.ts'
import { until } from '../../lib/wait.ts'

// A station starts and stops, and two changes are waited for: a loaded machine takes its time.
vi.setConfig({ testTimeout: 120_000 })

const OA = '  - { id: oa, name: 各单位 OA, adapter: oa, profile: yizhan, roles: [calls-us] }\n'
const LDAP =
  '  - { id: ldap, name: 目录, adapter: directory, settings: { url: "ldap://127.0.0.1:2", base: "dc=x,dc=cn" } }\n'
const SECRETS = {
  'admin.token': 't',
  'editor.admin': 'p',
  'editor.credentials': 'c',
  'files.hmac': 'h',
  'account.a': 'p',
}

it('a configuration that an adapter cannot follow leaves the old one in force; start, reload and stop are links of the audit chain', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'yizhan-reload-'))
  const [config, data] = [join(folder, 'config'), join(folder, 'data')]
  const write = (name: string, text: string): Promise<void> => writeFile(join(config, name), text)
  const logged = async (code: string): Promise<boolean> => {
    const [name = ''] = (await readdir(join(data, 'logs'))).filter((file) => file.endsWith('.log'))
    return (await readFile(join(data, 'logs', name), 'utf8')).includes(`"code":"${code}"`)
  }
  await mkdir(config)
  await mkdir(join(data, 'systems'), { recursive: true })
  await write('station.yaml', 'name: st\nhttp: { port: 0 }\neditor: { enabled: false }\nlog: { console: false }\n')
  await write('systems.yaml', `systems:\n${OA}`)
  await write('accounts.yaml', 'accounts:\n  - { id: a, system: oa, units: [u1] }\n')
  await write('groups.yaml', 'groups:\n  - { id: office, name: 市政府机构 }\nphrases: []\n')
  await write('units.tsv', 'id\tname\taliases\tgroups\tcodes\tsystem\nu1\t市政府办公室\t\toffice\tB-001\toa\n')
  await writeFile(join(folder, 'secrets.json'), JSON.stringify(SECRETS), { mode: 0o600 })
  // Where the directory's adapter would keep its snapshots lies a file.
  await writeFile(join(data, 'systems', 'ldap'), '')
  const station = await startStation({
    config,
    data,
    flows: join(folder, 'flows'),
    secrets: join(folder, 'secrets.json'),
    overrides: {},
    acceptLoss: false,
  })
  const revision = async (): Promise<unknown> =>
    (
      (await (await fetch(`${station.http}/admin/health`, { headers: { authorization: 'Bearer t' } })).json()) as {
        config: unknown
      }
    ).config
  const audit = async (): Promise<{ ok: boolean; links: number }> =>
    (await (
      await fetch(`${station.http}/admin/audit/verify`, { method: 'POST', headers: { authorization: 'Bearer t' } })
    ).json()) as { ok: boolean; links: number }
  try {
    const before = await revision()
    await until(async () => (await audit()).links === 1, { what: 'the start in the chain' })
    await write('systems.yaml', `systems:\n${OA}${LDAP}`)
    await until(() => logged('config.rejected'), { what: 'the rejection', timeoutMs: 40_000 })
    expect(await revision()).toBe(before)
    await write('systems.yaml', `systems:\n${OA.replace('各单位', '全市各单位')}`)
    await until(() => logged('config.reloaded'), { what: 'the reload', timeoutMs: 40_000 })
    expect(await revision()).not.toBe(before)
    await until(async () => (await audit()).links === 2, { what: 'the reload in the chain' })
  } finally {
    await station.close()
    await rm(folder, { recursive: true })
  }
})
