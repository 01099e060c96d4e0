import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { startRabbitMq } from '../../lib/servers/rabbitmq.ts'
import { planOf, type BusKind } from './plan.ts'
import { runSeed, type RunResult } from './run.ts'
import { faultsOf, tablesOf } from './table.ts'

/**
 * `npm run faults -- [--seed 1 | 1-50] [--rounds 10] [--only kill,broker:wipe] [--bus embedded|rabbitmq]
 * [--store embedded] [--json FILE]`: for each seed a city of its own, so many faults while documents are under way, and
 * the account by processes that know nothing of the station. Ends with 1 unless every account balances.
 */
const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '10' },
    only: { type: 'string', default: '' },
    bus: { type: 'string', default: 'embedded' },
    store: { type: 'string', default: 'embedded' },
    json: { type: 'string' },
  },
})
const STORES = ['embedded']
const BUSES: readonly string[] = ['embedded', 'rabbitmq'] satisfies BusKind[]
refuseUnless(STORES, '--store', values.store)
refuseUnless(BUSES, '--bus', values.bus)
const [, first = '', last = first] = /^(\d+)(?:-(\d+))?$/.exec(values.seed) ?? []
if (first === '') throw new Error(`--seed ${values.seed}: 7, or 1-50`)

const bus = values.bus as BusKind
const broker = bus === 'rabbitmq' ? await startRabbitMq() : undefined
const runs: RunResult[] = []
const broken: string[] = []
try {
  for (let seed = Number(first); seed <= Number(last); seed++) {
    const only = values.only.split(',').filter((name) => name !== '')
    const plan = planOf({ seed, rounds: Number(values.rounds), bus, only, root: process.getuid?.() === 0 })
    try {
      const run = await runSeed({
        ...{ seed, plan },
        ...(broker === undefined ? {} : { broker }),
        say: (line) => process.stderr.write(`${line}\n`),
      })
      runs.push(run)
      broken.push(...faultsOf(run.account).map((fault) => `seed ${seed}: ${fault}`))
    } catch (error) {
      // The other seeds go on: one that did not come back is a finding like a lost document.
      broken.push(`seed ${seed}: ${told(error)}`)
    }
  }
} finally {
  await broker?.close()
}
process.stdout.write(`${tablesOf(runs)}\n`)
for (const line of broken) process.stdout.write(`${line}\n`)
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ ...values, runs, broken })}\n`)
process.exitCode = broken.length === 0 ? 0 : 1

function refuseUnless(known: readonly string[], option: string, value: string): void {
  if (!known.includes(value))
    throw new Error(`${option} ${value}: 只有 / there is only ${known.map((name) => `"${name}"`).join(', ')}`)
}

function told(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause === undefined ? error.message : `${error.message}: ${told(error.cause)}`
}
