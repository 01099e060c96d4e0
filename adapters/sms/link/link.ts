import { asError, YizhanError } from '../../../core/errors/error.ts'
import { withoutDoubt } from '../../kit/doubt.ts'
import type { SmsHouse } from '../transport.ts'
import { orAborted } from './abort.ts'
import type { WindowPlace } from './window.ts'
import { pause } from '../../../core/util/pause.ts'

/** One logged-in connection to a centre. */
export interface CentreConnection {
  /** resolves with the reason when it has ended; never rejects */
  readonly closed: Promise<Error>
  /**
   * So many places of the window, at most all of it, when they are free together. Rejects, without doubt, when the
   * signal aborts.
   */
  places(count: number, signal: AbortSignal): Promise<WindowPlace[]>
  /** orderly, in bounded time */
  close(): Promise<void>
}

/** Keeps one connection to a centre: connects again with a wait that doubles, and says once when it is lost. */
export class CentreLink<C extends CentreConnection> {
  readonly #house: SmsHouse
  readonly #backoff: { readonly backoffMs: number; readonly maxBackoffMs: number }
  readonly #open: (signal: AbortSignal) => Promise<C>
  readonly #stop = new AbortController()
  #attempt: Promise<C> | undefined
  #run: Promise<void> | undefined
  #isLost = false
  #reason: Error = new Error('not started')

  /** @param open connects and logs in; rejects when its signal aborts */
  constructor(
    house: SmsHouse,
    backoff: { readonly backoffMs: number; readonly maxBackoffMs: number },
    open: (signal: AbortSignal) => Promise<C>,
  ) {
    this.#house = house
    this.#backoff = backoff
    this.#open = open
  }

  start(): void {
    this.#run ??= this.#keep()
  }

  /**
   * The connection, or that of the attempt under way; between attempts it rejects with the reason of the last one
   * (YizhanError, retryable, not in doubt).
   */
  async get(signal: AbortSignal): Promise<C> {
    if (this.#attempt !== undefined) {
      const refuse = (error: unknown): never => {
        throw this.#unreachable(error)
      }
      return orAborted(this.#attempt.catch(refuse), signal, () => withoutDoubt(signal.reason))
    }
    throw this.#unreachable(this.#reason)
  }

  /** Resolves when the connection has been closed in order. */
  async close(): Promise<void> {
    this.#stop.abort(new Error('closed'))
    await this.#run
  }

  async #keep(): Promise<void> {
    const { backoffMs, maxBackoffMs } = this.#backoff
    const stop = this.#stop.signal
    let wait = backoffMs
    while (!stop.aborted) {
      const since = performance.now()
      await this.#once(stop)
      // A centre that lets us in and drops us at once is not to be hammered either.
      wait = performance.now() - since > maxBackoffMs ? backoffMs : Math.min(wait, maxBackoffMs)
      await pause(wait, stop)
      wait *= 2
    }
  }

  async #once(stop: AbortSignal): Promise<void> {
    try {
      this.#attempt = this.#open(stop)
      const connection = await this.#attempt
      this.#isLost = false
      this.#emit('sms.connected')
      const close = (): void => void connection.close()
      stop.addEventListener('abort', close, { once: true })
      if (stop.aborted) close()
      this.#reason = await connection.closed
      stop.removeEventListener('abort', close)
    } catch (error) {
      this.#reason = asError(error)
    } finally {
      this.#attempt = undefined
    }
    if (!stop.aborted && !this.#isLost) {
      this.#isLost = true
      this.#emit('sms.lost', this.#reason)
    }
  }

  #unreachable(reason: unknown): YizhanError {
    if (reason instanceof YizhanError && reason.retryable && !reason.inDoubt) return reason
    const { message } = asError(reason)
    return new YizhanError('SYSTEM_UNREACHABLE', { field: this.#house.system, detail: message }, { cause: reason })
  }

  #emit(code: 'sms.connected' | 'sms.lost', error?: Error): void {
    const { system, clock, emit } = this.#house
    emit.emit({
      code,
      at: clock.now(),
      system,
      ...(error === undefined
        ? {}
        : { detail: error.message, error: error instanceof YizhanError ? error.code : undefined }),
    })
  }
}
