import { mkdir } from 'node:fs/promises'
import { Agent, request as httpRequest } from 'node:http'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { submissionBodies, submissionHeaders, type Destination, type Serials } from './documents.ts'
import { markdownTable } from './markdown.ts'
import { memoryOf, watchMemory } from './memory.ts'
import { cpuMs } from './processes.ts'
import { startReceiver } from './receiver.ts'
import { startStation, type BenchStation } from './station.ts'
import { significant } from './statistics.ts'

export interface BurstOptions {
  readonly folder: string
  /** `embedded` or an amqp:// URL */
  readonly bus: string
  /** large documents at once, bytes of each one's file */
  readonly documents: number
  readonly fileBytes: number
  /** units that the one document of the second part goes to */
  readonly copies: number
  /** how long after the burst memory is looked at again, milliseconds */
  readonly restMs: number
  readonly serials: Serials
  readonly say: (line: string) => void
}

/** RssAnon, megabytes. */
export interface BurstMemory {
  readonly before: number
  readonly peak: number
  /** after the rest */
  readonly after: number
}

export interface BurstResult {
  readonly documents: number
  readonly fileBytes: number
  readonly restMs: number
  readonly station: BurstMemory
  readonly flows: BurstMemory
  /** from the first byte sent to the last document's answer, and to its receipt */
  readonly secondsToAllTaken: number
  readonly secondsToAllDelivered: number
  /** refusals by what they said, each sent again when its Retry-After was over */
  readonly refused: Readonly<Record<string, number>>
  readonly spread: SpreadResult
}

/** One large document to many units. */
export interface SpreadResult {
  readonly copies: number
  readonly secondsToAnswer: number
  /** until the last copy had come */
  readonly secondsToLastCopy: number
  /** of station and flows, the acceptance included */
  readonly cpuMsEachCopy: number
}

const MEMORY_LOOK_MS = 20
const SILENT_MS = 120_000
/** Before what was refused without a Retry-After, or cut off, is sent again. */
const AGAIN_MS = 1_000

/** Large documents all at once: what they hold in memory, when they are taken, and one of them to many units. */
export async function measureBurst(options: BurstOptions): Promise<BurstResult> {
  await mkdir(options.folder, { recursive: true })
  const receiver = await startReceiver({ counts: 'copies' })
  const station = await startStation({
    folder: join(options.folder, 'station'),
    bus: options.bus,
    receiverPort: receiver.port,
    flows: true,
    recipients: options.copies,
  })
  try {
    const [main, flows] = [station.pid, flowsOf(station)]
    const anonymous = async (pid: number): Promise<number> => (await memoryOf(pid)).anonymous
    const before = [await anonymous(main), await anonymous(flows)] as const
    const watches = [await watchMemory([main], MEMORY_LOOK_MS), await watchMemory([flows], MEMORY_LOOK_MS)] as const
    const started = performance.now()
    const seconds = (at: number): number => significant((at - started) / 1_000)
    const delivered = receiver.expect(options.documents, SILENT_MS)
    const [{ refused, lastAt }, last] = await Promise.all([burst(options, station.destination), delivered])
    const peaks = await Promise.all(watches.map((watch) => watch.stop()))
    options.say(`突发 burst  ${options.documents} taken after ${seconds(lastAt)} s; ${JSON.stringify(refused)}`)
    await delay(options.restMs)
    const memory = async (n: 0 | 1, pid: number): Promise<BurstMemory> => ({
      before: significant(before[n]),
      peak: significant(peaks[n]?.peak.anonymous ?? Number.NaN),
      after: significant(await anonymous(pid)),
    })
    return {
      documents: options.documents,
      fileBytes: options.fileBytes,
      restMs: options.restMs,
      station: await memory(0, main),
      flows: await memory(1, flows),
      secondsToAllTaken: seconds(lastAt),
      secondsToAllDelivered: seconds(last.lastAt),
      refused,
      spread: await spread(options, station, receiver),
    }
  } finally {
    await station.stop()
    receiver.close()
  }
}

function flowsOf(station: BenchStation): number {
  if (station.flowsPid === undefined) throw new Error('the station has no flow process')
  return station.flowsPid
}

