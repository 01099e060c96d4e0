import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { moduleFile } from '../core/util/module-file.ts'
import { submissions, type Destination, type Serials } from './documents.ts'
import { load, type LoadResult } from './load.ts'
import { markdownTable } from './markdown.ts'
import { cpuMs, startProcess } from './processes.ts'
import { median, significant } from './statistics.ts'
import { startStation } from './station.ts'

export interface AcceptOptions {
  readonly folder: string
  readonly rounds: number
  readonly requests: number
  readonly clients: number
  readonly serials: Serials
  readonly say: (line: string) => void
}

/** Requests a second, and milliseconds. */
export interface AcceptFigures {
  readonly perSecond: number
  readonly p50: number
  readonly p99: number
  readonly cpuMsEach: number
}

export interface AcceptResult {
  readonly ours: number
  readonly limit: number
  readonly ratio: number
  readonly detail: { readonly ours: AcceptFigures; readonly limit: AcceptFigures }
}

const FILE_BYTES = 1_000

/**
 * The rate of acceptance against that of a server that does nothing but one durable insert a request. The same
 * requests to both, in turn. The flow process is off: what is accepted waits in the ledger, as it would in an outage.
 */
export async function measureAcceptance(options: AcceptOptions): Promise<AcceptResult> {
  const { folder } = options
  await mkdir(folder, { recursive: true })
  const stationOptions = { folder: join(folder, 'station'), bus: 'embedded', receiverPort: 9 }
  // Subscriptions are durable: once the flows have run, what comes is kept for them.
  await startStation({ ...stationOptions, flows: true }).then((station) => station.stop())
  const station = await startStation({ ...stationOptions, flows: false })
  const insert = await startProcess<{ port: number }>(
    moduleFile(import.meta.url, './rivals/insert-server'),
    [join(folder, 'insert.db')],
    join(folder, 'insert.log'),
  )
  try {
    const rivals = {
      ours: { pid: station.pid, destination: station.destination },
      limit: { pid: insert.pid, destination: { ...station.destination, port: insert.ready.port } },
    }
    const rounds: Record<keyof typeof rivals, AcceptFigures[]> = { ours: [], limit: [] }
    for (let round = 0; round <= options.rounds; round++) {
      const order = round % 2 === 0 ? (['ours', 'limit'] as const) : (['limit', 'ours'] as const)
      for (const rival of order) {
        const figures = await run(options, rivals[rival])
        // The first round warms both up.
        if (round > 0) rounds[rival].push(figures)
        options.say(`接收 accept  ${rival.padEnd(6)} ${round === 0 ? '(warm-up) ' : ''}${figures.perSecond}/s`)
      }
    }
    const [ours, limit] = [medians(rounds.ours), medians(rounds.limit)]
    return {
      ours: ours.perSecond,
      limit: limit.perSecond,
      ratio: significant(ours.perSecond / limit.perSecond),
      detail: { ours, limit },
    }
  } finally {
    await Promise.all([station.stop(), insert.stop()])
  }
}

async function run(
  options: AcceptOptions,
  rival: { readonly pid: number; readonly destination: Destination },
): Promise<AcceptFigures> {
  const first = options.serials.take(options.requests)
  const before = await cpuMs([rival.pid])
  const result = await load({
    port: rival.destination.port,
    clients: options.clients,
    requests: options.requests,
    request: submissions(rival.destination, FILE_BYTES, first),
  })
  refuseFailures(result)
  const cpu = (await cpuMs([rival.pid])) - before
  return {
    perSecond: Math.round(result.requests / result.seconds),
    p50: significant(result.p50),
    p99: significant(result.p99),
    cpuMsEach: significant(cpu / result.requests),
  }
}

/** A rate with failures in it says nothing. */
export function refuseFailures(result: LoadResult): void {
  if (result.failures > 0)
    throw new Error(`${result.failures} of ${result.requests} requests failed: ${result.failure ?? ''}`)
}

/** For docs/performance.md. */
export function acceptTable({ ours, limit, ratio, detail }: AcceptResult): string[] {
  const row = (name: string, perSecond: number, of: number, { p50, p99, cpuMsEach }: AcceptFigures) =>
    [name, perSecond, of, p50, p99, cpuMsEach] as const
  return [
    '接收 Acceptance, 1 kB, 64 clients',
    '',
    ...markdownTable(
      ['', '每秒 a second', '× insert only', 'p50 ms', 'p99 ms', '处理器 processor ms'],
      [row('驿站 station', ours, ratio, detail.ours), row('只写库 insert only', limit, 1, detail.limit)],
    ),
  ]
}

function medians(all: readonly AcceptFigures[]): AcceptFigures {
  const of = (key: keyof AcceptFigures): number => median(all.map((figures) => figures[key]))
  return { perSecond: of('perSecond'), p50: of('p50'), p99: of('p99'), cpuMsEach: of('cpuMsEach') }
}
