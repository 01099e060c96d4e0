import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Batch } from '../../adapters/archive/batch.ts'
import type { RemoteFiles } from '../../adapters/kit/remote/port.ts'
import { withSftp } from '../../adapters/kit/sftp/open.ts'
import { probeBatch, uploadBatch, type UploadStep } from '../../adapters/archive/upload.ts'
import { asYizhanError } from '../../core/errors/error.ts'
import { cutProxy, type CutProxy } from '../lib/cut-proxy.ts'
import { until } from '../lib/wait.ts'
import {
  bureauServer,
  makeBatch,
  opensshServer,
  sha256sumAgrees,
  treeOf,
  type ArchiveServer,
  type BureauServer,
} from './lib/archive-kit.ts'

const never = new AbortController().signal
const folders = { drop: 'in', taken: ['taken'] }
const options = { folders, resume: true }

describe('uploading to OpenSSH', () => {
  let server: ArchiveServer
  let proxy: CutProxy
  /** Another try sends batches of its own: those of the first are there. */
  let tries = 0
  const direct = <T>(work: (files: RemoteFiles) => Promise<T>): Promise<T> =>
    withSftp('archive', server.config, server.secrets, never, work)
  const cut = <T>(work: (files: RemoteFiles) => Promise<T>): Promise<T> =>
    withSftp('archive', { ...server.config, port: proxy.port }, server.secrets, never, work)

  /** What stands in the drop folder: this batch whole with its marker, once, and nothing else of it. */
  async function expectOnce(batch: Batch): Promise<void> {
    const entries = (await readdir(join(server.home, 'in'))).filter((name) => name.startsWith(batch.id)).sort()
    expect(entries).toEqual([batch.id, `${batch.id}.ok`])
    const folder = join(server.home, 'in', batch.id)
    expect(await treeOf(folder)).toEqual(batch.files.map(({ path }) => path).sort())
    expect(await sha256sumAgrees(folder)).toBe(true)
    expect((await readFile(`${folder}.ok`)).equals(batch.marker)).toBe(true)
  }

  beforeAll(async () => {
    server = await opensshServer()
    proxy = await cutProxy(server.config.port)
  })
  afterAll(async () => {
    await proxy.close()
    await server.close()
  })

  it('brings a batch whole, and only once', async () => {
    const batch = await makeBatch('whole', 20, 40_000)
    expect(await direct((files) => probeBatch(files, batch, folders))).toBe(false)
    expect(await direct((files) => uploadBatch(files, batch, options))).toEqual({ already: false })
    await expectOnce(batch)
    expect(await direct((files) => probeBatch(files, batch, folders))).toBe(true)
    expect(await direct((files) => uploadBatch(files, batch, options))).toEqual({ already: true })
    await expectOnce(batch)
  })

  it('arrives whole after the connection was cut, wherever it was', async () => {
    const measured = await makeBatch(`measure-${tries}`, 3, 100_000)
    proxy.cutAfter(Number.POSITIVE_INFINITY)
    await cut((files) => uploadBatch(files, measured, options))
    const total = proxy.sent
    let failed = 0
    const CUTS = 14
    tries++
    for (let n = 1; n <= CUTS; n++) {
      const batch = await makeBatch(`cut-${tries}-${n}`, 3, 100_000)
      // the last ones lie close together: there are the renames and the marker
      proxy.cutAfter(n <= CUTS / 2 ? Math.floor((total * n) / (CUTS / 2 + 1)) : total - (CUTS - n) * 120)
      const error = await cut((files) => uploadBatch(files, batch, options)).then(() => undefined, asYizhanError)
      const names = await readdir(join(server.home, 'in'))
      // whoever goes by the marker sees the whole or nothing
      if (names.includes(`${batch.id}.ok`)) await expectOnce(batch)
      if (error !== undefined) {
        failed++
        expect(error).toMatchObject({ code: 'SYSTEM_UNREACHABLE', retryable: true })
      }
      await direct((files) => uploadBatch(files, batch, options))
      await expectOnce(batch)
    }
    expect(failed).toBeGreaterThan(CUTS / 2)
  })

  it.each<UploadStep>(['connected', 'uploaded', 'renamed', 'marked'])(
    'is taken up again by another when the first one died at “%s”',
    async (last) => {
      const batch = await makeBatch(`died-${last}`, 4)
      await expect(
        direct((files) =>
          uploadBatch(files, batch, {
            ...options,
            step: (step) => {
              if (step === last) throw new Error(`died at ${step}`)
            },
          }),
        ),
      ).rejects.toThrow(`died at ${last}`)
      const isThere = await direct((files) => probeBatch(files, batch, folders))
      expect(isThere).toBe(last === 'marked')
      expect(await direct((files) => uploadBatch(files, batch, options))).toEqual({ already: isThere })
      await expectOnce(batch)
    },
  )

  it('goes on when the server was killed and is back', async () => {
    const batch = await makeBatch('killed', 6, 400_000)
    const error = await direct(async (files) => {
      const write = files.write.bind(files)
      let writes = 0
      files.write = async (path, bytes, from) => {
        const [written] = await Promise.allSettled([
          write(path, bytes, from),
          ++writes === 6 ? server.stop() : undefined,
        ])
        if (written.status === 'rejected') throw written.reason
      }
      return uploadBatch(files, batch, options).then(() => undefined, asYizhanError)
    })
    await server.start()
    expect(error).toMatchObject({ code: 'SYSTEM_UNREACHABLE' })
    await direct((files) => uploadBatch(files, batch, options))
    await expectOnce(batch)
  })
})

