import { renameSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { workerData, type MessagePort } from 'node:worker_threads'
import { asError, isDiskFull } from '../errors/error.ts'
import { openForReading } from './database.ts'
import { Scrub } from './scrub.ts'
import { VolumeIndex, type Spot } from './volume-index.ts'
import type { ScrubberOptions, ScrubNews } from './scrubbing.ts'

/** The thread that looks through the volumes, slowly, beside everything else; see scrub.ts. */
const { options, port } = workerData as { options: ScrubberOptions; port: MessagePort }
const { folder, contentFolder, bytesPerSecond, everyMs } = options
const tell = (news: ScrubNews): void => port.postMessage(news)
const closing = new AbortController()
// the only word there is: the end
port.on('message', () => closing.abort())

/** Where it stands is told and kept so often, milliseconds. */
const NEWS_MS = 2_000
/** Between rounds the time is looked at so often: timers take no weeks. */
const LOOK_MS = 3600_000

/** Where a round stands, so that a restart goes on with it. */
interface Progress extends Spot {
  readonly startedAt: number
  readonly finishedAt: number
}
const file = path.join(contentFolder, 'scrub.json')

let known: Progress | undefined

function progress(): Progress {
  known ??= kept()
  return known
}

function kept(): Progress {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Progress
  } catch {
    // None yet, or torn: the round begins anew, which harms nothing.
    return { volume: 0, position: -1, startedAt: 0, finishedAt: 0 }
  }
}

function keep(state: Progress): void {
  known = state
  try {
    writeFileSync(`${file}.new`, JSON.stringify(state), { mode: 0o600 })
    renameSync(`${file}.new`, file)
  } catch (thrown) {
    // A restart then goes on from further back: what fills the disk is told by the watermark.
    if (!isDiskFull(thrown)) throw thrown
  }
}

async function pause(ms: number): Promise<void> {
  await sleep(ms, undefined, { signal: closing.signal, ref: false }).catch(() => undefined)
}

/** A thread of its own has no other clock; a jump of it begins a round too early or late, and does nothing worse. */
// eslint-disable-next-line no-restricted-syntax -- as above
const now = (): number => Date.now()

/** One round, from where the last one was left. */
async function round(index: VolumeIndex): Promise<void> {
  const before = progress()
  const resumed = before.finishedAt < before.startedAt
  const startedAt = resumed ? before.startedAt : now()
  const scrub = new Scrub(index, contentFolder, resumed ? before : undefined)
  const total = scrub.glance().reduce((sum, { bytes }) => sum + bytes, 0)
  let done = 0
  let told = -1
  let toldAt = -Infinity
  const news = (finished: boolean): void => {
    const damaged = countOf(scrub)
    if (!finished && damaged === told && performance.now() - toldAt < NEWS_MS) return
    tell({ done, total, damaged, damages: scrub.damages, finished })
    const { volume, position } = scrub.spot
    keep({ volume, position, startedAt, finishedAt: finished ? Math.max(now(), startedAt) : 0 })
    told = damaged
    toldAt = performance.now()
  }
  news(false)
  while (!closing.signal.aborted) {
    const bytes = scrub.step()
    done += bytes
    news(bytes === 0)
    if (bytes === 0) return
    await pause((bytes / bytesPerSecond) * 1000)
  }
}

/** Between rounds a start still glances: what is gone as a whole is found at once. */
function glance(index: VolumeIndex): void {
  const scrub = new Scrub(index, contentFolder)
  const total = scrub.glance().reduce((sum, { bytes }) => sum + bytes, 0)
  tell({ done: total, total, damaged: countOf(scrub), damages: scrub.damages, finished: false })
}

function countOf(scrub: Scrub): number {
  return scrub.damages.reduce((sum, { count }) => sum + count, 0)
}

const db = openForReading(folder)
try {
  const index = new VolumeIndex(db)
  const rest = (): number => {
    const { finishedAt, startedAt } = progress()
    // a clock that was set back is no reason to wait for longer
    return finishedAt < startedAt ? 0 : Math.min(everyMs, finishedAt + everyMs - now())
  }
  if (rest() > 0) glance(index)
  while (!closing.signal.aborted) {
    if (rest() <= 0) await round(index)
    else await pause(Math.min(rest(), LOOK_MS))
  }
} catch (thrown) {
  tell({ trouble: asError(thrown).message })
} finally {
  db.close()
  port.close()
}
