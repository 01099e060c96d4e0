import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createFilesAdapter } from '../../adapters/files/index.ts'
import { reachPlace } from '../../adapters/files/polled/reach.ts'
import type { Adapter } from '../../core/adapter/port.ts'
import { systemSchema, unitSchema, type SystemConfig } from '../../core/config/schema.ts'
import { encodeText } from '../../core/mapping/encoding/text.ts'
import { startProftpd } from '../lib/servers/proftpd.ts'
import { startSshd } from '../lib/servers/sshd.ts'
import type { SshServer } from '../lib/servers/ssh-server.ts'
import { stallProxy, type StallProxy } from '../lib/stall-proxy.ts'
import { until } from '../lib/wait.ts'
import { smallCity, TestHouse } from '../unit/oa/lib/house.ts'
import { submission } from '../unit/files/lib/rig.ts'

const never = new AbortController().signal

/** Where their folders are on this machine, and how the station gets there. */
interface TheirPlace {
  readonly home: string
  readonly settings: (port?: number) => object
  readonly server?: SshServer
  close(): Promise<void>
}

async function serverPlace(start: () => Promise<SshServer>): Promise<TheirPlace> {
  const server = await start()
  const { home, username, fingerprint } = server
  const settings = (port = server.port): object => ({
    server: { host: '127.0.0.1', port, username, login: 'key', hostKeys: [fingerprint], operationTimeoutMs: 1_500 },
  })
  return { home, settings, server, close: () => server.close() }
}

async function folderPlace(): Promise<TheirPlace> {
  const home = await mkdtemp(join(tmpdir(), 'yizhan-share-'))
  return { home, settings: () => ({ folder: { path: home } }), close: () => rm(home, { recursive: true }) }
}

describe.each<[string, 'utf-8' | 'gbk', () => Promise<TheirPlace>]>([
  ['OpenSSH, names in GBK', 'gbk', () => serverPlace(startSshd)],
  ['ProFTPD without posix-rename and fsync', 'utf-8', () => serverPlace(startProftpd)],
  ['a shared folder, names in GBK', 'gbk', folderPlace],
])('a system that knows only files, at %s', (_name, names, open) => {
  let place: TheirPlace
  let proxy: StallProxy | undefined
  let t: TestHouse
  let adapter: Adapter
  let system: SystemConfig
  const written = (text: string): Buffer => (names === 'gbk' ? encodeText(text, 'gb18030') : Buffer.from(text))
  const at = (path: string): Buffer => Buffer.concat([Buffer.from(`${place.home}/`), written(path)])
  const listed = async (folder: string): Promise<string[]> =>
    (await readdir(join(place.home, folder), { encoding: 'buffer' })).map((name) =>
      new TextDecoder(names === 'gbk' ? 'gb18030' : 'utf-8', { fatal: true }).decode(name),
    )

  beforeAll(async () => {
    place = await open()
    for (const folder of ['out', 'in', 'receipts', 'errors']) await mkdir(join(place.home, folder))
    proxy = place.server && (await stallProxy(place.server.port))
    system = systemSchema.parse({
      id: 'legacy',
      name: '旧系统',
      adapter: 'files',
      pollMs: 50,
      settings: { ...place.settings(proxy?.port), names, ready: 'rename' },
      pace: { maxBackoffMs: 200 },
    })
    const base = smallCity()
    const unit = (id: string, name: string, of: string) =>
      unitSchema.parse({ id, name, aliases: [], groups: ['department'], codes: [], system: of })
    t = await TestHouse.open({
      ...base,
      systems: [...base.systems, system],
      units: [...base.units, unit('tax', '市税务局', 'legacy'), unit('land', '市国土局', 'oa-yizhan')],
    })
    const { house } = t
    const secret = (name: string): string =>
      name === 'legacy.key' ? (place.server?.privateKey ?? '') : house.secret(name)
    adapter = createFilesAdapter({ ...house, secret })
    await adapter.configured?.()
    await adapter.start()
  })
  afterAll(async () => {
    await adapter.close()
    await t.close()
    await proxy?.close()
    await place.close()
  })

  it('is fetched from and put to, with Chinese names', async () => {
    const attachment = '<file><name>附件.txt</name><content/></file>'
    await writeFile(at('out/附件.txt'), '甲'.repeat(200_000))
    await writeFile(at('out/公文.xml'), submission('公文', '市国土局', attachment))
    await until(async () => (await listed('receipts')).includes('公文.xml'), { what: 'the receipt' })
    await until(async () => (await listed('out')).length === 0, { what: 'what was taken to be gone' })
    const [message] = await t.flow()
    if (message?.kind !== 'document') throw new Error(message?.kind)
    expect(message.files).toMatchObject([{ name: '附件.txt', size: 600_000 }])
    const outbound = { id: `${message.id}/tax`, unit: 'tax', message, attempt: 1 }
    const sender = adapter.sender(system)
    await sender?.send(outbound, never)
    expect((await listed('in')).sort()).toEqual([`${message.id}.1.附件.txt`, `${message.id}.xml`])
    expect(await readFile(at(`in/${message.id}.1.附件.txt`), 'utf8')).toBe('甲'.repeat(200_000))
    expect(await sender?.probe?.(outbound, never)).toMatchObject({ taken: true })
    for (const name of await listed('in')) await rm(at(`in/${name}`))
    // Taken before anybody could ask.
    expect(await sender?.probe?.(outbound, never)).toMatchObject({ taken: true })
  })

  it('is told in its errors/ what was wrong, in the encoding of its names', async () => {
    await writeFile(at('out/错误.xml'), submission('错误', '无此单位'))
    await until(async () => (await listed('errors')).includes('错误.txt'), { what: 'the note' })
    const note = await readFile(at('errors/错误.txt'))
    expect(new TextDecoder(names === 'gbk' ? 'gb18030' : 'utf-8').decode(note)).toContain('办法：')
    await rm(at('out/错误.xml'))
  })

  it('is reached, its folders looked for', async () => {
    const secret = (): string => place.server?.privateKey ?? ''
    await reachPlace(system, secret)
    const other = { ...system, settings: { ...system.settings, folders: { in: 'nowhere' } } }
    await expect(reachPlace(other, secret)).rejects.toMatchObject({ code: 'SYSTEM_FAULT' })
  })

  it('is asked again when its server was frozen or gone, and nothing is lost', async () => {
    if (proxy === undefined || place.server === undefined) return
    proxy.stall()
    await writeFile(at('out/冻结.xml'), submission('冻结', '市国土局'))
    await until(() => t.events.some(({ code }) => code === 'poll.failed'), { what: 'a round that failed' })
    await place.server.kill()
    proxy.flow()
    await place.server.start()
    await until(async () => (await listed('receipts')).includes('冻结.xml'), { what: 'the receipt' })
    expect((await t.flow()).flatMap((one) => (one.kind === 'document' ? [one.document.title] : []))).toEqual(['冻结'])
  })
})
