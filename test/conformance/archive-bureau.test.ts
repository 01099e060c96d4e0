import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Batch } from '../../adapters/archive/batch.ts'
import { ReceiptPoll, type FoundReceipt } from '../../adapters/archive/receipts.ts'
import type { RemoteFiles } from '../../adapters/kit/remote/port.ts'
import { withSftp } from '../../adapters/kit/sftp/open.ts'
import { uploadBatch } from '../../adapters/archive/upload.ts'
import { systemClock } from '../../core/util/clock.ts'
import { Bureau } from '../../sandbox/archive/bureau.ts'
import { examine } from '../../sandbox/archive/examine.ts'
import { defaultProfile, sampleConfig } from '../unit/archive/lib/samples.ts'
import { bureauServer, makeBatch, treeOf, type BureauServer } from './lib/archive-kit.ts'

const never = new AbortController().signal
const { folders, receipts: poll } = sampleConfig()

let server: BureauServer
let polling: ReceiptPoll
let received: FoundReceipt[]
const on = <T>(work: (files: RemoteFiles) => Promise<T>): Promise<T> =>
  withSftp('archive', server.config, server.secrets, never, work)
const send = (batch: Batch): Promise<{ already: boolean }> =>
  on((files) => uploadBatch(files, batch, { folders, resume: true }))

/** Sends a batch, waits for the bureau, and fetches its receipts. */
async function deliver(batch: Batch): Promise<FoundReceipt['receipt']> {
  await send(batch)
  await server.bureau.settled()
  await on((files) => polling.round(files))
  return received.at(-1)!.receipt
}

beforeEach(async () => {
  server = await bureauServer()
  received = []
  polling = new ReceiptPoll(
    { folders, poll, names: (await defaultProfile()).settings.receipt, clock: systemClock },
    async (found) => void received.push(found),
  )
})
afterEach(() => server.close())

describe('the bureau in miniature and our half of the protocol', () => {
  it('takes a batch in, and its receipt comes back once', async () => {
    const batch = await makeBatch('day-1', 3)
    expect(await deliver(batch)).toMatchObject({ batch: 'day-1', result: 'accepted', by: '档案接收科', items: [] })
    await on((files) => polling.round(files))
    expect(received).toHaveLength(1)
    const items = server.bureau.shelves.items
    expect(
      items.map(({ sequence, archiveNumber, number, title }) => ({ sequence, archiveNumber, number, title })),
    ).toEqual(
      batch.items.map((item) => ({
        sequence: item.sequence,
        archiveNumber: item.archiveNumber,
        number: `周政办〔2026〕${item.sequence}号`,
        title: `关于做好第${item.sequence}项工作的通知`,
      })),
    )
    expect(items.flatMap(({ files }) => files.map(({ path, digest }) => [path, digest]))).toEqual(
      batch.files.filter(({ path }) => path.startsWith('电子档案/')).map(({ path, sha256 }) => [path, sha256]),
    )
    expect(await treeOf(join(server.folder, 'sftp'))).toEqual(['receipts/done/day-1.xml', 'taken/day-1.ok'])
    expect((await server.bureau.catalogue('day-1')).rows.map((row) => row['DH'])).toEqual(
      batch.items.map(({ archiveNumber }) => archiveNumber),
    )
  })

  it('refuses a batch for one document, and takes the corrected one under its own id', async () => {
    server.bureau.refuseNext(2, '版式文件无法打开')
    expect(await deliver(await makeBatch('day-2', 3))).toMatchObject({
      batch: 'day-2',
      result: 'refused',
      items: [{ sequence: 2, archiveNumber: '0094-WS·2026-D30-0002', reason: '版式文件无法打开' }],
    })
    expect(server.bureau.shelves.items).toHaveLength(0)
    expect(await deliver(await makeBatch('day-2-r1', 3))).toMatchObject({ batch: 'day-2-r1', result: 'accepted' })
    expect(server.bureau.shelves.items).toHaveLength(3)
  })

  it('keeps no document twice, in a batch that comes again or in another', async () => {
    const batch = await makeBatch('day-3', 2)
    await deliver(batch)
    // as if our marker had never been seen: a gateway that lost its memory
    await rm(join(server.home, 'taken', 'day-3.ok'))
    expect(await deliver(batch)).toMatchObject({ batch: 'day-3', result: 'accepted' })
    expect(server.bureau.shelves.repeated).toBe(1)
    expect(await deliver(await makeBatch('day-3b', 3))).toMatchObject({
      batch: 'day-3b',
      result: 'refused',
      items: [{ sequence: 1, reason: '该档号已入库' }, { sequence: 2 }],
    })
    expect(server.bureau.shelves.items).toHaveLength(2)
  })

  it('knows everything after a restart, its host key too, and finishes what lay there', async () => {
    await deliver(await makeBatch('day-4', 2))
    const before = server.bureau.host.fingerprint
    // a batch whose marker came while nobody was looking
    const batch = await makeBatch('day-5', 2, 1_000, 10)
    await server.bureau.close()
    for (const file of batch.files) await put(join(server.home, 'in', batch.id, file.path), await file.read())
    await put(join(server.home, 'in', `${batch.id}.ok`), batch.marker)
    const again = new Bureau({ folder: server.folder, username: 'yizhan', password: 'a secret' })
    await again.start()
    try {
      await again.settled()
      expect(again.host.fingerprint).toBe(before)
      expect(again.shelves.items.map(({ batch: id, sequence }) => [id, sequence])).toEqual([
        ['day-4', 1],
        ['day-4', 2],
        ['day-5', 3],
        ['day-5', 4],
      ])
      expect(again.shelves.verdicts.map(({ batch: id, result }) => [id, result])).toEqual([
        ['day-4', 'accepted'],
        ['day-5', 'accepted'],
      ])
    } finally {
      await again.close()
    }
  })
})

describe("the bureau's own checks", () => {
  async function received(change: (folder: string) => Promise<void>, marker?: Buffer): Promise<string[]> {
    const batch = await makeBatch('check', 2)
    const folder = join(server.folder, 'check')
    for (const file of batch.files) await put(join(folder, file.path), await file.read())
    await change(folder)
    return (await examine('check', folder, marker ?? batch.marker)).findings.map(({ reason }) => reason)
  }
  const document = '电子档案/2026/WS/0094-WS.2026-D30-0002/01.pdf'

  it('find nothing in a good batch, and what was tampered with in others', async () => {
    expect(await received(async () => undefined)).toEqual([])
    expect(await received((folder) => writeFile(join(folder, document), 'x'))).toEqual([
      `文件 ${document} 与校验清单不符`,
    ])
    expect(await received((folder) => rm(join(folder, document)))).toEqual([expect.stringContaining('ENOENT')])
    expect(await received((folder) => writeFile(join(folder, 'virus.exe'), 'x'))).toEqual(['清单之外的文件：virus.exe'])
    await rm(join(server.folder, 'check', 'virus.exe'))
    expect(
      await received(async (folder) =>
        writeFile(join(folder, 'manifest.sha256'), (await readFile(join(folder, 'manifest.sha256'))).subarray(0, -90)),
      ),
    ).toEqual(['校验清单与标志文件不符'])
    expect(await received(async () => undefined, Buffer.from('batch=other\n'))).toEqual(['标志文件中的批次号是 other'])
  })
})

async function put(path: string, bytes: Buffer): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, bytes)
}
