import { readFile } from 'node:fs/promises'
import { asError } from '../core/errors/error.ts'

/** Megabytes (10⁶) of a process (proc(5), status). */
export interface Memory {
  /** resident: VmRSS */
  readonly resident: number
  /** what is its own and no file's: RssAnon */
  readonly anonymous: number
}

/** What processes hold together, while they were watched and when the watch ended. */
export interface MemoryWatch {
  readonly peak: Memory
  readonly end: Memory
}

export async function memoryOf(pid: number): Promise<Memory> {
  const status = await readFile(`/proc/${pid}/status`, 'latin1')
  const megabytes = (name: string): number =>
    (Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) * 1_024) / 1e6
  return { resident: megabytes('VmRSS'), anonymous: megabytes('RssAnon') }
}

/** Looks every so many milliseconds at what these processes hold; the sums of one look belong together. */
export async function watchMemory(
  pids: readonly number[],
  everyMs: number,
): Promise<{ readonly stop: () => Promise<MemoryWatch> }> {
  let peak: Memory = { resident: 0, anonymous: 0 }
  const look = async (): Promise<Memory> => {
    const all = await Promise.all(pids.map(memoryOf))
    const sum = (key: keyof Memory): number => all.reduce((total, memory) => total + memory[key], 0)
    const now = { resident: sum('resident'), anonymous: sum('anonymous') }
    peak = {
      resident: Math.max(peak.resident, now.resident),
      anonymous: Math.max(peak.anonymous, now.anonymous),
    }
    return now
  }
  await look()
  let failed: Error | undefined
  const timer = setInterval(() => {
    look().catch((error: unknown) => (failed ??= asError(error)))
  }, everyMs)
  return {
    async stop() {
      clearInterval(timer)
      // A process that has gone was not measured to its end.
      if (failed !== undefined) throw failed
      const end = await look()
      return { peak, end }
    },
  }
}
