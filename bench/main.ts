import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { processesOf } from '../test/lib/processes.ts'
import { startRabbitMq } from '../test/lib/servers/rabbitmq.ts'
import { measureAcceptance } from './accept.ts'
import { Serials } from './documents.ts'
import { measureEndToEnd } from './end-to-end.ts'
import { machine } from './machine.ts'
import { tables, type BenchResult } from './table.ts'

/**
 * `npm run bench -- [--json] [--rounds 3] [--quick] [--only accept|end-to-end] [--kb 1,10,100] [--keep]`:
 * (1) acceptance against one durable insert a request; (2) the whole way of a document against the flow that an expert
 * wires by hand. Each rival is measured in turn, in the same run; every figure is a median. Method:
 * docs/performance.md.
 */
const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '3' },
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    kb: { type: 'string', default: '1,10,100' },
    keep: { type: 'boolean', default: false },
  },
})

const ACCEPTS = 8_000
/** Documents a run, by kB: some five seconds each. */
const DOCUMENTS: Readonly<Record<string, number>> = { '1': 3_000, '10': 2_400, '100': 800 }
const rounds = Number(values.rounds)
const scaled = (count: number): number => (values.quick ? Math.ceil(count / 4) : count)

const folder = await mkdtemp(join(os.tmpdir(), 'yizhan-bench-'))
const serials = new Serials()
const say = (line: string): void => console.error(line)
try {
  const result: BenchResult = {
    rounds,
    machine: await machine(folder),
    ...(values.only === 'end-to-end' ? {} : { accept: await acceptance() }),
    ...(values.only === 'accept' ? {} : { endToEnd: await endToEnd() }),
  }
  console.log(tables(result))
  if (values.json) console.log(JSON.stringify(result))
} finally {
  if (values.keep) say(`保留 kept: ${folder}`)
  else await rm(folder, { recursive: true, force: true })
}

function acceptance(): ReturnType<typeof measureAcceptance> {
  return measureAcceptance({
    folder: join(folder, 'accept'),
    rounds,
    requests: scaled(ACCEPTS),
    clients: 64,
    serials,
    say,
  })
}

async function endToEnd(): ReturnType<typeof measureEndToEnd> {
  const broker = await startRabbitMq()
  try {
    const sizes = values.kb.split(',').map((kB) => ({ kB: Number(kB), documents: scaled(DOCUMENTS[kB] ?? 1_000) }))
    return await measureEndToEnd({
      folder: join(folder, 'end-to-end'),
      rounds,
      clients: 32,
      sizes,
      serials,
      say,
      broker: { url: broker.url, pids: await processesOf(broker.folder) },
    })
  } finally {
    await broker.close()
  }
}
