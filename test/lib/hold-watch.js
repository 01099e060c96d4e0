import { appendFileSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'

/**
 * Preloaded into a station (`node --import`): writes how long its event loop was held, milliseconds of this thread's
 * processor time between two ticks of a timer, a line each, into the file of YIZHAN_HOLDS. Only what is over 20 ms.
 */
const file = process.env.YIZHAN_HOLDS
if (isMainThread && file !== undefined && /station[/\\]main\.[jt]s$/.test(process.argv[1] ?? '')) {
  let last = process.threadCpuUsage()
  setInterval(() => {
    const { user, system } = process.threadCpuUsage(last)
    const ms = (user + system) / 1_000
    if (ms > 20) appendFileSync(file, `${ms.toFixed(1)}\n`)
    last = process.threadCpuUsage()
  }, 2).unref()
}
