import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { stallProxy } from '../lib/stall-proxy.ts'
import { until } from '../lib/wait.ts'
import {
  awaited,
  closeHouse,
  codes,
  house,
  issue,
  open,
  others,
  receipt,
  send,
  server,
  start,
  stop,
  t,
  there,
} from './lib/archive-house.ts'
import { bureauServer, opensshServer, sha256sumAgrees, treeOf, type BureauServer } from './lib/archive-kit.ts'

/** Batches through the ledger, the delivery engine and the adapter to a bureau, and its receipts back. */

/** For a line that goes dead; the handshakes of two ends in one process take their time on a busy machine. */
const SLOW = { connectTimeoutMs: 2_000, operationTimeoutMs: 1_000 }

afterEach(closeHouse)

describe('the archive bureau of the house', () => {
  it('gets a batch with numbers by series, and its receipt closes the delivery', async () => {
    await open(await bureauServer())
    const ids = [...(await issue(2)), ...(await issue(1, '决定.pdf', '决定'))]
    const batch = await send('all', { date: '2026-11-22', documents: ids })
    const taken = await receipt()
    expect(taken).toMatchObject({
      trace: batch.trace,
      parent: batch.id,
      about: { id: batch.id },
      from: { name: '市档案馆' },
      archiveReceipt: {
        accepted: true,
        refused: [],
        documents: [...ids],
        batch: expect.stringMatching(/^20261122-[0-9a-f]{12}$/) as string,
      },
    })
    expect((server as BureauServer).bureau.shelves.items.map(({ archiveNumber }) => archiveNumber)).toEqual([
      '0094-WS·2026-D30-0001',
      '0094-WS·2026-D30-0002',
      '0094-WS·2026-Y-0001',
    ])
    await until(async () => (await awaited()).length === 0, { what: 'nothing awaited' })
    await until(async () => (await there('receipts/done')).join() === `${taken.archiveReceipt.batch}.xml`, {
      what: 'the receipt to be moved',
    })
    await until(() => codes().includes('delivery.delivered'), { what: 'the booking' })
    expect(codes().filter((code) => code === 'delivery.delivered')).toHaveLength(1)
  })

  it('is told what to correct; the corrected batch has another id, and every document its number', async () => {
    await open(await bureauServer())
    const { bureau } = server as BureauServer
    const ids = await issue(3)
    bureau.refuseNext(2, '题名有误')
    await send('all', { date: '2026-11-22', documents: ids })
    const refused = await receipt(true)
    expect(refused.archiveReceipt).toMatchObject({
      accepted: false,
      reason: '题名有误',
      refused: [{ sequence: 2, archiveNumber: '0094-WS·2026-D30-0002', document: ids[1], reason: '题名有误' }],
      documents: ids,
    })
    expect(bureau.shelves.items).toEqual([])
    await send('archive', {
      date: '2026-11-23',
      documents: refused.archiveReceipt.documents,
      corrections: { [ids[1]!]: { 'document.title': '更正后的题名', remark: '已更正' } },
    })
    const accepted = await receipt()
    expect(accepted.archiveReceipt).toMatchObject({ accepted: true, corrections: { [ids[1]!]: { remark: '已更正' } } })
    expect(accepted.archiveReceipt.batch).not.toBe(refused.archiveReceipt.batch)
    expect(bureau.shelves.items.map(({ archiveNumber }) => archiveNumber)).toEqual(
      [1, 2, 3].map((n) => `0094-WS·2026-D30-000${n}`),
    )
    expect(bureau.shelves.items[1]!.title).toBe('更正后的题名')
    expect((await bureau.catalogue(accepted.archiveReceipt.batch)).rows[1]).toMatchObject({
      TM: '更正后的题名',
      BZ: '已更正',
    })
    expect(await house.ledger.journal.message(ids[1]!)).not.toMatchObject({ document: { title: '更正后的题名' } })
  })

  it('counts on after a restart', async () => {
    await open(await bureauServer())
    await send('all', { date: '2026-11-22', documents: await issue(2) })
    await receipt()
    await stop()
    await start()
    await send('all', { date: '2026-11-22', documents: await issue(1) })
    await receipt()
    expect((server as BureauServer).bureau.shelves.items.map(({ archiveNumber }) => archiveNumber.slice(-4))).toEqual([
      '0001',
      '0002',
      '0003',
    ])
  })
})

