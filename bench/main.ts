import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { processesOf } from '../test/lib/processes.ts'
import { startRabbitMq, type RabbitMq } from '../test/lib/servers/rabbitmq.ts'
import { measureAcceptance } from './accept.ts'
import { measureBurst } from './burst.ts'
import { Serials } from './documents.ts'
import { measureEndToEnd } from './end-to-end.ts'
import { measureGrowth } from './growth.ts'
import { measureKills } from './kill.ts'
import { machine } from './machine.ts'
import { tables, type BenchResult } from './table.ts'

/**
 * `npm run bench -- [--only PART] [--rounds 3] [--quick] [--kb 1,10,100] [--json FILE] [--keep]`. Without a part, the
 * speed table: `accept`, acceptance against one durable insert a request, and `end-to-end`, the whole way of a document
 * against the flow that an expert wires by hand and the leanest program. The other parts: `kill`, SIGKILL for
 * everything under load; `burst`, large documents at once; `growth`, a ledger of many messages. Each rival is measured
 * in turn, in the same run. Method: docs/performance.md.
 */
const PARTS = ['accept', 'end-to-end', 'kill', 'burst', 'growth'] as const
const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    quick: { type: 'boolean', default: false },
    kb: { type: 'string', default: '1,10,100' },
    json: { type: 'string' },
    keep: { type: 'boolean', default: false },
    // documents of a run, where another number is wanted
    documents: { type: 'string' },
    // growth: messages in the large ledger; burst: units of one document, seconds until memory is looked at again
    messages: { type: 'string', default: '1000000' },
    copies: { type: 'string', default: '200' },
    rest: { type: 'string', default: '60' },
    // burst: `embedded` or a RabbitMQ of its own
    bus: { type: 'string', default: 'rabbitmq' },
  },
})
if (values.only !== undefined && !PARTS.some((part) => part === values.only))
  throw new Error(`--only ${values.only}: ${PARTS.join(', ')}`)

const ACCEPTS = 8_000
/** Documents a run, by kB: some five seconds each. */
const DOCUMENTS: Readonly<Record<string, number>> = { '1': 3_000, '10': 2_400, '100': 800 }
const BURST_BYTES = 3_000_000
const ENDPOINT_MS = 30
const SMALL_LEDGER = 1_000
const rounds = Number(values.rounds)
const scaled = (count: number): number =>
  values.documents !== undefined ? Number(values.documents) : values.quick ? Math.ceil(count / 4) : count

const folder = await mkdtemp(join(os.tmpdir(), 'yizhan-bench-'))
const serials = new Serials()
const say = (line: string): void => console.error(line)
const wants = (part: (typeof PARTS)[number]): boolean =>
  values.only === undefined ? part === 'accept' || part === 'end-to-end' : values.only === part
try {
  const result: BenchResult = {
    rounds,
    machine: await machine(folder),
    ...(wants('accept') ? { accept: await acceptance() } : {}),
    ...(wants('end-to-end') ? { endToEnd: await withBroker(endToEnd) } : {}),
    ...(wants('kill') ? { kill: await withBroker(kills) } : {}),
    ...(wants('burst')
      ? { burst: values.bus === 'embedded' ? await burst('embedded') : await withBroker(({ url }) => burst(url)) }
      : {}),
    ...(wants('growth') ? { growth: await growth() } : {}),
  }
  console.log(tables(result))
  if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(result)}\n`)
} finally {
  if (values.keep) say(`保留 kept: ${folder}`)
  else await rm(folder, { recursive: true, force: true })
}

async function withBroker<T>(use: (broker: RabbitMq) => Promise<T>): Promise<T> {
  const broker = await startRabbitMq()
  try {
    return await use(broker)
  } finally {
    await broker.close()
  }
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

async function endToEnd(broker: RabbitMq): ReturnType<typeof measureEndToEnd> {
  return measureEndToEnd({
    folder: join(folder, 'end-to-end'),
    rounds,
    clients: 32,
    sizes: values.kb.split(',').map((kB) => ({ kB: Number(kB), documents: scaled(DOCUMENTS[kB] ?? 1_000) })),
    serials,
    say,
    broker: { url: broker.url, pids: await processesOf(broker.folder) },
  })
}

function kills(broker: RabbitMq): ReturnType<typeof measureKills> {
  return measureKills({
    folder: join(folder, 'kill'),
    rounds,
    clients: 32,
    documents: scaled(2_000),
    answerMs: ENDPOINT_MS,
    afterMs: 3_000,
    serials,
    broker,
    say,
  })
}

function burst(bus: string): ReturnType<typeof measureBurst> {
  return measureBurst({
    folder: join(folder, 'burst'),
    bus,
    documents: scaled(200),
    fileBytes: BURST_BYTES,
    copies: Number(values.copies),
    restMs: Number(values.rest) * 1_000,
    serials,
    say,
  })
}

function growth(): ReturnType<typeof measureGrowth> {
  return measureGrowth({
    folder: join(folder, 'growth'),
    rounds,
    clients: 32,
    small: SMALL_LEDGER,
    large: Number(values.messages),
    documents: scaled(1_500),
    serials,
    say,
  })
}