describe('uploading to the bureau in miniature', () => {
  let server: BureauServer
  /** a limit of its own for a server that will not answer; one that does may take its time */
  const send = (batch: Batch, limits: { readonly operationTimeoutMs?: number } = {}): Promise<{ already: boolean }> =>
    withSftp('archive', { ...server.config, ...limits }, server.secrets, never, (files) =>
      uploadBatch(files, batch, options),
    )
  beforeAll(async () => {
    server = await bureauServer()
  })
  afterAll(() => server.close())

  it('is whole on its shelves after it hung up at every write', async () => {
    const batch = await makeBatch('hung-up', 2, 50_000)
    let hangUps = 0
    for (let write = 1; ; write++) {
      server.bureau.host.hangUpAtWrite(write)
      const error = await send(batch).then(() => undefined, asYizhanError)
      if (error === undefined) break
      hangUps++
      expect(error).toMatchObject({ code: 'SYSTEM_UNREACHABLE', retryable: true })
      expect(server.bureau.shelves.items).toHaveLength(0)
    }
    server.bureau.host.hangUpAtWrite(Number.POSITIVE_INFINITY)
    expect(hangUps).toBeGreaterThan(3)
    await until(() => server.bureau.shelves.items.length === 2, { what: 'two items on the shelves' })
    await server.bureau.settled()
    expect(server.bureau.shelves.verdicts).toMatchObject([{ batch: 'hung-up', result: 'accepted', findings: [] }])
  })

  it('catches up after it hung, spoke nonsense and was off', async () => {
    const batch = await makeBatch('moody', 1)
    // other archive numbers than those on the shelves
    const { host } = server.bureau
    try {
      host.hang(true)
      await expect(send(batch, { operationTimeoutMs: 1_000 })).rejects.toMatchObject({
        code: 'SYSTEM_TIMEOUT',
        retryable: true,
      })
      host.hang(false)
      host.garbage(true)
      await expect(send(batch)).rejects.toMatchObject({ code: 'SYSTEM_UNREACHABLE', retryable: true })
      host.garbage(false)
      await host.switchOff()
      await expect(send(batch)).rejects.toMatchObject({ code: 'SYSTEM_UNREACHABLE', retryable: true })
    } finally {
      host.hang(false)
      host.garbage(false)
      await host.switchOn()
    }
    expect(await send(batch)).toEqual({ already: false })
    await until(() => server.bureau.shelves.verdictOn('moody'), { what: 'a verdict' })
  })
})
