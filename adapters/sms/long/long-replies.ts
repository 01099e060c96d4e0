import { asError, asYizhanError, YizhanError } from '../../../core/errors/error.ts'
import type { Clock } from '../../../core/util/clock.ts'
import type { SmsReply } from '../transport.ts'
import { joined } from './join.ts'
import type { KeptParts } from './kept-parts.ts'
import type { LongPart, LongText } from './part.ts'

/** Bounds of what is put together; beyond them the oldest text is passed on as it is. */
export const LONG_BOUNDS = {
  /** texts with parts missing */
  open: 1_000,
  /** … of one phone: nobody's orphans push out what others write */
  openOfPhone: 20,
  /** bytes of their parts */
  openBytes: 8 * 1024 * 1024,
  /** texts, and their bytes, that could not be passed on: beyond that the centre is not answered */
  due: 10_000,
  dueBytes: 32 * 1024 * 1024,
  /** what could not be passed on is tried again after this, milliseconds, twice as long each time … */
  againMs: 5_000,
  /** … up to this */
  mostMs: 60_000,
}

export interface LongRepliesOptions {
  readonly kept: KeptParts
  readonly clock: Clock
  /** resolves when the reply is booked, or refused for good; the same reply may come again after a kill */
  readonly pass: (reply: SmsReply) => Promise<void>
  /** what could not be passed on, and will be tried again */
  readonly trouble: (error: Error) => void
  readonly bounds?: typeof LONG_BOUNDS
}

/**
 * Puts long texts from phones together. A part is kept on disk and its centre answered at once: what waits for parts
 * that never come takes no place in anybody's window.
 */
export class LongReplies {
  readonly #options: LongRepliesOptions
  readonly #bounds: typeof LONG_BOUNDS
  /** when texts are waited for no longer, by the monotonic clock */
  readonly #ends = new WeakMap<LongText, number>()
  #telling: Promise<void> | undefined
  #expiry: NodeJS.Timeout | undefined
  #again: NodeJS.Timeout | undefined
  #wait: number
  #isClosed = false

  constructor(options: LongRepliesOptions) {
    this.#options = options
    this.#bounds = options.bounds ?? LONG_BOUNDS
    this.#wait = this.#bounds.againMs
  }

  /** Reads what was kept and goes on with it. */
  async open(): Promise<void> {
    await this.#options.kept.load()
    this.#settle()
  }

  /**
   * Resolves when the part is durable: then the centre is answered. Rejects where it could not be kept, so that the
   * centre sends it again: OVERLOADED, SMS_KEPT_DAMAGED, errors of the disk.
   *
   * @param waitMs the other parts are waited for as long
   */
  async take(part: LongPart, waitMs: number): Promise<void> {
    const { kept, clock } = this.#options
    if (this.#isClosed) throw new Error('closed')
    await kept.load()
    const { due, dueBytes } = this.#bounds
    if (kept.due.size >= due || bytesOf(kept.due.values()) > dueBytes)
      throw new YizhanError('OVERLOADED', { rule: `长短信未登记 long replies not booked: ≤ ${due}, ≤ ${dueBytes} B` })
    await kept.keep(part, waitMs, clock.now())
    this.#settle()
  }

  /** Passes on no more; what is kept is gone on with by the next one. */
  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#expiry)
    clearTimeout(this.#again)
    await this.#telling
  }

  #settle(): void {
    if (this.#isClosed) return
    const { open, due } = this.#options.kept
    const now = performance.now()
    const elapsedSince = (since: number): number => Math.max(0, this.#options.clock.now() - since)
    for (const text of open.values()) {
      if (!this.#ends.has(text)) this.#ends.set(text, now + Math.max(0, text.waitMs - elapsedSince(text.since)))
    }
    this.#close(this.#surplus(open))
    this.#expire()
    if (due.size > 0) this.#tell()
  }

  /** What is beyond the bounds, oldest first. */
  #surplus(open: ReadonlyMap<string, LongText>): LongText[] {
    const ofPhone = new Map<string, number>()
    for (const text of open.values()) ofPhone.set(phoneOf(text), (ofPhone.get(phoneOf(text)) ?? 0) + 1)
    let count = open.size
    let bytes = bytesOf(open.values())
    const found: LongText[] = []
    const drop = (text: LongText): void => {
      found.push(text)
      count--
      bytes -= text.bytes
      ofPhone.set(phoneOf(text), (ofPhone.get(phoneOf(text)) ?? 0) - 1)
    }
    for (const text of open.values()) if ((ofPhone.get(phoneOf(text)) ?? 0) > this.#bounds.openOfPhone) drop(text)
    for (const text of open.values()) {
      if (count <= this.#bounds.open && bytes <= this.#bounds.openBytes) break
      if (!found.includes(text)) drop(text)
    }
    return found
  }

  /** Closes what has waited long enough, and sleeps until the next has. */
  #expire(): void {
    clearTimeout(this.#expiry)
    const now = performance.now()
    let next = Infinity
    const over: LongText[] = []
    for (const text of this.#options.kept.open.values()) {
      const end = this.#ends.get(text) ?? Infinity
      if (end <= now) over.push(text)
      else next = Math.min(next, end)
    }
    this.#close(over)
    if (next === Infinity) return
    this.#expiry = setTimeout(() => this.#expire(), Math.ceil(Math.min(next - now, 2 ** 31 - 1)))
    this.#expiry.unref()
  }

  #close(texts: readonly LongText[]): void {
    if (texts.length === 0) return
    // Not looked at again meanwhile.
    for (const text of texts) this.#ends.set(text, Infinity)
    Promise.all(texts.map((text) => this.#options.kept.close(text))).then(
      () => this.#settle(),
      (thrown: unknown) => {
        for (const text of texts) this.#ends.set(text, 0)
        this.#failed(asError(thrown))
      },
    )
  }

  #tell(): void {
    this.#telling ??= this.#tellDue()
      .catch((thrown: unknown) => this.#failed(asError(thrown)))
      .finally(() => (this.#telling = undefined))
  }

  /** One after the other: nobody waits for an answer, and the ledger is not hurried. */
  async #tellDue(): Promise<void> {
    const { kept, pass } = this.#options
    const tried = new Set<LongText>()
    let failure: Error | undefined
    for (;;) {
      const text = [...kept.due.values()].find((one) => !tried.has(one))
      if (text === undefined || this.#isClosed) break
      tried.add(text)
      try {
        await pass(joined(text))
        await kept.told(text)
        this.#wait = this.#bounds.againMs
      } catch (thrown) {
        failure = asError(thrown)
        // The next would fail as this one did.
        if (asYizhanError(thrown).retryable) break
      }
    }
    if (failure !== undefined) throw failure
  }

  #failed(error: Error): void {
    if (this.#isClosed) return
    this.#options.trouble(error)
    clearTimeout(this.#again)
    this.#again = setTimeout(() => this.#settle(), this.#wait)
    this.#again.unref()
    this.#wait = Math.min(this.#bounds.mostMs, this.#wait * 2)
  }
}

function phoneOf({ parts }: LongText): string {
  const [first] = parts.values()
  return first?.from ?? ''
}

function bytesOf(texts: Iterable<LongText>): number {
  let bytes = 0
  for (const text of texts) bytes += text.bytes
  return bytes
}