/** Each sender has a connection of its own and sends again what was refused, until it is taken. */
async function burst(
  options: BurstOptions,
  destination: Destination,
): Promise<{ readonly refused: Record<string, number>; readonly lastAt: number }> {
  const bodies = submissionBodies(destination, options.fileBytes, options.serials.take(options.documents))
  const refused: Record<string, number> = {}
  await Promise.all(
    Array.from({ length: options.documents }, async (_, n) => {
      const pieces = bodies(n)
      for (;;) {
        const answer = await send(destination, pieces)
        if (answer.taken) return
        refused[answer.code] = (refused[answer.code] ?? 0) + 1
        await delay(answer.againMs)
      }
    }),
  )
  return { refused, lastAt: performance.now() }
}

async function spread(
  options: BurstOptions,
  station: BenchStation,
  receiver: Awaited<ReturnType<typeof startReceiver>>,
): Promise<SpreadResult> {
  const { copies } = options
  const destination = { ...station.destination, recipients: copies }
  const body = submissionBodies(destination, options.fileBytes, options.serials.take(1))(0)
  const pids = [station.pid, flowsOf(station)]
  const before = await cpuMs(pids)
  const started = performance.now()
  const all = receiver.expect(copies, SILENT_MS)
  const answer = await send(destination, body)
  if (!answer.taken) throw new Error(`the document for ${copies} units was refused: ${answer.code}`)
  const answered = performance.now()
  const { lastAt } = await all
  const cpu = (await cpuMs(pids)) - before
  return {
    copies,
    secondsToAnswer: significant((answered - started) / 1_000),
    secondsToLastCopy: significant((lastAt - started) / 1_000),
    cpuMsEachCopy: significant(cpu / copies),
  }
}

type Answer = { readonly taken: true } | { readonly taken: false; readonly code: string; readonly againMs: number }

/** A connection that is cut off before an answer counts as a refusal without a reason. */
function send(to: Destination, pieces: readonly Buffer[]): Promise<Answer> {
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0)
  return new Promise((resolve) => {
    const request = httpRequest(
      {
        host: '127.0.0.1',
        port: to.port,
        path: to.path,
        method: 'POST',
        agent: new Agent(),
        headers: { ...submissionHeaders(to), 'Content-Length': length },
      },
      (response) => {
        response.resume()
        const code = /[A-Z_]+/.exec(String(response.headers['yizhan-error'] ?? ''))?.[0] ?? String(response.statusCode)
        const againMs = Number(response.headers['retry-after'] ?? Number.NaN) * 1_000
        response.on('end', () =>
          resolve(
            response.statusCode === 200
              ? { taken: true }
              : { taken: false, code, againMs: Number.isNaN(againMs) ? AGAIN_MS : againMs },
          ),
        )
        response.on('error', () => resolve({ taken: false, code, againMs: AGAIN_MS }))
      },
    )
    request.on('error', (error: NodeJS.ErrnoException) =>
      resolve({ taken: false, code: error.code ?? error.message, againMs: AGAIN_MS }),
    )
    for (const piece of pieces) request.write(piece)
    request.end()
  })
}

/** For docs/performance.md. */
export function burstTable(result: BurstResult): string[] {
  const { documents, fileBytes, restMs, station, flows, refused, spread } = result
  const megabytes = significant(fileBytes / 1e6)
  const row = (name: string, { before, peak, after }: BurstMemory) => [name, before, peak, after]
  const refusals = Object.entries(refused).map(([code, times]) => `${code} × ${times}`)
  return [
    `突发：${documents} 件 ${megabytes} MB 同时 / ${documents} documents of ${megabytes} MB at once`,
    '',
    ...markdownTable(
      ['RssAnon, MB', '之前 before', '峰值 peak', `${significant(restMs / 1_000)} s 后 later`],
      [row('站点 station', station), row('流程 flows', flows)],
    ),
    '',
    ...markdownTable(
      ['全部收下 all taken, s', '全部送达 all delivered, s', '拒收 refused'],
      [[result.secondsToAllTaken, result.secondsToAllDelivered, refusals.join(', ') || '–']],
    ),
    '',
    ...markdownTable(
      [`${megabytes} MB → 单位 units`, '应答 answered, s', '末份 last copy, s', '每份处理器毫秒 processor ms a copy'],
      [[spread.copies, spread.secondsToAnswer, spread.secondsToLastCopy, spread.cpuMsEachCopy]],
    ),
  ]
}
