import { mkdir } from 'node:fs/promises'
import { refuseFailures } from './accept.ts'
import { submissions, type Serials } from './documents.ts'
import { load } from './load.ts'
import { watchMemory } from './memory.ts'
import { cpuMs } from './processes.ts'
import { startReceiver, type Receiver } from './receiver.ts'
import { RIVALS, startRival, type Rival, type RivalName } from './rivals.ts'
import { median, significant } from './statistics.ts'

export interface EndToEndOptions {
  readonly folder: string
  readonly rounds: number
  readonly clients: number
  /** bytes of a document's file and documents a run */
  readonly sizes: readonly { readonly kB: number; readonly documents: number }[]
  readonly serials: Serials
  readonly broker: { readonly url: string; readonly pids: readonly number[] }
  readonly say: (line: string) => void
}

/** One rival at one size; processor time is in milliseconds a document. */
export interface EndToEndFigures {
  /** documents a second, from the first send to the last receipt */
  readonly perSecond: number
  /** answers to the sender a second, and their milliseconds */
  readonly acceptPerSecond: number
  readonly p50: number
  readonly p99: number
  /** the station's process; the whole of any other */
  readonly cpuMain: number
  /** the flow process, where there is one */
  readonly cpuFlows: number
  readonly cpuBroker: number
  /** load and receiver: this process */
  readonly cpuLoad: number
  /** resident megabytes of all its processes together: the most during the round, and at its end */
  readonly memoryPeak: number
  readonly memoryEnd: number
  /** documents that were received more than once */
  readonly repeated: number
}

/** How a rival stands to the expert's flow and to the limit, at one size of one run. */
export interface Ratios {
  /** of rates */
  readonly timesExpert: number
  readonly ofLimit: number
  /** of processor time a document, without and with the broker's on both sides */
  readonly cpuOfExpert: number
  readonly cpuWithBrokerOfExpert: number
}

export interface EndToEndRow {
  readonly kB: number
  readonly figures: Readonly<Record<RivalName, EndToEndFigures>>
  readonly ratios: Readonly<Record<RivalName, Ratios>>
}

/** Nothing came for so long: the run has failed. */
const SILENT_MS = 30_000
const MEMORY_LOOK_MS = 100

/**
 * Whole ways of documents: SOAP in, RabbitMQ, SOAP out; our station with its public feed off and on, the expert's flow
 * and the leanest program, in turn, on one broker. Every figure is a median over the rounds.
 */
export async function measureEndToEnd(options: EndToEndOptions): Promise<EndToEndRow[]> {
  await mkdir(options.folder, { recursive: true })
  const receiver = await startReceiver()
  const place = { folder: options.folder, broker: options.broker.url, receiverPort: receiver.port }
  const started = await Promise.allSettled(RIVALS.map((name) => startRival(name, place)))
  try {
    const rivals = Object.fromEntries(
      started.map((start, n) => {
        if (start.status === 'rejected') throw start.reason
        return [RIVALS[n], start.value]
      }),
    ) as Record<RivalName, Rival>
    const rows: EndToEndRow[] = []
    for (const size of options.sizes) rows.push(await measureSize(options, size, rivals, receiver))
    return rows
  } finally {
    await Promise.all(started.flatMap((start) => (start.status === 'fulfilled' ? [start.value.stop()] : [])))
    receiver.close()
  }
}

