import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { retentionSchema } from '../../core/config/retention.ts'
import { openLedger, type OpenedLedger } from '../../core/ledger/open.ts'
import type { PostgresAddress } from '../../core/ledger/postgres/address.ts'
import { moveToPostgres } from '../../core/ledger/postgres/transfer.ts'
import { DAY_MS } from '../../core/retention/rules.ts'
import { type Postgres, startPostgres } from '../lib/servers/postgres.ts'
import { pruneAll } from '../unit/ledger/lib/prune.ts'
import { bodyOf, HOP_RULES, push, REFUSED, Steps, TestClock } from './lib/ledger-kit.ts'

/** A ledger that goes from a data folder to a PostgreSQL, and what retention does to it there. */
let server: Postgres
let folder: string
let clock: TestClock
let open: OpenedLedger | undefined
beforeAll(async () => {
  server = await startPostgres()
}, 60_000)
afterAll(() => server.close())
beforeEach(async () => {
  clock = new TestClock()
  folder = await mkdtemp(path.join(os.tmpdir(), 'yizhan-move-'))
})
afterEach(async () => {
  await open?.ledger.close()
  open = undefined
  await rm(folder, { recursive: true })
})

async function opened(postgres?: PostgresAddress): Promise<Steps> {
  await open?.ledger.close()
  open = await openLedger({ folder, postgres, station: 'st', clock, hop: HOP_RULES, verifyBodies: true })
  const { ledger, content } = open
  return new Steps({ ledger, content, reopen: () => Promise.resolve(), remove: () => Promise.resolve() }, clock)
}

const LARGE = bodyOf('large '.repeat(20_000))
const SMALL = bodyOf('small')

/** One document delivered, one dead, one on its way; bodies in rows and in a volume. */
async function lived(s: Steps) {
  await s.subscribe()
  const raw = { contentType: 'text/xml', pieces: [{ bytes: Buffer.from('<a/>'.repeat(2_000)) }] }
  const files = [LARGE, SMALL].map(({ digest, bytes }, n) => ({
    ...{
      digest,
      name: `${n}.pdf`,
      size: bytes.byteLength,
      role: n === 0 ? ('main' as const) : ('annex' as const),
    },
    mediaType: 'application/pdf',
  }))
  const delivered = { ...s.document({ number: '周政办〔2011〕83号' }), files }
  const [row] = await s.sent(delivered, [push('finance')], { bodies: [LARGE, SMALL], raw })
  await s.delivered(row?.row ?? '')
  const dead = s.document()
  const [refused] = await s.sent(dead, [push('finance')])
  await s.delivered(refused?.row ?? '', REFUSED)
  const waiting = s.document()
  await s.sent(waiting, [push('finance')])
  return { delivered, dead, waiting }
}

async function rowsOf({ url }: PostgresAddress): Promise<Record<string, unknown> | undefined> {
  const schema = new URL(url).searchParams.get('search_path') ?? ''
  const count = (table: string): string => `(select count(*)::int from ${schema}.${table}) as ${table}`
  const tables = ['message', 'raw', 'content', 'event', 'delivery', 'acceptance']
  return (await server.query(`select ${tables.map(count).join(', ')}`))[0]
}

