import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { refuseFailures } from './accept.ts'
import { numberOf, submissions, type Serials } from './documents.ts'
import { fill, type Filled } from './fill.ts'
import { load } from './load.ts'
import { markdownTable } from './markdown.ts'
import { cpuMs } from './processes.ts'
import { startReceiver, type Receiver } from './receiver.ts'
import { startStation, type BenchStation } from './station.ts'
import { median, significant } from './statistics.ts'

export interface GrowthOptions {
  readonly folder: string
  readonly rounds: number
  readonly clients: number
  /** finished messages in the small and in the large ledger */
  readonly small: number
  readonly large: number
  /** documents of a round */
  readonly documents: number
  readonly serials: Serials
  readonly say: (line: string) => void
}

/** One ledger of so many messages. */
export interface GrowthFigures {
  readonly messages: number
  /** of station and flows, milliseconds a document, from the sender to the receiver */
  readonly cpuMs: number
  readonly wallMs: number
  /** from the start of the process until it is ready */
  readonly secondsToStart: number
  /** milliseconds until the operators' interface has answered where a document with a number is */
  readonly findMs: number
  readonly bytesEach: number
}

export interface GrowthResult {
  readonly small: GrowthFigures
  readonly large: GrowthFigures
  /** large against small */
  readonly cpuRatio: number
  readonly wallRatio: number
  /** what the generator managed */
  readonly filledPerSecond: number
}

const FILE_BYTES = 1_000
const FINDS = 7
const SILENT_MS = 60_000

/** A ledger under measurement: what it was filled with, and what was seen of it. */
class Grown {
  readonly name: string
  readonly messages: number
  readonly firstSerial: number
  readonly filled: Filled
  readonly starts: number[] = []
  readonly cpus: number[] = []
  readonly walls: number[] = []
  readonly finds: number[] = []

  constructor(name: string, messages: number, firstSerial: number, filled: Filled) {
    this.name = name
    this.messages = messages
    this.firstSerial = firstSerial
    this.filled = filled
  }

  figures(): GrowthFigures {
    const middle = (values: readonly number[]): number => significant(median(values))
    return {
      messages: this.messages,
      cpuMs: middle(this.cpus),
      wallMs: middle(this.walls),
      secondsToStart: middle(this.starts),
      findMs: middle(this.finds),
      bytesEach: Math.round(this.filled.bytesOnDisk / this.messages),
    }
  }
}

/**
 * What a document costs in a ledger of many finished messages against one of few: two stations on the embedded bus,
 * each on a ledger that was filled before, started and measured in turn.
 */
export async function measureGrowth(options: GrowthOptions): Promise<GrowthResult> {
  await mkdir(options.folder, { recursive: true })
  const receiver = await startReceiver()
  try {
    const [small, large] = [await grow(options, 'small', options.small), await grow(options, 'large', options.large)]
    for (let round = 0; round < options.rounds; round++)
      for (const grown of round % 2 === 0 ? [small, large] : [large, small]) await measure(options, grown, receiver)
    const figures = { small: small.figures(), large: large.figures() }
    return {
      ...figures,
      cpuRatio: significant(figures.large.cpuMs / figures.small.cpuMs),
      wallRatio: significant(figures.large.wallMs / figures.small.wallMs),
      filledPerSecond: Math.round(large.messages / large.filled.seconds),
    }
  } finally {
    receiver.close()
  }
}

async function grow({ folder, serials, say }: GrowthOptions, name: string, messages: number): Promise<Grown> {
  const firstSerial = serials.take(messages)
  const data = join(folder, name, 'data')
  return new Grown(name, messages, firstSerial, await fill({ data, messages, firstSerial, fileBytes: FILE_BYTES, say }))
}

async function measure(options: GrowthOptions, grown: Grown, receiver: Receiver): Promise<void> {
  const started = performance.now()
  const station = await startStation({
    folder: join(options.folder, grown.name),
    bus: 'embedded',
    receiverPort: receiver.port,
    flows: true,
  })
  const secondsToStart = (performance.now() - started) / 1_000
  try {
    // A process that has just started is not the one whose cost is asked for.
    await run(options, station, receiver)
    const { cpu, wall } = await run(options, station, receiver)
    const finds: number[] = []
    for (let n = 0; n < FINDS; n++) finds.push(await find(station, grown, n))
    options.say(`增长 growth  ${grown.messages} ${significant(cpu)} ms`)
    grown.starts.push(secondsToStart)
    grown.cpus.push(cpu)
    grown.walls.push(wall)
    grown.finds.push(...finds)
  } finally {
    await station.stop()
  }
}

/** Milliseconds a document: processor time of station and flows, and time. */
async function run(
  { documents, clients, serials }: GrowthOptions,
  station: BenchStation,
  receiver: Receiver,
): Promise<{ readonly cpu: number; readonly wall: number }> {
  const request = submissions(station.destination, FILE_BYTES, serials.take(documents))
  const pids = [station.pid, ...(station.flowsPid === undefined ? [] : [station.flowsPid])]
  const before = await cpuMs(pids)
  const started = performance.now()
  const received = receiver.expect(documents, SILENT_MS)
  const [accepted, { lastAt }] = await Promise.all([
    load({ port: station.destination.port, clients, requests: documents, request }),
    received,
  ])
  refuseFailures(accepted)
  return { cpu: ((await cpuMs(pids)) - before) / documents, wall: (lastAt - started) / documents }
}

async function find(station: BenchStation, { firstSerial, messages }: Grown, n: number): Promise<number> {
  const number = numberOf(firstSerial + Math.floor((messages * n) / FINDS))
  const started = performance.now()
  const found = await station.admin(`where?${new URLSearchParams({ q: number, actor: 'bench' }).toString()}`)
  if (!Array.isArray(found) || found.length !== 1) throw new Error(`${number}: ${JSON.stringify(found)}`)
  return performance.now() - started
}

/** For docs/performance.md. */
export function growthTable({ small, large, cpuRatio, wallRatio, filledPerSecond }: GrowthResult): string[] {
  const head = [
    '台账中 messages in the ledger',
    '处理器 processor ms a document',
    'ms a document',
    '启动 start, s',
    '按文号查 find by number, ms',
    '每条占盘 bytes on disk a message',
  ]
  const row = ({ messages, cpuMs, wallMs, secondsToStart, findMs, bytesEach }: GrowthFigures) =>
    [messages, cpuMs, wallMs, secondsToStart, findMs, bytesEach] as const
  return [
    `增长 Growth; ${filledPerSecond} filled a second; 倍数 ratios: ${cpuRatio} processor, ${wallRatio} time`,
    '',
    ...markdownTable(head, [row(small), row(large)]),
  ]
}