describe('an SFTP server that fails', () => {
  it('stopped and back: the batch and its receipt arrive by themselves; it is said once', async () => {
    await open(await bureauServer())
    await server.stop()
    await until(() => codes().includes('poll.failed'), { what: 'the failed poll' })
    await send('all', { date: '2026-11-22', documents: await issue(2) })
    await until(() => codes().filter((code) => code === 'delivery.retry').length > 2, { what: 'some attempts' })
    await server.start()
    expect((await receipt()).archiveReceipt.accepted).toBe(true)
    await until(() => codes().includes('poll.recovered'), { what: 'the recovery' })
    expect(codes().filter((code) => code.startsWith('poll.'))).toEqual(['poll.failed', 'poll.recovered'])
    expect((server as BureauServer).bureau.shelves.repeated).toBe(0)
  })

  it('hanging and back: likewise', async () => {
    const bureau = await bureauServer()
    const proxy = await stallProxy(bureau.config.port)
    others.push(() => proxy.close())
    await open(bureau, proxy.port, SLOW)
    proxy.stall()
    await send('all', { date: '2026-11-22', documents: await issue(2) })
    await until(
      () => codes().includes('poll.failed') && codes().filter((code) => code === 'delivery.retry').length > 2,
      { what: 'the time-outs', timeoutMs: 60_000 },
    )
    proxy.flow()
    expect((await receipt()).archiveReceipt.accepted).toBe(true)
    expect(bureau.bureau.shelves.items).toHaveLength(2)
  })
})

describe('receipts on OpenSSH, by a key', () => {
  const receiptXml = (batch: string, result = '接收') =>
    `<移交回执><批次号>${batch}</批次号><结果>${result}</结果><时间>2026-11-22 18:00:00</时间><说明>见附件</说明></移交回执>`
  const put = async (name: string, text: string): Promise<void> => {
    await mkdir(join(server.home, 'receipts'), { recursive: true })
    await writeFile(join(server.home, 'receipts', name), text)
  }

  it('are understood after a restart, when nobody else knows the batch any more', async () => {
    await open(await opensshServer())
    const ids = await issue(2)
    await send('all', { date: '2026-11-22', documents: ids })
    const [row] = await until(
      async () => {
        const found = await awaited()
        return found.length === 1 && found
      },
      { what: 'the delivery', timeoutMs: 60_000 },
    )
    const batch = row!.remoteId!
    expect((await there('in')).sort()).toEqual([batch, `${batch}.ok`])
    expect(await sha256sumAgrees(join(server.home, 'in', batch))).toBe(true)
    expect((await readFile(join(server.home, 'in', `${batch}.ok`), 'latin1')).split('\n')[0]).toBe(`batch=${batch}`)
    await stop()
    await start()
    await put(`${batch}.xml`, receiptXml(batch))
    expect((await receipt()).archiveReceipt).toMatchObject({
      batch,
      accepted: true,
      documents: ids,
      at: '2026-11-22T10:00:00.000Z',
    })
    expect(await awaited()).toEqual([])
    // The same file again, as a server does that will not move it, is nothing new.
    await put(`${batch}.xml`, receiptXml(batch))
    await until(async () => (await there('receipts/done')).length === 2, { what: 'the second to be taken' })
    expect(codes().filter((code) => code === 'message.repeated')).toHaveLength(1)
  })

  it('close their delivery even where the register is lost', async () => {
    await open(await opensshServer())
    const ids = await issue(1)
    await send('all', { date: '2026-11-22', documents: ids })
    const [row] = await until(
      async () => {
        const found = await awaited()
        return found.length === 1 && found
      },
      { what: 'the delivery', timeoutMs: 60_000 },
    )
    await stop()
    await rm(join(house.folder('archive'), 'register.jsonl'))
    await start()
    await put('r.xml', receiptXml(row!.remoteId!, '拒收'))
    expect((await receipt()).archiveReceipt).toMatchObject({ accepted: false, documents: ids })
    expect(await awaited()).toEqual([])
  })

  it('of an unknown batch, and what is none, are set aside with an event each, and the rest is taken', async () => {
    await open(await opensshServer())
    await put('a.xml', receiptXml('20261122-ffffffffffff'))
    await put('b.xml', '<别的/>')
    await send('all', { date: '2026-11-22', documents: await issue(1) })
    const [row] = await until(
      async () => {
        const found = await awaited()
        return found.length === 1 && found
      },
      { what: 'the delivery', timeoutMs: 60_000 },
    )
    await put('c.xml', receiptXml(row!.remoteId!, '拒收'))
    expect((await receipt()).archiveReceipt).toMatchObject({ accepted: false, reason: '见附件', refused: [] })
    await until(async () => (await there('receipts/bad')).length === 2, { what: 'two set aside' })
    const events = t.events.filter(({ code }) => code === 'archive.receipt-set-aside')
    expect(events.map(({ system, error, detail }) => [system, error, detail?.slice(0, 6)])).toEqual([
      ['archive', 'ARCHIVE_RECEIPT', 'a.xml:'],
      ['archive', 'ARCHIVE_RECEIPT', 'b.xml:'],
    ])
    await until(async () => (await treeOf(join(server.home, 'receipts'))).join() === 'bad/a.xml,bad/b.xml,done/c.xml', {
      what: 'each where it belongs',
    })
  })
})
