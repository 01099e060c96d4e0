import { slowness } from './yardstick.ts'

/** No input up to its limit holds the event loop for longer; milliseconds of the machine that `slowness` speaks of. */
export const MOST_HOLD_MS = 100

/**
 * The monitor of a test that tries thousands of inputs: one that seems to take too long is done again under the closest
 * look, so that what counts is the input and no collector or compiler. Each piece of work may be done several times.
 */
export class Holds {
  #longest = 0

  /** The longest that one of them held the event loop, as far as it was over the limit; milliseconds. */
  get longest(): number {
    return this.#longest
  }

  async of<T>(work: () => T | Promise<T>): Promise<T> {
    const before = process.threadCpuUsage()
    const result = await work()
    const { user, system } = process.threadCpuUsage(before)
    if ((user + system) / 1_000 > MOST_HOLD_MS)
      this.#longest = Math.max(this.#longest, await holdOf(work, MOST_HOLD_MS))
    return result
  }
}

/**
 * How long the event loop was held, as processor time of this thread between two of its rounds: a machine that is busy
 * with others does not lengthen it. Work of other threads does not count, nor does waiting.
 */
class HoldMonitor {
  #longest = 0
  #last = process.threadCpuUsage()
  #running = true

  constructor() {
    const look = (): void => {
      if (!this.#running) return
      this.#look()
      setImmediate(look)
    }
    setImmediate(look)
  }

  /** The longest round since the beginning or the last call, the present one included, milliseconds. */
  take(): number {
    this.#look()
    const longest = this.#longest
    this.#longest = 0
    return longest
  }

  stop(): void {
    this.#running = false
  }

  #look(): void {
    const { user, system } = process.threadCpuUsage(this.#last)
    this.#last = process.threadCpuUsage()
    this.#longest = Math.max(this.#longest, (user + system) / 1_000)
  }
}

/**
 * The longest that one piece of work holds the event loop, milliseconds: the least of up to five tries, so that a
 * compiler or a collector that came between is not taken for the work; one try where that is enough: pass the limit,
 * and a busy machine does no more than one.
 */
export async function holdOf(work: () => unknown, enoughMs: number): Promise<number> {
  let least = Infinity
  for (let tries = 0; tries < 5 && least > enoughMs; tries++) {
    const monitor = new HoldMonitor()
    try {
      // A round of its own: what made the input is no part of it.
      await new Promise((resolve) => setImmediate(resolve))
      monitor.take()
      await work()
      const held = monitor.take()
      least = Math.min(least, held > enoughMs ? held / slowness() : held)
    } finally {
      monitor.stop()
    }
  }
  return least
}
