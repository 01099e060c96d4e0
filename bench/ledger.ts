import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { openLedger } from '../core/ledger/open.ts'
import { systemClock } from '../core/util/clock.ts'
import { Serials } from './documents.ts'
import { Lives } from './life.ts'

/**
 * The ledger alone: accept, hop commit, delivery claim, booking, from so many callers at once.
 * `node bench/ledger.ts --bytes 1024 --callers 32 --seconds 5 --recipients 1 --outcomes`
 */
const { values } = parseArgs({
  options: {
    bytes: { type: 'string', default: '1024' },
    callers: { type: 'string', default: '32' },
    seconds: { type: 'string', default: '5' },
    recipients: { type: 'string', default: '1' },
    outcomes: { type: 'boolean', default: false },
    /** URL of a PostgreSQL that keeps it; the password is in PGPASSWORD */
    postgres: { type: 'string' },
  },
})
const bytes = Number(values.bytes)
const callers = Number(values.callers)
const seconds = Number(values.seconds)
const recipients = Number(values.recipients)
const outcomes = values.outcomes

const folder = await mkdtemp(path.join(os.tmpdir(), 'yizhan-bench-'))
const opened = await openLedger({
  folder,
  postgres: values.postgres === undefined ? undefined : { url: values.postgres, password: process.env['PGPASSWORD'] },
  station: 'bench',
  clock: systemClock,
  hop: { maxAttempts: 5, backoffMs: 1_000, maxBackoffMs: 60_000 },
})
const { ledger } = opened
const waits = { accept: 0, commit: 0, claim: 0, book: 0 }
const lives = new Lives(opened, {
  clock: systemClock,
  subscription: 'issue',
  took(step, ms) {
    waits[step] += ms
  },
})
await lives.subscribe(outcomes ? [{ name: 'outcomes', filter: { source: 'outcome' } }] : [])

const serials = new Serials()
let done = 0
await Promise.all(Array.from({ length: callers }, () => run(performance.now() + 1_000)))
done = 0
for (const key of Object.keys(waits) as (keyof typeof waits)[]) waits[key] = 0
const before = threads()
const started = performance.now()
await Promise.all(Array.from({ length: callers }, () => run(started + seconds * 1_000)))
const elapsed = (performance.now() - started) / 1_000
const after = threads()

const busy = [...after]
  .map(([name, ms]) => [name, (ms - (before.get(name) ?? 0)) / done] as const)
  .filter(([, ms]) => ms > 0.001)
console.log(
  JSON.stringify({
    bytes,
    callers,
    recipients,
    perSecond: Math.round(done / elapsed),
    waitMs: Object.fromEntries(Object.entries(waits).map(([k, v]) => [k, Number((v / done).toFixed(2))])),
    cpuMsPerDocument: Object.fromEntries(busy.map(([name, ms]) => [name, Number(ms.toFixed(3))])),
  }),
)
await ledger.close()
await rm(folder, { recursive: true })

async function run(until: number): Promise<void> {
  while (performance.now() < until) {
    await lives.live({ serial: serials.take(1), fileBytes: bytes, recipients })
    done += 1
  }
}

/** CPU milliseconds of each thread of this process (Linux). */
function threads(): Map<string, number> {
  const all = new Map<string, number>()
  for (const tid of readdirSync('/proc/self/task')) {
    const stat = readFileSync(`/proc/self/task/${tid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    all.set(tid === String(process.pid) ? 'main' : `thread ${tid}`, (Number(fields[11]) + Number(fields[12])) * 10)
  }
  return all
}
