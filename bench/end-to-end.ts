import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { moduleFile } from '../core/util/module-file.ts'
import { refuseFailures } from './accept.ts'
import { submissions, type Destination, type Serials } from './documents.ts'
import { load } from './load.ts'
import { cpuMs, startProcess } from './processes.ts'
import { startReceiver, type Receiver } from './receiver.ts'
import { median, significant } from './statistics.ts'
import { startStation } from './station.ts'

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
  /** the station's process; the expert's whole Node-RED */
  readonly cpuMain: number
  /** the flow process, where there is one */
  readonly cpuFlows: number
  readonly cpuBroker: number
  /** load and receiver: this process */
  readonly cpuLoad: number
  /** documents that were received more than once */
  readonly repeated: number
}

export interface EndToEndRow {
  readonly kB: number
  readonly ours: number
  readonly expert: number
  readonly ratio: number
  readonly detail: { readonly ours: EndToEndFigures; readonly expert: EndToEndFigures }
}

interface Rival {
  readonly destination: Destination
  readonly main: number
  readonly flows: number | undefined
}

/** Nothing came for so long: the run has failed. */
const SILENT_MS = 30_000

/**
 * Whole ways of documents: SOAP in, RabbitMQ, SOAP out; our station against the expert's flow, in turn, on one broker.
 */
export async function measureEndToEnd(options: EndToEndOptions): Promise<EndToEndRow[]> {
  await mkdir(options.folder, { recursive: true })
  const receiver = await startReceiver()
  const stops: (() => Promise<void>)[] = []
  try {
    const rivals = {
      ours: await startOurs(options, receiver, stops),
      expert: await startExpert(options, receiver, stops),
    }
    const rows: EndToEndRow[] = []
    for (const { kB, documents } of options.sizes) {
      const rounds: Record<keyof typeof rivals, EndToEndFigures[]> = { ours: [], expert: [] }
      for (let round = 0; round <= options.rounds; round++) {
        const order = round % 2 === 0 ? (['ours', 'expert'] as const) : (['expert', 'ours'] as const)
        for (const rival of order) {
          // The first round warms both up.
          const count = round === 0 ? Math.ceil(documents / 2) : documents
          const figures = await run(options, rivals[rival], receiver, kB, count)
          if (round > 0) rounds[rival].push(figures)
          options.say(
            `全程 end to end  ${kB} kB  ${rival.padEnd(6)} ${round === 0 ? '(warm-up) ' : ''}${figures.perSecond}/s`,
          )
        }
      }
      const [ours, expert] = [medians(rounds.ours), medians(rounds.expert)]
      rows.push({
        kB,
        ours: ours.perSecond,
        expert: expert.perSecond,
        ratio: significant(ours.perSecond / expert.perSecond),
        detail: { ours, expert },
      })
    }
    return rows
  } finally {
    for (const stop of stops) await stop()
    receiver.close()
  }
}

async function startOurs(options: EndToEndOptions, receiver: Receiver, stops: (() => Promise<void>)[]): Promise<Rival> {
  const station = await startStation({
    folder: join(options.folder, 'station'),
    bus: options.broker.url,
    receiverPort: receiver.port,
    flows: true,
  })
  stops.push(() => station.stop())
  return { destination: station.destination, main: station.pid, flows: station.flowsPid }
}

async function startExpert(
  options: EndToEndOptions,
  receiver: Receiver,
  stops: (() => Promise<void>)[],
): Promise<Rival> {
  const userDir = join(options.folder, 'expert')
  await mkdir(userDir, { recursive: true })
  const expert = await startProcess<{ port: number }>(
    moduleFile(import.meta.url, './rivals/expert'),
    [userDir, options.broker.url, `http://127.0.0.1:${receiver.port}/inbox`],
    join(options.folder, 'expert.log'),
  )
  stops.push(() => expert.stop())
  return {
    destination: { port: expert.ready.port, path: '/oa', account: 'bench', password: 'bench' },
    main: expert.pid,
    flows: undefined,
  }
}

async function run(
  options: EndToEndOptions,
  rival: Rival,
  receiver: Receiver,
  kB: number,
  documents: number,
): Promise<EndToEndFigures> {
  const request = submissions(rival.destination, kB * 1_000, options.serials.take(documents))
  const clock = async (): Promise<readonly number[]> =>
    Promise.all(
      [[rival.main], rival.flows === undefined ? [] : [rival.flows], options.broker.pids, [process.pid]].map(cpuMs),
    )
  const before = await clock()
  const started = performance.now()
  const received = receiver.expect(documents, SILENT_MS)
  const [accepted, { lastAt, repeated }] = await Promise.all([
    load({ port: rival.destination.port, clients: options.clients, requests: documents, request }),
    received,
  ])
  const after = await clock()
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
    repeated: all.reduce((sum, figures) => sum + figures.repeated, 0),
  }
}
