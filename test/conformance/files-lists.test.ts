import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createFilesAdapter } from '../../adapters/files/index.ts'
import { systemSchema, unitSchema } from '../../core/config/schema.ts'
import { openSshClient } from '../lib/openssh.ts'
import { startSshd } from '../lib/servers/sshd.ts'
import { until } from '../lib/wait.ts'
import { listDialect, listOf, outcomesIn } from '../unit/files/lib/lists.ts'
import { FilesRig } from '../unit/files/lib/rig.ts'
import { smallCity, TestHouse } from '../unit/oa/lib/house.ts'

let profiles: string
beforeAll(async () => {
  profiles = await listDialect()
})
afterAll(() => rm(profiles, { recursive: true }))

const LIST = listOf(
  '1,关于防汛的通知,市国土局,,,甲.txt',
  '2,去哪里的通知,市没有这个局,,正文,',
  '3,关于抗旱的通知,市国土局,,正文,',
)
const ACCEPTED = ['关于防汛的通知', '关于抗旱的通知']
const titles = (bytes: Buffer): readonly (string | undefined)[] => outcomesIn(bytes).map((row) => row['标题'])

describe('a CSV list with a file beside it', () => {
  it('is given with OpenSSH’s sftp, and its outcomes are fetched with it', async () => {
    const client = await openSshClient()
    const rig = await FilesRig.open({
      keys: [client.publicKey],
      profiles,
      settings: { profile: 'list', ready: 'marker' },
    })
    try {
      const at = (name: string): string => join(client.folder, name)
      await Promise.all([
        writeFile(at('清单.csv'), LIST),
        writeFile(at('甲.txt'), '甲乙'),
        writeFile(at('清单.ok'), ''),
      ])
      const puts = ['甲.txt', '清单.csv', '清单.ok'].map((name) => `put ${at(name)} out`)
      expect((await client.sftp(rig.port, 'tax', puts)).code).toBe(0)
      await until(async () => (await client.sftp(rig.port, 'tax', ['ls -1 errors'])).out.includes('清单.csv'), {
        what: 'the outcomes',
      })
      await mkdir(at('got'))
      const gets = [`get receipts/清单.csv ${at('got/receipts.csv')}`, `get errors/清单.csv ${at('got/errors.csv')}`]
      expect((await client.sftp(rig.port, 'tax', [...gets, 'rm receipts/*', 'rm errors/*'])).code).toBe(0)
      expect(titles(await readFile(at('got/receipts.csv')))).toEqual(ACCEPTED)
      expect(titles(await readFile(at('got/errors.csv')))).toEqual(['去哪里的通知'])
      expect((await client.sftp(rig.port, 'tax', ['ls -1 out'])).out).not.toMatch(/清单|甲/)
      const messages = await rig.t.flow()
      expect(messages.map((one) => one.files.map(({ name, size }) => [name, size]))).toEqual([[['甲.txt', 6]], []])
    } finally {
      await rig.close()
      await client.close()
    }
  })

  it('is fetched from a unit’s own OpenSSH server, and answered there', async () => {
    const server = await startSshd()
    for (const folder of ['out', 'in', 'receipts', 'errors']) await mkdir(join(server.home, folder))
    const { port, username, fingerprint } = server
    const system = systemSchema.parse({
      id: 'legacy',
      name: '旧系统',
      adapter: 'files',
      pollMs: 50,
      settings: {
        server: { host: '127.0.0.1', port, username, login: 'key', hostKeys: [fingerprint] },
        profile: 'list',
        ready: 'marker',
      },
    })
    const base = smallCity()
    const unit = (id: string, name: string, of: string) =>
      unitSchema.parse({ id, name, aliases: [], groups: ['department'], codes: [], system: of })
    const city = {
      ...base,
      systems: [...base.systems, system],
      units: [...base.units, unit('tax', '市税务局', 'legacy'), unit('land', '市国土局', 'oa-yizhan')],
    }
    const t = await TestHouse.open(city, profiles)
    const secret = (name: string): string => (name === 'legacy.key' ? server.privateKey : t.house.secret(name))
    const adapter = createFilesAdapter({ ...t.house, secret })
    try {
      await adapter.configured?.()
      await adapter.start()
      const at = (path: string): string => join(server.home, path)
      await writeFile(at('out/甲.txt'), '甲乙')
      await writeFile(at('out/清单.csv'), LIST)
      await writeFile(at('out/清单.csv.ok'), '')
      await until(async () => (await readdir(at('out'))).length === 0, { what: 'the list is taken' })
      expect(titles(await readFile(at('receipts/清单.csv')))).toEqual(ACCEPTED)
      expect(titles(await readFile(at('errors/清单.csv')))).toEqual(['去哪里的通知'])
      expect(await t.flow()).toHaveLength(2)
    } finally {
      await adapter.close()
      await t.close()
      await server.close()
    }
  })
})
