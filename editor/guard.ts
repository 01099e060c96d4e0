import { writeSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { GUARD_FD, type GuardLine, type RunningCode } from '../core/hop/guard.ts'
import { moduleFile } from '../core/util/module-file.ts'
import type { Tracker } from '../nodes/tracker/types.ts'
import { RUNNING, type GuardData } from './guard-thread.ts'

const BEAT_MS = 250

/** What the process says of its own end, whatever its event loop does. */
export interface ExitReporter {
  /** an error that nobody caught; the caller ends the process */
  thrown(error: Error): void
  /** from now on its end is in order */
  leaving(): void
}

/**
 * Watches over a flow process from a thread of its own, which ends it when the station's end of the guard pipe closes
 * and tells the station when the event loop stands still, and who it is that holds it up.
 *
 * @param silentMs how long the event loop may stand still
 */
export function startGuard(silentMs: number, tracker: Pick<Tracker, 'running'>): ExitReporter {
  const beats = new Int32Array(new SharedArrayBuffer(4))
  const data: GuardData = { beats, silentMs, fd: GUARD_FD }
  const thread = new Worker(moduleFile(import.meta.url, './guard-thread'), {
    workerData: data,
    // It does next to nothing, and what it takes is taken from every flow process.
    resourceLimits: { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 16, codeRangeSizeMb: 1, stackSizeMb: 1 },
  })
  // Nobody watches any more: the station starts another process.
  thread.on('error', (error) => {
    throw error
  })
  thread.unref()
  setInterval(() => Atomics.add(beats, 0, 1), BEAT_MS).unref()
  Reflect.set(globalThis, RUNNING, () => JSON.stringify(runningCode(tracker)))

  let said = false
  const say = (line: GuardLine): void => {
    said = true
    writeSync(GUARD_FD, `${JSON.stringify(line)}\n`)
  }
  const running = (): { readonly running?: RunningCode } => {
    const code = runningCode(tracker)
    return code === undefined ? {} : { running: code }
  }
  process.on('exit', (code) => {
    if (!said) say({ t: 'exit', code, ...running() })
  })
  return {
    thrown: (error) => say({ t: 'thrown', error: error.message, ...running() }),
    leaving: () => say({ t: 'leaving' }),
  }
}

function runningCode(tracker: Pick<Tracker, 'running'>): RunningCode | undefined {
  const running = tracker.running()
  if (running === undefined) return undefined
  const { nodeId, nodeType, nodeName, tab } = running
  const place = {
    node: nodeId,
    nodeType,
    ...(nodeName === undefined ? {} : { nodeName }),
    ...(tab === undefined ? {} : { tab }),
  }
  const culprits = running.keys.map((key) => {
    const at = key.lastIndexOf('#')
    return { hop: key.slice(0, at), attempt: Number(key.slice(at + 1)), ...place }
  })
  return { culprits, ...place }
}