describe('a ledger that is moved to a PostgreSQL', () => {
  it('is there as it was, bodies of volumes too, and goes on', async () => {
    const { delivered, dead, waiting } = await lived(await opened())
    await open?.ledger.close()
    const address = await server.fresh()
    const told: number[] = []
    const moved = await moveToPostgres(folder, address, 'st', (done, total) => told.push(done / total))
    expect(moved).toMatchObject({ bytes: LARGE.bytes.byteLength + 8_000, file: path.join(folder, 'ledger.db.moved') })
    expect(moved.rows).toBeGreaterThan(20)
    expect(told.at(-1)).toBe(1)
    expect(existsSync(path.join(folder, 'ledger.db'))).toBe(false)

    const s = await opened(address)
    expect(await s.ledger.journal.verify()).toMatchObject({ ok: true })
    expect((await open?.content.read(LARGE.digest))?.equals(LARGE.bytes)).toBe(true)
    expect((await open?.content.read(SMALL.digest))?.equals(SMALL.bytes)).toBe(true)
    expect(await s.states(delivered.id)).toMatchObject({ finance: 'delivered' })
    expect((await s.ledger.deadLetters.list({ max: 9 })).map(({ message }) => message.id)).toEqual([dead.id])
    expect(await s.accept(delivered)).toMatchObject({ status: 'repeated', id: delivered.id })
    await s.delivered(`${waiting.id}/finance`)
    await s.ledger.deadLetters.replay({ id: `${dead.id}/finance`, actor: 'op', now: clock.now() })
    await s.delivered(`${dead.id}/finance`)
    const [next] = await s.sent({ ...s.document(), id: 'st-999999', trace: 'st-999999' }, [push('finance')])
    await s.delivered(next?.row ?? '')
    expect(await s.ledger.journal.verify()).toMatchObject({ ok: true })
  })

  it('is in one of the two whatever kills it, and doing it again goes on', async () => {
    await lived(await opened())
    await open?.ledger.close()
    const address = await server.fresh()
    await moveToPostgres(folder, address, 'st', undefined)
    const rows = await rowsOf(address)
    // as after a kill between the commit and the file's new name
    renameSync(path.join(folder, 'ledger.db.moved'), path.join(folder, 'ledger.db'))
    await expect(opened(address)).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
    expect(await moveToPostgres(folder, address, 'st', undefined)).toMatchObject({ rows: 0 })
    expect(await rowsOf(address)).toEqual(rows)
    expect(await (await opened(address)).ledger.journal.verify()).toMatchObject({ ok: true })
  })

  it('is not taken back once the server has gone further', async () => {
    await lived(await opened())
    await open?.ledger.close()
    const address = await server.fresh()
    await moveToPostgres(folder, address, 'st', undefined)
    const s = await opened(address)
    await s.accepted({ ...s.document(), id: 'st-999999', trace: 'st-999999' })
    await open?.ledger.close()
    renameSync(path.join(folder, 'ledger.db.moved'), path.join(folder, 'ledger.db'))
    await expect(opened()).rejects.toMatchObject({ code: 'LEDGER_BEHIND' })
  })

  it('is not mixed with another, and not taken with a body that is damaged', async () => {
    await lived(await opened())
    await open?.ledger.close()
    const taken = await server.fresh()
    const other = await mkdtemp(path.join(os.tmpdir(), 'yizhan-other-'))
    const station = await openLedger({ folder: other, postgres: taken, station: 'other', clock, hop: HOP_RULES })
    const others = new Steps({ ...station, reopen: async () => undefined, remove: async () => undefined }, clock)
    await others.accepted(others.document())
    await station.ledger.close()
    await rm(other, { recursive: true })
    await expect(moveToPostgres(folder, taken, 'st', undefined)).rejects.toMatchObject({ code: 'CONFIG_INVALID' })

    const [volume = ''] = readdirSync(path.join(folder, 'content')).map((name) => path.join(folder, 'content', name))
    const bytes = readFileSync(volume)
    bytes[10] = (bytes[10] ?? 0) ^ 1
    writeFileSync(volume, bytes)
    const address = await server.fresh()
    await expect(moveToPostgres(folder, address, 'st', undefined)).rejects.toMatchObject({ code: 'LEDGER_CORRUPT' })
    expect(await rowsOf(address)).toMatchObject({ message: 0, content: 0, event: 0 })
    expect(existsSync(path.join(folder, 'ledger.db'))).toBe(true)
  })

  it('loses there what has had its time, and nothing else', async () => {
    const { delivered, waiting } = await lived(await opened())
    await open?.ledger.close()
    const address = await server.fresh()
    await moveToPostgres(folder, address, 'st', undefined)
    const s = await opened(address)
    // ids that were not used before
    for (let n = 0; n < 9; n++) s.id()
    expect(await s.performed('receipt', delivered, 'finance')).toMatchObject({ status: 'accepted' })
    await s.drain()
    clock.pass(20 * 366 * DAY_MS)
    await pruneAll(s.ledger, retentionSchema.parse({}), clock)
    expect(await s.ledger.journal.message(delivered.id)).toBeUndefined()
    expect(await s.ledger.journal.message(waiting.id)).toBeDefined()
    expect(await rowsOf(address)).toMatchObject({ raw: 0, content: 0 })
    expect(await s.ledger.journal.verify()).toMatchObject({ ok: true, pruned: expect.any(Number) as number })
    const { storage } = await s.ledger.retention.state()
    expect(storage.ledgerBytes).toBeGreaterThan(100_000)
  })
})
