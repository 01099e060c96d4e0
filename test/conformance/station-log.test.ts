import { readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { freePort } from '../../sandbox/net/ports.ts'
import { openLedger } from '../../core/ledger/open.ts'
import { systemClock as clock } from '../../core/util/clock.ts'
import { documentFor } from '../lib/announcement.ts'
import { startRsyslogd, type Rsyslogd } from '../lib/servers/rsyslogd.ts'
import { until } from '../lib/wait.ts'
import { runStation, smallStation, type SmallStation, type StationRun } from '../unit/station/lib/small-station.ts'

/**
 * A whole station, for a minute and some: an OA that is dead, somebody who guesses passwords, and a real rsyslogd over
 * TLS that gets what the file gets.
 */

const MINUTE_MS = 60_000
const DOCUMENTS = 3
const GUESSES = 200
const PACE = { backoffMs: 100, maxBackoffMs: 200, breakerFailures: 3, breakerMs: 200, timeoutMs: 5_000 }

let collector: Rsyslogd
let small: SmallStation
let run: StationRun
beforeAll(async () => {
  collector = await startRsyslogd()
  const { caFile, certFile, keyFile } = collector.authority
  const log = { console: false, syslog: { url: collector.tls, caFile, certFile, keyFile, facility: 'audit' } }
  small = await smallStation()
  const station = { name: 'st', http: { port: 0 }, editor: { enabled: false }, log }
  // nobody listens there
  const url = `http://127.0.0.1:${await freePort(0)}/`
  const systems = [
    { id: 'oa', name: 'OA', adapter: 'oa', profile: 'yizhan', roles: ['calls-us'] },
    {
      id: 'dead',
      name: '停机的 OA',
      adapter: 'oa',
      profile: 'yizhan',
      roles: ['we-call'],
      url,
      username: 'y',
      pace: PACE,
    },
  ]
  await writeFile(join(small.config, 'station.yaml'), stringify(station))
  await writeFile(join(small.config, 'systems.yaml'), stringify({ systems }))
  const secrets = JSON.parse(await readFile(small.secrets, 'utf8')) as object
  await writeFile(small.secrets, JSON.stringify({ ...secrets, 'dead.password': 'p' }), { mode: 0o600 })
  await seed(small.data)
  run = await runStation(small.arguments)
}, 90_000)
afterAll(async () => {
  await run.stop()
  await collector.close()
  await rm(small.folder, { recursive: true })
})

interface Line {
  readonly at: string
  readonly code: string
  readonly system?: string
  readonly source?: string
  readonly times?: number
  readonly over?: boolean
}

async function lines(): Promise<Line[]> {
  const folder = join(small.data, 'logs')
  const names = (await readdir(folder)).filter((name) => name.endsWith('.log'))
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))
  return texts.flatMap((text) =>
    text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Line),
  )
}

/** The most lines that any minute has. */
function busiest(of: readonly Line[]): number {
  const times = of.map(({ at }) => Date.parse(at))
  return Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + MINUTE_MS).length))
}

describe('the log of a running station', { timeout: 240_000 }, () => {
  it('has at most three lines a minute of a dead system, and of 200 wrong passwords five and one alarm', async () => {
    for (let at = 0; at < GUESSES; at++) {
      const response = await fetch(`${run.said.http}/oa/yizhan`, {
        method: 'POST',
        body: '<x/>',
        headers: { authorization: `Basic ${btoa(`a:guess-${at}`)}`, 'content-type': 'text/xml' },
      })
      // a wrong password, or that it has to wait by now
      expect([401, 500]).toContain(response.status)
      await response.arrayBuffer()
    }
    const ofDead = (all: readonly Line[]): Line[] => all.filter(({ system }) => system === 'dead')
    const counted = await until(
      async () => {
        const all = await lines()
        const [first, ...more] = ofDead(all)
        return more.some(({ at }) => Date.parse(at) - Date.parse(first?.at ?? at) >= MINUTE_MS) && all
      },
      { what: 'the count after a minute', timeoutMs: 120_000, everyMs: 500 },
    )
    expect(busiest(ofDead(counted))).toBeLessThanOrEqual(3)
    expect(ofDead(counted).reduce((sum, { times = 1 }) => sum + times, 0)).toBeGreaterThan(100)

    const guessed = counted.filter(({ code }) => code === 'account.rejected')
    expect(guessed.length).toBeGreaterThan(0)
    expect(guessed.length).toBeLessThanOrEqual(5)
    expect(counted.filter(({ code }) => code === 'account.guessing')).toHaveLength(1)
  })

  it('leaves nothing uncounted when it stops, and rsyslogd has the same as the file', async () => {
    expect(await run.stop()).toBe(0)
    const all = await lines()
    const told = all.filter(({ code, over }) => code === 'account.rejected' && over !== true)
    expect(told.reduce((sum, { times = 1 }) => sum + times, 0)).toBe(GUESSES)
    const codes = all.map(({ code }) => code)
    expect(codes).toEqual(expect.arrayContaining(['station.started', 'station.stopped']))
    const records = await until(
      async () => {
        const seen = await collector.records()
        return seen.length >= codes.length && seen
      },
      { what: 'every record' },
    )
    expect(records.map(({ id }) => id)).toEqual(codes)
    expect(new Set(records.map(({ app, pri }) => `${app} ${Math.floor(Number(pri) / 8)}`))).toEqual(
      new Set(['yizhan 13']),
    )
    expect(records.every(({ data }) => data.includes('[yizhan@32473 station="st" '))).toBe(true)
  })
})

/** Documents that go to the dead one, as a flow put them out. */
async function seed(folder: string): Promise<void> {
  const hop = { maxAttempts: 1, backoffMs: 1, maxBackoffMs: 1 }
  const { ledger } = await openLedger({ folder, station: 'st', clock, hop })
  await ledger.hops.subscribe([{ name: 'issue', filter: { source: 'oa' } }], clock.now())
  for (let n = 0; n < DOCUMENTS; n++) {
    const message = documentFor(`st-${n}`)
    const now = clock.now()
    await ledger.acceptance.accept({
      message,
      bodies: [],
      idempotencyKey: message.id,
      fingerprint: message.id,
      revisions: { directory: 'd' },
      preclaim: { owner: 'flows', leaseUntil: now + MINUTE_MS, subscriptions: ['issue'] },
    })
    await ledger.hops.commit({
      hops: [{ id: `${message.id}@issue`, attempt: 1 }],
      owner: 'flows',
      flowsRevision: 'f',
      outputs: [{ message: 'input', targets: [{ system: 'dead', unit: 'county-a', mode: 'push', order: 'document' }] }],
    })
  }
  await ledger.close()
}
