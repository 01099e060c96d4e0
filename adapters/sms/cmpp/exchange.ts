import { YizhanError } from '../../../core/errors/error.ts'
import { answerTo } from './commands.ts'
import { writeFrame, type Frame } from './frame.ts'

interface Pending {
  readonly command: number
  readonly answered: PromiseWithResolvers<Frame>
  readonly timer: NodeJS.Timeout
}

/** Requests of ours on one connection: numbered, sent again after T, given up after N times. */
export class Exchange {
  readonly #system: string
  readonly #timing: { readonly answerMs: number; readonly tries: number }
  readonly #write: (bytes: Buffer) => void
  readonly #pending = new Map<number, Pending>()
  #sequence = 0
  #drained: (() => void) | undefined

  constructor(
    system: string,
    timing: { readonly answerMs: number; readonly tries: number },
    write: (bytes: Buffer) => void,
  ) {
    this.#system = system
    this.#timing = timing
    this.#write = write
  }

  /**
   * Sends at once and resolves with the answer. Sent again it bears the same Sequence_Id, by which a centre can tell.
   * Rejects with SYSTEM_TIMEOUT or with the reason given to `end`, always in doubt.
   *
   * @param wanted aborted, nothing is sent again: whoever asked has given up and may ask anew; an answer is still
   * waited for
   */
  ask(command: number, body: Buffer, wanted?: AbortSignal): Promise<Frame> {
    this.#sequence = this.#sequence >= 0xffff_ffff ? 1 : this.#sequence + 1
    const sequence = this.#sequence
    const bytes = writeFrame({ command, sequence, body })
    const answered = Promise.withResolvers<Frame>()
    let sent = 1
    const timer = setInterval(() => {
      if (sent < this.#timing.tries) {
        sent++
        if (wanted?.aborted !== true) this.#write(bytes)
        return
      }
      this.#take(sequence)
      const { answerMs, tries } = this.#timing
      answered.reject(
        new YizhanError(
          'SYSTEM_TIMEOUT',
          { field: this.#system, rule: `${tries} × ${answerMs} ms` },
          { inDoubt: true },
        ),
      )
    }, this.#timing.answerMs)
    this.#pending.set(sequence, { command, answered, timer })
    this.#write(bytes)
    return answered.promise
  }

  /** An answer of the centre; one that nobody waits for (late, twice) is let pass. */
  answer(frame: Frame): void {
    const pending = this.#pending.get(frame.sequence)
    if (pending === undefined || answerTo(pending.command) !== frame.command) return
    this.#take(frame.sequence)
    pending.answered.resolve(frame)
  }

  /** Resolves when nothing waits for an answer. */
  drained(): Promise<void> {
    if (this.#pending.size === 0) return Promise.resolve()
    return new Promise((resolve) => (this.#drained = resolve))
  }

  /** The connection has ended: whether what waits was carried out is not known. */
  end(reason: Error): void {
    for (const [sequence, { answered }] of [...this.#pending]) {
      this.#take(sequence)
      answered.reject(
        new YizhanError(
          'SYSTEM_UNREACHABLE',
          { field: this.#system, detail: reason.message },
          { cause: reason, inDoubt: true },
        ),
      )
    }
  }

  #take(sequence: number): void {
    clearInterval(this.#pending.get(sequence)?.timer)
    this.#pending.delete(sequence)
    if (this.#pending.size === 0) this.#drained?.()
  }
}
