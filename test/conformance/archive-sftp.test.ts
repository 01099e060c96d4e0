import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RemoteFiles } from '../../adapters/kit/remote/port.ts'
import { openSftp, withSftp } from '../../adapters/kit/sftp/open.ts'
import { asYizhanError, type YizhanError } from '../../core/errors/error.ts'
import { stallProxy } from '../lib/stall-proxy.ts'
import { bureauServer, opensshServer, type ArchiveServer, type BureauServer } from './lib/archive-kit.ts'

const never = new AbortController().signal
const failure = (work: Promise<unknown>): Promise<YizhanError> =>
  work.then(() => {
    throw new Error('did not fail')
  }, asYizhanError)

describe.each<[string, () => Promise<ArchiveServer>]>([
  ['OpenSSH', opensshServer],
  ['the sandbox (ssh2)', bureauServer],
])('our SFTP client with %s', (_name, start) => {
  let server: ArchiveServer
  const on = <T>(work: (files: RemoteFiles) => Promise<T>, change = {}): Promise<T> =>
    withSftp('archive', { ...server.config, ...change }, server.secrets, never, work)
  beforeAll(async () => {
    server = await start()
  })
  afterAll(() => server.close())

  it('writes and reads files of every size, with Chinese names', async () => {
    await on(async (files) => {
      await files.makeFolder('文件夹/甲/乙')
      await files.makeFolder('文件夹/甲/乙')
      for (const size of [0, 1, 30 * 1024, 30 * 1024 + 1, 3_000_000]) {
        const bytes = Buffer.alloc(size, `内容${size}`)
        const path = `文件夹/甲/乙/${size}.txt`
        await files.write(path, bytes, 0)
        expect((await readFile(join(server.home, path))).equals(bytes)).toBe(true)
        expect((await files.read(path, size)).equals(bytes)).toBe(true)
        expect(await files.stat(path)).toMatchObject({ name: `${size}.txt`, kind: 'file', size })
      }
      const whole = Buffer.alloc(3_000_000, '重写')
      await files.write('文件夹/甲/乙/3000000.txt', whole, 1_000_000)
      const now = await readFile(join(server.home, '文件夹/甲/乙/3000000.txt'))
      expect(now.subarray(1_000_000).equals(whole.subarray(1_000_000))).toBe(true)
      expect(now.subarray(0, 1_000_000).equals(Buffer.alloc(1_000_000, '内容3000000'))).toBe(true)
      await files.write('文件夹/甲/乙/3000000.txt', Buffer.from('kurz'), 0)
      expect((await files.stat('文件夹/甲/乙/3000000.txt'))?.size).toBe(4)
    })
  })

  it('lists, renames and removes; what is not there is undefined', async () => {
    await mkdir(join(server.home, 'many'))
    for (let n = 0; n < 130; n++) await writeFile(join(server.home, 'many', `${n}.xml`), 'x')
    await mkdir(join(server.home, 'many', 'sub'))
    await on(async (files) => {
      const found = await files.list('many')
      expect(found).toHaveLength(131)
      expect(found?.filter(({ kind }) => kind === 'folder').map(({ name }) => name)).toEqual(['sub'])
      expect(await files.list('nowhere')).toBeUndefined()
      expect(await files.stat('nowhere')).toBeUndefined()
      await files.rename('many/0.xml', 'many/sub/零.xml')
      expect((await files.list('many/sub'))?.map(({ name }) => name)).toEqual(['零.xml'])
      expect(await failure(files.rename('many/1.xml', 'many/2.xml'))).toMatchObject({
        code: 'SYSTEM_FAULT',
        retryable: true,
      })
      expect(await failure(files.rename('many/none', 'many/other'))).toMatchObject({ code: 'SYSTEM_FAULT' })
      expect(await failure(files.removeFolder('many/sub'))).toMatchObject({ code: 'SYSTEM_FAULT' })
      await files.removeFile('many/sub/零.xml')
      await files.removeFolder('many/sub')
      expect(await files.stat('many/sub')).toBeUndefined()
      expect(await failure(files.read('many/2.xml', 0))).toMatchObject({ code: 'SYSTEM_FAULT' })
      expect(await failure(files.write('many/not-there', Buffer.from('xyz'), 1))).toMatchObject({
        code: 'SYSTEM_FAULT',
      })
    })
  })

  it('does not log in where the host key is another', async () => {
    const error = await failure(on(async () => undefined, { hostKeys: [`SHA256:${'A'.repeat(43)}`] }))
    expect(error).toMatchObject({ code: 'SFTP_HOST_KEY', retryable: true, inDoubt: false })
    expect(error.facts.value).toBe(server.config.hostKeys[0])
  })

  it('says that a login was refused', async () => {
    const error = await failure(
      withSftp('archive', { ...server.config, login: 'password' }, { password: 'wrong' }, never, async () => undefined),
    )
    expect(error).toMatchObject({
      code: 'SYSTEM_FAULT',
      retryable: true,
      message: expect.stringContaining('login refused') as unknown,
    })
    const missing = await failure(withSftp('archive', server.config, {}, never, async () => undefined))
    expect(missing).toMatchObject({ code: 'CONFIG_INVALID' })
    const broken = await failure(
      withSftp('archive', { ...server.config, login: 'key' }, { privateKey: 'no key' }, never, async () => undefined),
    )
    expect(broken).toMatchObject({ code: 'CONFIG_INVALID', facts: { field: 'secret archive.key' } })
    expect(broken.message).not.toContain('no key')
  })

  it('waits no longer than its limits for a server that falls silent', async () => {
    const proxy = await stallProxy(server.config.port)
    try {
      const files = await openSftp(
        'archive',
        { ...server.config, port: proxy.port, operationTimeoutMs: 1_500 },
        server.secrets,
        never,
      )
      await files.makeFolder('silent')
      proxy.stall()
      const started = performance.now()
      const pending = [
        files.stat('silent'),
        files.list('silent'),
        files.write('silent/x', Buffer.alloc(1_000_000), 0),
      ].map(failure)
      for (const error of await Promise.all(pending))
        expect(error).toMatchObject({ code: 'SYSTEM_TIMEOUT', retryable: true })
      expect(performance.now() - started).toBeLessThan(10_000)
      expect(await failure(files.stat('silent'))).toMatchObject({ code: 'SYSTEM_TIMEOUT' })
      await files.close()
      const greeting = await failure(
        openSftp('archive', { ...server.config, port: proxy.port, connectTimeoutMs: 300 }, server.secrets, never),
      )
      expect(greeting.retryable).toBe(true)
      expect(['SYSTEM_TIMEOUT', 'SYSTEM_UNREACHABLE']).toContain(greeting.code)
    } finally {
      await proxy.close()
    }
  })

  it('stops at once when it is told to, with the reason that it is given', async () => {
    const proxy = await stallProxy(server.config.port)
    try {
      const reason = new Error('the station stops')
      const before = new AbortController()
      before.abort(reason)
      await expect(openSftp('archive', server.config, server.secrets, before.signal)).rejects.toBe(reason)
      const during = new AbortController()
      const files = await openSftp('archive', { ...server.config, port: proxy.port }, server.secrets, during.signal)
      proxy.stall()
      const pending = files.stat('x')
      during.abort(reason)
      await expect(pending).rejects.toBe(reason)
      const connecting = new AbortController()
      const opening = openSftp('archive', { ...server.config, port: proxy.port }, server.secrets, connecting.signal)
      connecting.abort(reason)
      await expect(opening).rejects.toBe(reason)
    } finally {
      await proxy.close()
    }
  })

  it('tells a server that is gone from one that refuses, and works with it when it is back', async () => {
    const files = await openSftp('archive', server.config, server.secrets, never)
    await server.stop()
    try {
      expect(await failure(files.stat('x'))).toMatchObject({ code: 'SYSTEM_UNREACHABLE', retryable: true })
      expect(await failure(on(async () => undefined))).toMatchObject({ code: 'SYSTEM_UNREACHABLE', retryable: true })
    } finally {
      await server.start()
    }
    expect(await on((again) => again.stat('many'))).toMatchObject({ kind: 'folder' })
  })
})

describe('our SFTP client with a server that has gone mad', () => {
  let server: BureauServer
  beforeAll(async () => {
    server = await bureauServer()
  })
  afterAll(() => server.close())

  it('takes garbage for no connection', async () => {
    const files = await openSftp('archive', server.config, server.secrets, never)
    server.bureau.host.garbage(true)
    try {
      expect(await failure(files.stat('in'))).toMatchObject({ code: 'SYSTEM_UNREACHABLE' })
      expect(await failure(openSftp('archive', server.config, server.secrets, never))).toMatchObject({
        code: 'SYSTEM_UNREACHABLE',
        retryable: true,
      })
    } finally {
      server.bureau.host.garbage(false)
    }
    expect(await withSftp('archive', server.config, server.secrets, never, (again) => again.stat('in'))).toMatchObject({
      kind: 'folder',
    })
  })

  it('is not kept by requests that are swallowed', async () => {
    const files = await openSftp('archive', { ...server.config, operationTimeoutMs: 1_000 }, server.secrets, never)
    server.bureau.host.hang(true)
    try {
      expect(await failure(files.list('in'))).toMatchObject({ code: 'SYSTEM_TIMEOUT' })
    } finally {
      server.bureau.host.hang(false)
    }
  })
})
