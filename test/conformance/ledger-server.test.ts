import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { digestOf } from '../../core/content/digest.ts'
import type { YizhanEvent } from '../../core/events/event.ts'
import { openLedger, type LedgerOptions, type OpenedLedger } from '../../core/ledger/open.ts'
import type { PostgresAddress } from '../../core/ledger/postgres/address.ts'
import { probePostgres } from '../../core/ledger/postgres/connection.ts'
import { makeAuthority } from '../lib/authority.ts'
import { type Postgres, startPostgres } from '../lib/servers/postgres.ts'
import { until } from '../lib/wait.ts'
import { HOP_RULES, Steps, TestClock } from './lib/ledger-kit.ts'

/** What only a ledger on a server can meet: the server away, another station, other settings. */
let server: Postgres
const opened: OpenedLedger[] = []
const folders: string[] = []
beforeAll(async () => {
  server = await startPostgres()
}, 60_000)
afterAll(() => server.close())
afterEach(async () => {
  for (const each of opened.splice(0)) await each.ledger.close()
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true })
})

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'yizhan-server-'))
  folders.push(folder)
  return folder
}

async function open(
  address: PostgresAddress,
  options: Partial<LedgerOptions> = {},
): Promise<{ readonly steps: Steps; readonly ledger: OpenedLedger }> {
  const clock = new TestClock()
  const folder = options.folder ?? (await newFolder())
  const ledger = await openLedger({ folder, postgres: address, station: 'st', clock, hop: HOP_RULES, ...options })
  opened.push(ledger)
  const test = {
    ledger: ledger.ledger,
    content: ledger.content,
    reopen: async () => undefined,
    remove: async () => undefined,
  }
  return { steps: new Steps(test, clock), ledger }
}

const schemaOf = (address: PostgresAddress): string => new URL(address.url).searchParams.get('search_path') ?? ''

interface Forgetful {
  readonly url: string
  /** the answers to commits that it has kept to itself */
  readonly forgotten: number
  /** passes the next commit on, and cuts the connection instead of its answer */
  forgetNext(): void
  close(): void
}

