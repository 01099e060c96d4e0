import { pause } from '../../core/util/pause.ts'

export interface RefreshRules {
  /** while somebody looks, milliseconds */
  readonly everyMs: number
  /** of one processor, at most: what takes long is asked less often */
  readonly share: number
}

/**
 * Something that is asked for again and again, as often as it may cost: what takes 10 ms at a share of 0.005 is asked
 * every 2 s at the soonest.
 */
export class Refreshed<Value> {
  readonly #ask: () => Promise<Value>
  readonly #rules: RefreshRules
  readonly #told: (value: Value) => void
  readonly #trouble: (error: unknown) => void
  readonly #ending = new AbortController()
  #running: Promise<void> | undefined
  #wake = new AbortController()
  #first: Promise<Value> | undefined

  constructor(
    ask: () => Promise<Value>,
    rules: RefreshRules,
    told: (value: Value) => void,
    trouble: (error: unknown) => void,
  ) {
    this.#ask = ask
    this.#rules = rules
    this.#told = told
    this.#trouble = trouble
  }

  /** What was asked last; asks where nothing was yet. */
  now(): Promise<Value> {
    this.#first ??= this.#once()
    return this.#first
  }

  /** @param watched whether anybody looks: otherwise nothing is asked */
  start(watched: () => boolean): void {
    this.#running ??= this.#run(watched)
  }

  /** Something has changed that nobody should wait for. */
  soon(): void {
    this.#wake.abort()
  }

  async close(): Promise<void> {
    this.#ending.abort()
    this.soon()
    await this.#running
  }

  async #run(watched: () => boolean): Promise<void> {
    while (!this.#ending.signal.aborted) {
      const began = performance.now()
      if (watched()) await this.#once().catch(this.#trouble)
      // of the next look that nobody waited for, what is known now is old
      else this.#first = undefined
      const took = performance.now() - began
      const { everyMs, share } = this.#rules
      this.#wake = new AbortController()
      await pause(Math.max(everyMs, took / share), AbortSignal.any([this.#wake.signal, this.#ending.signal]), false)
    }
  }

  async #once(): Promise<Value> {
    const asked = this.#ask()
    this.#first = asked
    try {
      const value = await asked
      this.#told(value)
      return value
    } catch (error) {
      this.#first = undefined
      throw error
    }
  }
}
