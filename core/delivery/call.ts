import { asError } from '../errors/error.ts'
/** After its signal has aborted, a call has so long to say what it knows better than its deadline, milliseconds. */
const LAST_WORD_MS = 1_000

/** Calls under way with a deadline each, so that all can be ended together. */
export class Calls {
  readonly #underWay = new Set<(reason: Error) => void>()

  get size(): number {
    return this.#underWay.size
  }

  /**
   * Runs a call. At the deadline its signal aborts with `late()`; the call then rejects (its own error counts), and one
   * that does not is given up with that reason.
   */
  run<T>(ms: number, late: () => Error, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const controller = new AbortController()
      const abort = (reason: Error): void => {
        clearTimeout(timer)
        this.#underWay.delete(abort)
        timer = setTimeout(() => reject(reason), LAST_WORD_MS)
        controller.abort(reason)
      }
      let timer = setTimeout(() => abort(late()), ms)
      this.#underWay.add(abort)
      const ended = (): void => {
        clearTimeout(timer)
        this.#underWay.delete(abort)
      }
      start(call, controller.signal).then(
        (value) => {
          ended()
          resolve(value)
        },
        (thrown: unknown) => {
          ended()
          reject(asError(thrown))
        },
      )
    })
  }

  /** Ends all with this reason. */
  abort(reason: Error): void {
    for (const abort of [...this.#underWay]) abort(reason)
  }
}

/** A call that throws at once rejects like any other. */
async function start<T>(call: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
  return call(signal)
}
