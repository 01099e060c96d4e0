import { slowness } from '../../lib/yardstick.ts'

/**
 * Starts to count this thread's processor time; what it returns tells it, in milliseconds of the machine that
 * `slowness` speaks of. A bound on how long bad input may keep us busy is held against this: on a shared machine time
 * passes while others run.
 */
export function cpuTime(): () => number {
  const before = process.threadCpuUsage()
  return () => {
    const { user, system } = process.threadCpuUsage(before)
    return (user + system) / 1_000 / slowness()
  }
}
