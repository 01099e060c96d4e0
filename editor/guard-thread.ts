import { writeSync } from 'node:fs'
import { Session, type Runtime } from 'node:inspector'
import { Socket } from 'node:net'
import { isMainThread, workerData } from 'node:worker_threads'
import type { GuardLine, RunningCode } from '../core/hop/guard.ts'

export interface GuardData {
  /** counted up by the event loop that is watched */
  readonly beats: Int32Array
  readonly silentMs: number
  /** of the guard pipe */
  readonly fd: number
}

/** Where the main thread says, on its global object, whose code it runs: a function that returns JSON or undefined. */
export const RUNNING = Symbol.for('yizhan.running')

const LOOK_MS = 500
/** A look that comes later than this was held up itself, by a stopped process or a busy machine. */
const LATE_MS = 1_000
/**
 * How long the main thread may take to say whose code it runs: it answers within its loop, but not within one call of
 * the engine.
 */
const ANSWER_MS = 2_000

if (!isMainThread) watch(workerData as GuardData)

function watch({ beats, silentMs, fd }: GuardData): void {
  // Whoever started this process is gone, however it went: nobody else would ever end a loop.
  const pipe = new Socket({ fd, readable: true, writable: false })
  const end = (): void => void process.kill(process.pid, 'SIGKILL')
  pipe.on('error', end).on('close', end).resume()

  let last = Atomics.load(beats, 0)
  let looked = performance.now()
  let still = 0
  setInterval(() => {
    const now = performance.now()
    const beat = Atomics.load(beats, 0)
    still = beat === last ? still + Math.min(now - looked, LATE_MS) : 0
    last = beat
    looked = now
    if (still < silentMs) return
    const ms = Math.round(still)
    still = Number.NEGATIVE_INFINITY
    whoseCode((running) => {
      const line: GuardLine = { t: 'stuck', ms, ...(running === undefined ? {} : { running }) }
      writeSync(fd, `${JSON.stringify(line)}\n`)
    })
  }, LOOK_MS)
}

/** Asks the main thread within whatever it does: the engine interrupts its code for the question. */
function whoseCode(tell: (running: RunningCode | undefined) => void): void {
  const session = new Session()
  let told = false
  const once = (running?: RunningCode): void => {
    if (told) return
    told = true
    tell(running)
  }
  setTimeout(once, ANSWER_MS)
  session.connectToMainThread()
  session.post(
    'Runtime.evaluate',
    { expression: "globalThis[Symbol.for('yizhan.running')]?.()", returnByValue: true },
    (error: Error | null, answer?: Runtime.EvaluateReturnType) => {
      const json: unknown = error === null ? answer?.result.value : undefined
      once(typeof json === 'string' ? (JSON.parse(json) as RunningCode) : undefined)
    },
  )
}
