import { mkdir } from 'node:fs/promises'
import { until } from '../test/lib/wait.ts'
import { submissionId, submissions, type Serials } from './documents.ts'
import { load } from './load.ts'
import { markdownTable } from './markdown.ts'
import { startReceiver, type Receiver } from './receiver.ts'
import { RIVAL_NAMES, startRival, type Rival } from './rivals.ts'
import { median, significant } from './statistics.ts'

export interface KillOptions {
  readonly folder: string
  /** kills of each rival, one after the other on what the last left behind */
  readonly rounds: number
  readonly clients: number
  /** acknowledged in each round before everything is killed */
  readonly documents: number
  /** milliseconds that the receiving OA takes for an item */
  readonly answerMs: number
  /** milliseconds after which nothing more is waited for once all has come: what comes twice comes within this */
  readonly afterMs: number
  readonly serials: Serials
  readonly broker: { readonly url: string }
  readonly say: (line: string) => void
}

/** What one kill of all processes of a rival cost. */
export interface KillFigures {
  readonly acknowledged: number
  /** acknowledged, and never came */
  readonly lost: number
  /** came more than once */
  readonly doubled: number
  /** came, and were never sent */
  readonly unexpected: number
  /** the receiver was asked whether it had them */
  readonly probed: number
  /** from the start of the new process */
  readonly secondsToReady: number
  /** whether it had come before or not; absent where nothing was left to deliver */
  readonly secondsToFirstDelivery: number | undefined
}

export interface KillResult {
  readonly answerMs: number
  /** sums over the rounds; of the seconds, medians */
  readonly station: KillFigures
  readonly expert: KillFigures
}

const FILE_BYTES = 1_000
/** Numbers set aside for a round. */
const MOST = 100_000
/** So long nothing came that was still missing: it is lost. */
const SILENT_MS = 30_000

/**
 * What a SIGKILL of everything loses and doubles: our station with its flow process, and the expert's flow, each under
 * load, one after the other, on one broker that lives on.
 */
export async function measureKills(options: KillOptions): Promise<KillResult> {
  await mkdir(options.folder, { recursive: true })
  return {
    answerMs: options.answerMs,
    station: await killRival(options, 'station'),
    expert: await killRival(options, 'expert'),
  }
}

async function killRival(options: KillOptions, name: 'station' | 'expert'): Promise<KillFigures> {
  const receiver = await startReceiver({ answerMs: options.answerMs })
  const place = { folder: options.folder, broker: options.broker.url, receiverPort: receiver.port }
  const rounds: KillFigures[] = []
  let rival = await startRival(name, place)
  try {
    while (rounds.length < options.rounds) {
      const { figures, next } = await killOnce(options, receiver, rival, () => startRival(name, place))
      rival = next
      rounds.push(figures)
      options.say(`断电 kill  ${name.padEnd(8)} ${JSON.stringify(figures)}`)
    }
  } finally {
    await rival.stop()
    receiver.close()
  }
  type Count = Exclude<keyof KillFigures, `seconds${string}`>
  const sum = (key: Count): number => rounds.reduce((total, figures) => total + figures[key], 0)
  const firsts = rounds.flatMap((figures) => figures.secondsToFirstDelivery ?? [])
  return {
    acknowledged: sum('acknowledged'),
    lost: sum('lost'),
    doubled: sum('doubled'),
    unexpected: sum('unexpected'),
    probed: sum('probed'),
    secondsToReady: significant(median(rounds.map((figures) => figures.secondsToReady))),
    secondsToFirstDelivery: firsts.length === 0 ? undefined : significant(median(firsts)),
  }
}

async function killOnce(
  options: KillOptions,
  receiver: Receiver,
  rival: Rival,
  restart: () => Promise<Rival>,
): Promise<{ readonly figures: KillFigures; readonly next: Rival }> {
  receiver.begin()
  const first = options.serials.take(MOST)
  const acknowledged = await loadUntilKilled(options, rival, first)
  const started = performance.now()
  const seconds = (at: number): number => significant((at - started) / 1_000)
  const next = await restart()
  const ready = performance.now()
  const isMissing = (id: string): boolean => !receiver.taken.has(id)
  await settled(receiver, options.afterMs, () => !acknowledged.some(isMissing))
  const after = [...receiver.taken.values()].flat().filter((at) => at >= started)
  const figures = {
    acknowledged: acknowledged.length,
    lost: acknowledged.filter(isMissing).length,
    doubled: [...receiver.taken.values()].filter((times) => times.length > 1).length,
    unexpected: [...receiver.taken.keys()].filter((id) => !isOf(id, first)).length,
    probed: receiver.probes,
    secondsToReady: seconds(ready),
    secondsToFirstDelivery: after.length === 0 ? undefined : seconds(Math.min(...after)),
  }
  return { figures, next }
}

/** Sends until enough is acknowledged, and kills while the load goes on; ids of what was acknowledged. */
async function loadUntilKilled(options: KillOptions, rival: Rival, first: number): Promise<readonly string[]> {
  const acknowledged: string[] = []
  let killing: Promise<void> | undefined
  await load({
    port: rival.destination.port,
    clients: options.clients,
    requests: MOST,
    request: submissions(rival.destination, FILE_BYTES, first),
    mayBreak: true,
    acknowledged(n) {
      acknowledged.push(submissionId(first + n))
      if (acknowledged.length === options.documents) killing = rival.kill()
    },
  })
  await killing
  return acknowledged
}

const isOf = (id: string, first: number): boolean => {
  const serial = Number(id.slice(submissionId(0).length - 1))
  return serial >= first && serial < first + MOST
}

/** Waits until all has come and nothing more does, or until nothing came for too long. */
async function settled(receiver: Receiver, afterMs: number, whole: () => boolean): Promise<void> {
  const quiet = (ms: number): boolean => {
    const last = [...receiver.taken.values()].at(-1)?.[0] ?? began
    return performance.now() - Math.max(last, began) >= ms
  }
  const began = performance.now()
  await until(() => (whole() ? quiet(afterMs) : quiet(SILENT_MS)), {
    what: 'the rest of the documents',
    timeoutMs: 600_000,
    everyMs: 50,
  })
}

/** For docs/performance.md. */
export function killTable({ answerMs, station, expert }: KillResult): string[] {
  const head = [
    '',
    '已确认 acknowledged',
    '丢失 lost',
    '重复 doubled',
    '多出 unexpected',
    '存疑已查 in doubt, probed',
    '就绪 ready, s',
    '首件 first delivery, s',
  ]
  const row = (name: string, figures: KillFigures): readonly (string | number)[] => [
    ...[name, figures.acknowledged, figures.lost, figures.doubled, figures.unexpected, figures.probed],
    ...[figures.secondsToReady, figures.secondsToFirstDelivery ?? '–'],
  ]
  return [
    `全部进程 kill -9，收方每件 ${answerMs} ms / kill -9 of all processes under load, an endpoint that takes ${answerMs} ms`,
    '',
    ...markdownTable(head, [row(RIVAL_NAMES.station, station), row(RIVAL_NAMES.expert, expert)]),
  ]
}