async function measureSize(
  options: EndToEndOptions,
  { kB, documents }: EndToEndOptions['sizes'][number],
  rivals: Readonly<Record<RivalName, Rival>>,
  receiver: Receiver,
): Promise<EndToEndRow> {
  const rounds: Record<RivalName, EndToEndFigures[]> = { station: [], 'station-feed': [], expert: [], limit: [] }
  for (let round = 0; round <= options.rounds; round++) {
    for (const name of round % 2 === 0 ? RIVALS : RIVALS.toReversed()) {
      // The first round warms all up.
      const count = round === 0 ? Math.ceil(documents / 2) : documents
      const figures = await run(options, rivals[name], receiver, kB, count)
      if (round > 0) rounds[name].push(figures)
      const cpu = `${significant(figures.cpuMain + figures.cpuFlows)} ms`
      options.say(
        `全程 end to end  ${kB} kB  ${name.padEnd(12)} ${round === 0 ? '(warm-up) ' : ''}${figures.perSecond}/s ${cpu}`,
      )
    }
  }
  const of = <T>(make: (name: RivalName) => T): Record<RivalName, T> =>
    Object.fromEntries(RIVALS.map((name) => [name, make(name)])) as Record<RivalName, T>
  const figures = of((name) => medians(rounds[name]))
  return { kB, figures, ratios: of((name) => ratiosOf(figures[name], figures)) }
}

async function run(
  options: EndToEndOptions,
  rival: Rival,
  receiver: Receiver,
  kB: number,
  documents: number,
): Promise<EndToEndFigures> {
  const request = submissions(rival.destination, kB * 1_000, options.serials.take(documents))
  const flows = rival.flows === undefined ? [] : [rival.flows]
  const clock = async (): Promise<readonly number[]> =>
    Promise.all([[rival.main], flows, options.broker.pids, [process.pid]].map(cpuMs))
  const memory = await watchMemory([rival.main, ...flows], MEMORY_LOOK_MS)
  const before = await clock()
  const started = performance.now()
  const received = receiver.expect(documents, SILENT_MS)
  const [accepted, { lastAt, repeated }] = await Promise.all([
    load({ port: rival.destination.port, clients: options.clients, requests: documents, request }),
    received,
  ])
  const after = await clock()
  const { peak, end } = await memory.stop()
  refuseFailures(accepted)
  const cpu = (index: number): number => significant(((after[index] ?? 0) - (before[index] ?? 0)) / documents)
  return {
    perSecond: significant(documents / ((lastAt - started) / 1_000)),
    acceptPerSecond: significant(documents / accepted.seconds),
    p50: significant(accepted.p50),
    p99: significant(accepted.p99),
    cpuMain: cpu(0),
    cpuFlows: cpu(1),
    cpuBroker: cpu(2),
    cpuLoad: cpu(3),
    memoryPeak: significant(peak.resident),
    memoryEnd: significant(end.resident),
    repeated,
  }
}

function medians(all: readonly EndToEndFigures[]): EndToEndFigures {
  const of = (key: keyof EndToEndFigures): number => median(all.map((figures) => figures[key]))
  return {
    perSecond: of('perSecond'),
    acceptPerSecond: of('acceptPerSecond'),
    p50: of('p50'),
    p99: of('p99'),
    cpuMain: of('cpuMain'),
    cpuFlows: of('cpuFlows'),
    cpuBroker: of('cpuBroker'),
    cpuLoad: of('cpuLoad'),
    memoryPeak: of('memoryPeak'),
    memoryEnd: of('memoryEnd'),
    repeated: all.reduce((sum, figures) => sum + figures.repeated, 0),
  }
}

/** Of one rival's figures against the others' of the same run. */
export function ratiosOf(
  own: EndToEndFigures,
  { expert, limit }: Readonly<Record<'expert' | 'limit', EndToEndFigures>>,
): Ratios {
  const cpu = ({ cpuMain, cpuFlows }: EndToEndFigures): number => cpuMain + cpuFlows
  const withBroker = (figures: EndToEndFigures): number => cpu(figures) + figures.cpuBroker
  return {
    timesExpert: significant(own.perSecond / expert.perSecond),
    ofLimit: significant(own.perSecond / limit.perSecond),
    cpuOfExpert: significant(cpu(own) / cpu(expert)),
    cpuWithBrokerOfExpert: significant(withBroker(own) / withBroker(expert)),
  }
}
