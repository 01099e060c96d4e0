import { describe, expect, it } from 'vitest'
import { buildBatch, type Batch } from '../../../adapters/archive/batch.ts'
import { probeBatch, uploadBatch, type UploadStep } from '../../../adapters/archive/upload.ts'
import { asYizhanError } from '../../../core/errors/error.ts'
import { MemoryServer } from './lib/memory-files.ts'
import { Bodies, defaultProfile, sampleConfig, sampleInput } from './lib/samples.ts'

const options = { folders: { drop: 'in', taken: ['taken'] }, resume: true }

async function batchOf(id: string, count: number, bytes = 2_000): Promise<Batch> {
  const bodies = new Bodies()
  return buildBatch(sampleInput(id, count, bodies, bytes), sampleConfig(), await defaultProfile(), bodies.read)
}

/**
 * What a bureau that goes by the marker finds: every file under the batch's folder with its right bytes, and nothing
 * else.
 */
async function expectComplete(server: MemoryServer, batch: Batch): Promise<void> {
  const expected = [...batch.files.map(({ path }) => `in/${batch.id}/${path}`), `in/${batch.id}.ok`].sort()
  expect(server.files()).toEqual(expected)
  for (const file of batch.files)
    expect(server.tree.get(`in/${batch.id}/${file.path}`)?.equals(await file.read())).toBe(true)
  expect(server.tree.get(`in/${batch.id}.ok`)?.equals(batch.marker)).toBe(true)
}

describe('uploading a batch', () => {
  it('brings everything, marker last, and does nothing the second time', async () => {
    const server = new MemoryServer()
    const batch = await batchOf('b-1', 4)
    const steps: UploadStep[] = []
    expect(
      await uploadBatch(server.connect(), batch, {
        ...options,
        step: (step) => {
          steps.push(step)
          expect(server.tree.has('in/b-1.ok')).toBe(step === 'marked')
        },
      }),
    ).toEqual({ already: false })
    expect(steps).toEqual(['connected', ...batch.files.map(() => 'uploading'), 'uploaded', 'renamed', 'marked'])
    await expectComplete(server, batch)
    const before = server.operations
    expect(await uploadBatch(server.connect(), batch, options)).toEqual({ already: true })
    expect(server.operations - before).toBe(2)
    await expectComplete(server, batch)
  })

  it.each([
    ['before', false],
    ['after', true],
  ])('survives a connection that is cut at every operation, %s it took effect', async (_when, carriedOut) => {
    const batch = await batchOf('b-2', 2)
    let cuts = 0
    let inDoubt = 0
    for (let cutAt = 1; ; cutAt++) {
      const server = new MemoryServer()
      const first = await uploadBatch(server.connect(cutAt, carriedOut), batch, options).then(
        () => undefined,
        asYizhanError,
      )
      if (first === undefined) break
      cuts++
      expect(first.retryable).toBe(true)
      // in doubt is exactly what may have put the marker there
      const marked = server.tree.has('in/b-2.ok')
      if (marked) expect(first.inDoubt).toBe(true)
      if (first.inDoubt) inDoubt++
      expect(await probeBatch(server.connect(), batch, options.folders)).toBe(marked)
      await uploadBatch(server.connect(), batch, options)
      await expectComplete(server, batch)
    }
    expect(cuts).toBeGreaterThan(30)
    expect(inDoubt).toBe(1)
  })

  it('gets there although every connection is cut after seven operations more than the last', async () => {
    const batch = await batchOf('b-3', 6)
    const server = new MemoryServer()
    let tries = 0
    for (let operations = 7; !(await probeBatch(server.connect(), batch, options.folders)); operations += 7) {
      tries++
      await uploadBatch(server.connect(operations), batch, options).catch((error: unknown) =>
        expect(asYizhanError(error).code).toBe('SYSTEM_UNREACHABLE'),
      )
    }
    expect(tries).toBeGreaterThan(3)
    await expectComplete(server, batch)
  })

  it('goes on within a cut file, and begins it anew where that is not wanted', async () => {
    const batch = await batchOf('b-4', 1, 2_000_000)
    const big = batch.files.find(({ size }) => size === 2_000_000)!
    const rest = async (resume: boolean): Promise<number> => {
      const server = new MemoryServer()
      const bytes = await big.read()
      for (const file of batch.files.filter((one) => one !== big))
        server.put(`in/b-4.tmp/${file.path}`, await file.read())
      server.put(`in/b-4.tmp/${big.path}.part`, bytes.subarray(0, 1_500_000))
      const files = server.connect()
      let from = -1
      const write = files.write.bind(files)
      files.write = (path, all, start) => {
        if (path.endsWith(`${big.path}.part`)) from = start
        return write(path, all, start)
      }
      await uploadBatch(files, batch, { ...options, resume })
      await expectComplete(server, batch)
      return from
    }
    expect(await rest(true)).toBe(1_500_000 - 512 * 1024)
    expect(await rest(false)).toBe(0)
  })

  it('takes nothing from what another batch of the same id had begun', async () => {
    const server = new MemoryServer()
    const old = await batchOf('b-5', 3)
    await expect(uploadBatch(server.connect(28), old, options)).rejects.toMatchObject({ code: 'SYSTEM_UNREACHABLE' })
    expect(server.files().length).toBeGreaterThan(3)
    const corrected = await batchOf('b-5', 2)
    await uploadBatch(server.connect(), corrected, options)
    await expectComplete(server, corrected)
  })

  it('knows a batch that the bureau has taken by its marker there', async () => {
    const server = new MemoryServer()
    const batch = await batchOf('b-6', 1)
    server.put('taken/b-6.ok', batch.marker)
    expect(await probeBatch(server.connect(), batch, options.folders)).toBe(true)
    expect(await uploadBatch(server.connect(), batch, options)).toEqual({ already: true })
    expect(server.files()).toEqual(['taken/b-6.ok'])
  })

  it('leaves alone what it did not make: another marker, another folder', async () => {
    const batch = await batchOf('b-7', 1)
    const marker = new MemoryServer()
    marker.put('in/b-7.ok', Buffer.alloc(batch.marker.length, 'x'))
    await expect(uploadBatch(marker.connect(), batch, options)).rejects.toMatchObject({
      code: 'ARCHIVE_CONFLICT',
      retryable: false,
      inDoubt: false,
    })
    const folder = new MemoryServer()
    folder.put('in/b-7/说明文件.TXT', 'of somebody else')
    await expect(uploadBatch(folder.connect(), batch, options)).rejects.toMatchObject({ code: 'ARCHIVE_CONFLICT' })
    expect(folder.files()).toEqual(['in/b-7/说明文件.TXT'])
  })

  it('says so when a body is not what the catalogue tells', async () => {
    const bodies = new Bodies()
    const batch = await buildBatch(sampleInput('b-8', 1, bodies), sampleConfig(), await defaultProfile(), async () =>
      Buffer.from('rotten'),
    )
    const server = new MemoryServer()
    await expect(uploadBatch(server.connect(), batch, options)).rejects.toMatchObject({
      code: 'ARCHIVE_FILE',
      retryable: false,
    })
    expect(server.tree.has('in/b-8.ok')).toBe(false)
    expect(server.tree.has('in/b-8')).toBe(false)
  })
})