async function startForgetful(to: string): Promise<Forgetful> {
  let [armed, forgotten] = [false, 0]
  const { hostname, port } = new URL(to)
  const proxy = createServer((client) => {
    const upstream = connect(Number(port), hostname)
    let cut = false
    client.on('data', (bytes) => {
      if (armed && bytes.includes('commit\0')) [armed, cut] = [false, true]
      upstream.write(bytes)
    })
    upstream.on('data', (bytes) => {
      if (!cut) return void client.write(bytes)
      forgotten += 1
      client.destroy()
      upstream.destroy()
    })
    client.on('close', () => upstream.destroy()).on('error', () => undefined)
    upstream.on('close', () => client.destroy()).on('error', () => undefined)
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  const url = new URL(to)
  url.port = String((proxy.address() as AddressInfo).port)
  return {
    url: url.href,
    get forgotten() {
      return forgotten
    },
    forgetNext: () => (armed = true),
    close: () => proxy.close(),
  }
}

describe('a ledger on a PostgreSQL', () => {
  it('keeps what it has answered when the server is killed, refuses meanwhile, and goes on when it is back', async () => {
    const { steps } = await open(await server.fresh())
    await steps.subscribe()
    const kept = await steps.accepted(steps.document())
    await server.kill()
    await expect(steps.accepted(steps.document())).rejects.toMatchObject({ code: 'LEDGER_AWAY', retryable: true })
    await server.start()
    const later = await until(() => steps.accepted(steps.document()), { what: 'the ledger to go on' })
    expect(await steps.ledger.journal.message(kept.id)).toBeDefined()
    expect(await steps.ledger.journal.message(later.id)).toBeDefined()
    expect(await steps.ledger.journal.verify()).toMatchObject({ ok: true })
  }, 60_000)

  it('answers accepted where only the answer to the commit was lost', async () => {
    const address = await server.fresh()
    const proxy = await startForgetful(address.url)
    const { steps } = await open({ ...address, url: proxy.url })
    await steps.subscribe()
    proxy.forgetNext()
    const { id } = await steps.accepted(steps.document())
    expect(proxy.forgotten).toBe(1)
    const found = await server.query(`select id from ${schemaOf(address)}.message`)
    expect(found).toEqual([{ id }])
    expect(await steps.ledger.journal.verify()).toMatchObject({ ok: true })
    proxy.close()
  })

  it('refuses, and has nothing, where the session ends in its commit', async () => {
    const address = await server.fresh()
    const schema = schemaOf(address)
    const { steps } = await open(address)
    await steps.subscribe()
    await server.query(`
      create function ${schema}.cut() returns trigger language plpgsql as $$ begin
        perform pg_terminate_backend(pg_backend_pid()); return null; end $$;
      create constraint trigger cut after insert on ${schema}.message deferrable initially deferred
        for each row execute function ${schema}.cut();`)
    await expect(steps.accepted(steps.document())).rejects.toMatchObject({ code: 'LEDGER_AWAY' })
    await server.query(`drop trigger cut on ${schema}.message`)
    const { id } = await steps.accepted(steps.document())
    expect(await server.query(`select id from ${schema}.message`)).toEqual([{ id }])
    expect(await steps.ledger.journal.verify()).toMatchObject({ ok: true })
  })

  it('is open in one station at a time; the next one waits for the one before', async () => {
    const address = await server.fresh()
    const { ledger } = await open(address)
    const second = open(address, { station: 'st2' })
    await ledger.ledger.close()
    const { steps } = await second
    await steps.subscribe()
    expect((await steps.accepted(steps.document())).status).toBe('accepted')
    await expect(open(address, { station: 'st3' })).rejects.toMatchObject({ code: 'LEDGER_HELD' })
  }, 60_000)

  it('writes nothing any more once another station has taken it over', async () => {
    const address = await server.fresh()
    const schema = schemaOf(address)
    const { steps } = await open(address)
    await steps.subscribe()
    const second = open(address, { station: 'st2' })
    // as a network that is cut: the server gives the session up, and who waits gets the lock
    await until(
      async () => {
        await server.query(
          `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'yizhan st' and pid <> pg_backend_pid()`,
        )
        const held = await server.query(
          `select 1 from pg_locks l join pg_stat_activity a using (pid)
           where l.locktype = 'advisory' and a.application_name = 'yizhan st2' and l.granted`,
        )
        return held.length > 0
      },
      { what: 'the second station to hold the ledger' },
    )
    const { steps: others } = await second
    await expect(steps.accepted(steps.document())).rejects.toMatchObject({
      code: expect.stringMatching(/^LEDGER_(AWAY|HELD)$/) as string,
    })
    await expect(steps.accepted(steps.document())).rejects.toMatchObject({ code: 'LEDGER_HELD' })
    expect((await others.accepted(others.document())).status).toBe('accepted')
    const found = await server.query(`select count(*)::int as n from ${schema}.message`)
    expect(found).toEqual([{ n: 1 }])
  }, 60_000)

  it('goes to another station within 15 s where the one that has it stands still, which writes nothing afterwards', async () => {
    const address = await server.fresh()
    const script = path.join(import.meta.dirname, 'lib', 'ledger-holder.ts')
    const holder = fork(script, [await newFolder(), JSON.stringify(address)], { execArgv: [] })
    try {
      expect((await once(holder, 'message'))[0]).toBe('ready')
      holder.kill('SIGSTOP')
      const started = performance.now()
      const { steps } = await open(address)
      expect(performance.now() - started).toBeLessThan(15_000)
      await steps.subscribe()
      expect((await steps.accepted(steps.document())).status).toBe('accepted')
      holder.kill('SIGCONT')
      holder.send('write')
      expect((await once(holder, 'message'))[0]).toBe('LEDGER_HELD')
    } finally {
      holder.kill('SIGKILL')
    }
  }, 60_000)

  it('that was put back to an earlier state is not gone on with, unless a person says so', async () => {
    const address = await server.fresh()
    const schema = schemaOf(address)
    const folder = await newFolder()
    const first = await open(address, { folder })
    await first.steps.subscribe()
    await first.steps.accepted(first.steps.document())
    await first.steps.accepted(first.steps.document())
    await first.ledger.ledger.close()
    await server.query(`delete from ${schema}.event where link = (select max(link) from ${schema}.event)`)
    await server.query(
      `update ${schema}.chain c set links = e.link, hash = e.hash from ${schema}.event e
       where e.link = (select max(link) from ${schema}.event)`,
    )
    await expect(open(address, { folder })).rejects.toMatchObject({ code: 'LEDGER_BEHIND' })
    const events: YizhanEvent[] = []
    await open(address, { folder, acceptLoss: 'root', onEvent: (event) => events.push(event) })
    expect(events.map(({ code }) => code)).toContain('ledger.loss-accepted')
  })

  it('is not begun beside one that lies in the folder, nor without the password', async () => {
    const address = await server.fresh()
    const folder = await newFolder()
    await writeFile(path.join(folder, 'ledger.db'), '')
    await expect(open(address, { folder })).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
    await expect(open({ ...address, password: 'wrong' })).rejects.toMatchObject({ code: 'LEDGER_AWAY' })
    expect(await probePostgres(address)).toMatch(/^PostgreSQL 15\./)
  })

  it('of a later release is left alone', async () => {
    const address = await server.fresh()
    const schema = schemaOf(address)
    const { ledger } = await open(address)
    await ledger.ledger.close()
    await server.query(`insert into ${schema}.yizhan_migration values ('9999', now())`)
    await expect(open(address)).rejects.toMatchObject({ code: 'LEDGER_NEWER', facts: { value: '9999' } })
  })

  it('gives a body of many megabytes back as it came', async () => {
    const { ledger } = await open(await server.fresh())
    const bytes = Buffer.alloc(20_000_000, 'abcdefg')
    const digest = digestOf(bytes)
    await ledger.content.write([{ digest, bytes }])
    expect((await ledger.content.read(digest)).equals(bytes)).toBe(true)
  })

  it('is reached by TLS where an authority is named, and by nothing else then', async () => {
    const secure = await startPostgres({ tls: true })
    try {
      const address = await secure.fresh()
      const caFile = secure.authority?.caFile
      for (const host of ['127.0.0.1', 'localhost']) {
        const url = address.url.replace('127.0.0.1', host)
        expect(await probePostgres({ ...address, url, caFile })).toMatch(/^PostgreSQL 15\./)
      }
      const { steps } = await open({ ...address, caFile })
      await steps.subscribe()
      await steps.accepted(steps.document())
      const sessions = await secure.query(
        `select distinct s.ssl from pg_stat_ssl s join pg_stat_activity a using (pid)
         where a.application_name = 'yizhan st'`,
      )
      expect(sessions).toEqual([{ ssl: true }])
      const other = await mkdtemp(path.join(os.tmpdir(), 'yizhan-authority-'))
      folders.push(other)
      const stranger = makeAuthority(other, 'another').caFile
      await expect(probePostgres({ ...address, caFile: stranger })).rejects.toMatchObject({ code: 'LEDGER_AWAY' })
      // a server without TLS is not spoken to in the clear
      const plain = await server.fresh()
      await expect(probePostgres({ ...plain, caFile })).rejects.toMatchObject({ code: 'LEDGER_AWAY' })
    } finally {
      await secure.close()
    }
  }, 60_000)
})
