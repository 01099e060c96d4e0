import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { refuseFailures } from './accept.ts'
import { Serials, submissions } from './documents.ts'
import { load } from './load.ts'
import { cpuMs } from './processes.ts'
import { startReceiver } from './receiver.ts'
import { startStation, type BenchStation } from './station.ts'
import { median, significant } from './statistics.ts'

/**
 * `node dist/bench/against.js --other DIR [--this DIR] [--rounds 5] [--documents 3000] [--kb 1]`: processor time a
 * document of this station (or of that of another checkout) and of another one, built in its own checkout, measured in
 * turn in the same run. It shows what a change costs:
 * the other is the commit before.
 */
const { values } = parseArgs({
  options: {
    other: { type: 'string' },
    this: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    documents: { type: 'string', default: '3000' },
    kb: { type: 'string', default: '1' },
  },
})
const [rounds, documents, kB] = [values.rounds, values.documents, values.kb].map(Number) as [number, number, number]
if (values.other === undefined) throw new Error('--other DIR: 另一个已构建的签出 / another checkout, built')

const CLIENTS = 32
const SILENT_MS = 60_000
const folder = await mkdtemp(join(os.tmpdir(), 'yizhan-against-'))
const serials = new Serials()
const receiver = await startReceiver()
const programOf = (checkout: string): string => join(checkout, 'dist', 'station', 'main.js')
const start = (name: string, program?: string): Promise<BenchStation> =>
  startStation({
    folder: join(folder, name),
    bus: 'embedded',
    receiverPort: receiver.port,
    flows: true,
    ...(program === undefined ? {} : { program }),
  })
const stations = {
  this: await start('this', values.this === undefined ? undefined : programOf(values.this)),
  other: await start('other', programOf(values.other)),
}
const figures: Record<keyof typeof stations, { station: number[]; flows: number[] }> = {
  this: { station: [], flows: [] },
  other: { station: [], flows: [] },
}
try {
  for (let round = 0; round <= rounds; round++) {
    const order = round % 2 === 0 ? (['this', 'other'] as const) : (['other', 'this'] as const)
    for (const name of order) {
      const cost = await run(stations[name])
      // The first round warms both up.
      if (round === 0) continue
      figures[name].station.push(cost.station)
      figures[name].flows.push(cost.flows)
      console.error(`${name.padEnd(5)} ${significant(cost.station)} + ${significant(cost.flows)} ms`)
    }
  }
  for (const part of ['station', 'flows'] as const)
    console.log(
      `${part}: ${significant(median(figures.this[part]))} ms against ${significant(median(figures.other[part]))} ms`,
    )
  const total = (name: keyof typeof stations): number =>
    median(figures[name].station.map((station, round) => station + (figures[name].flows[round] ?? 0)))
  const pairs = figures.this.station.map(
    (station, round) =>
      (station + (figures.this.flows[round] ?? 0)) /
      ((figures.other.station[round] ?? 0) + (figures.other.flows[round] ?? 0)),
  )
  console.log(
    `处理器时间 processor ms a document: ${significant(total('this'))} against ${significant(total('other'))}; ` +
      `ratio of rounds, median: ${median(pairs).toFixed(3)}`,
  )
} finally {
  await Promise.all(Object.values(stations).map((station) => station.stop()))
  receiver.close()
  await rm(folder, { recursive: true, force: true })
}

async function run(station: BenchStation): Promise<{ station: number; flows: number }> {
  const request = submissions(station.destination, kB * 1_000, serials.take(documents))
  const clock = (): Promise<readonly number[]> => Promise.all([[station.pid], [station.flowsPid ?? 0]].map(cpuMs))
  const before = await clock()
  const received = receiver.expect(documents, SILENT_MS)
  const [accepted] = await Promise.all([
    load({ port: station.destination.port, clients: CLIENTS, requests: documents, request }),
    received,
  ])
  refuseFailures(accepted)
  const after = await clock()
  const ms = (at: number): number => ((after[at] ?? 0) - (before[at] ?? 0)) / documents
  return { station: ms(0), flows: ms(1) }
}
