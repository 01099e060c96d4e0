import { setTimeout as delay } from 'node:timers/promises'
import type { City } from '../oa/city.ts'
import type { Progress } from '../opening-day/progress.ts'
import type { Random } from '../opening-day/random.ts'
import type { StationProcess } from './station-process.ts'

/** Between one kill and the next, counted from when the victim was back, in milliseconds. */
const PAUSE = { from: 300, to: 2_500 }

/**
 * Kills the station or its flow process with SIGKILL at random instants, `times` times, and waits each time until the
 * station is ready again. Resolves when all kills are done, or the day is over.
 */
export async function killAtRandom(parts: { readonly station: StationProcess; readonly city: City; readonly random: Random; readonly times: number; readonly progress: Progress; readonly over: AbortSignal }): Promise<number> {
  const { station, city, random, times, progress, over } = parts
  let done = 0
  while (done < times) {
    await delay(random.integer(PAUSE.from, PAUSE.to), undefined, { signal: over }).catch((error: unknown) => {
      if (!over.aborted) throw error
    })
    if (over.aborted) break
    const ready = await station.whenReady()
    const victim = random.next() < 0.5 ? 'flows' : 'station'
    const pid = victim === 'flows' ? await flowsPid(ready.http) : ready.pid
    // A flow process that is just being replaced has no pid: the station is at hand.
    const [process_, target] = pid === undefined ? (['station', ready.pid] as const) : ([victim, pid] as const)
    await city.desk.clerk.note({ t: 'kill', at: new Date().toISOString(), process: process_, pid: target })
    if (!kill(target)) continue
    done++
    progress.say(`☠ SIGKILL ${process_ === 'flows' ? '流程进程 flow process' : '站点 station'} ${target} (${done}/${times})`)
  }
  return done
}

/** The flow process, as the station's health page names it. */
async function flowsPid(http: string): Promise<number | undefined> {
  try {
    const health = (await (await fetch(`${http}/healthz`, { signal: AbortSignal.timeout(2_000) })).json()) as { flows?: { pid?: number } }
    return health.flows?.pid
  } catch (error) {
    // Not answering just now: it may be on its way down or up.
    if (error instanceof Error) return undefined
    throw error
  }
}

function kill(pid: number): boolean {
  try {
    process.kill(pid, 'SIGKILL')
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
    throw error
  }
}
