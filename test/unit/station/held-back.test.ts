import { copyFile, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { until } from '../../lib/wait.ts'
import { runYizhan } from '../../lib/yizhan.ts'
import { runStation, smallStation, type SmallStation } from './lib/small-station.ts'

let small: SmallStation
beforeEach(async () => {
  small = await smallStation()
})
afterEach(() => rm(small.folder, { recursive: true }))

/** Starts and stops it: links of the chain. */
async function once(...more: string[]): Promise<void> {
  const station = await runStation([...small.arguments, ...more])
  expect(station.said.ready).toBe(true)
  expect(await station.stop()).toBe(0)
}

it(
  'a station whose ledger has lost its tail stays, is not ready, takes nothing, and goes on on a person’s word',
  { timeout: 120_000 },
  async () => {
    const wrong = join(small.folder, 'wrong.json')
    await writeFile(wrong, '{"admin.token":"wrong"}', { mode: 0o600 })
    await once()
    await copyFile(join(small.data, 'ledger.db'), join(small.folder, 'backup.db'))
    await once()
    await copyFile(join(small.folder, 'backup.db'), join(small.data, 'ledger.db'))

    const held = await runStation(small.arguments)
    expect(held.said).toMatchObject({ ready: false, error: { code: 'LEDGER_BEHIND' } })
    await until(() => held.complaints().includes('--accept-loss'), { what: 'the way out' })
    expect(held.complaints()).toContain('缺少末尾 2 环')
    const readyz = await fetch(`${held.said.http}/readyz`)
    expect([readyz.status, await readyz.json()]).toEqual([503, { ready: false }])
    const health = (authorization: string) => fetch(`${held.said.http}/admin/health`, { headers: { authorization } })
    expect(await (await health('Bearer wrong')).json()).toMatchObject({ error: { code: 'UNAUTHENTICATED' } })
    expect(await (await health('Bearer t')).json()).toMatchObject({
      error: {
        code: 'LEDGER_BEHIND',
        value: '2',
        remedy: { zh: expect.stringContaining('--accept-loss') as string },
      },
    })
    expect(await runYizhan(['--data', small.data, 'backlog'])).toMatchObject({
      code: 2,
      err: expect.stringMatching(/^LEDGER_BEHIND 台账缺少末尾 2 环.*\n→ .*--accept-loss/) as string,
    })
    expect(await runYizhan(['--data', small.data, '--secrets', wrong, '--json', 'health'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('ADMIN_TOKEN_REFUSED') as string,
    })
    expect((await fetch(`${held.said.http}/healthz`)).status).toBe(200)
    const refused = await fetch(`${held.said.http}/oa/yizhan`, { method: 'POST', body: '<x/>' })
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '60'])
    expect(await held.stop()).toBe(0)
    const logs = (await readdir(join(small.data, 'logs'))).filter((name) => name.endsWith('.log'))
    expect(await readFile(join(small.data, 'logs', logs[0] ?? ''), 'utf8')).toContain('"code":"ledger.behind"')

    const accepted = await runStation([...small.arguments, '--accept-loss'])
    expect(accepted.said.ready).toBe(true)
    const verified = await runYizhan(['--data', small.data, '--json', 'audit'])
    // started, stopped, the loss; and started, when that is written
    expect((JSON.parse(verified.out) as { links: number }).links).toBeGreaterThanOrEqual(3)
    expect(await accepted.stop()).toBe(0)
    expect(await runYizhan(['--data', small.data, 'audit'])).toMatchObject({
      code: 2,
      err: expect.stringMatching(/^STATION_UNREACHABLE .*station\.json/) as string,
    })
    await once()
  },
)
