import type { SmsReply } from '../transport.ts'
import { readHeader, type Concatenation } from './header.ts'
import { readText, type Alphabet } from './read.ts'

/** One short message from a phone, as the centre hands it over. */
export interface InPart {
  readonly id: string
  readonly from: string
  readonly extension: string
  readonly at: number
  readonly format: number | Alphabet
  /** a user data header stands before the text */
  readonly hasHeader: boolean
  readonly content: Buffer
}

interface Collected {
  readonly total: number
  readonly parts: Map<number, InPart & { readonly text: Buffer }>
  readonly timer: NodeJS.Timeout
  readonly done: PromiseWithResolvers<undefined>
  /** when it was passed on, by the monotonic clock */
  passedAt: number
}

/** Completed texts that are remembered, so that a part that the centre sends again is not a new text. */
const REMEMBERED = 1_000
/** … for so long: a centre sends again within minutes, and references begin anew after 256 texts. */
const REMEMBERED_MS = 600_000
/** Texts that may be incomplete at a time; beyond that the oldest is passed on as it is. */
const OPEN = 1_000

/**
 * Puts long texts from phones together. The centre gets no answer for a part before the whole text is durable, so that
 * nothing is lost when we die in between: it then sends the parts again.
 */
export class LongReplies {
  readonly #pass: (reply: SmsReply) => Promise<void>
  readonly #waitMs: number
  readonly #open = new Map<string, Collected>()
  readonly #completed = new Map<string, Collected>()
  #isClosed = false

  /** @param waitMs an incomplete text is passed on after this */
  constructor(pass: (reply: SmsReply) => Promise<void>, waitMs: number) {
    this.#pass = pass
    this.#waitMs = waitMs
  }

  /** Resolves when the text to which this part belongs has been passed on durably; rejects as passing it on does. */
  take(part: InPart): Promise<void> {
    const { concatenation, text } = part.hasHeader
      ? readHeader(part.content)
      : { concatenation: undefined, text: part.content }
    if (concatenation === undefined) return this.#pass(replyOf(part, readText(part.format, text)))
    const key = JSON.stringify([part.from, part.extension, concatenation.reference, concatenation.total])
    const completed = this.#completed.get(key)
    const isRecent = completed !== undefined && performance.now() - completed.passedAt < REMEMBERED_MS
    if (isRecent && completed.parts.get(concatenation.number)?.text.equals(text) === true) return completed.done.promise
    return this.#collect(key, concatenation, { ...part, text })
  }

  /** Nothing more comes: what is incomplete is left unanswered, and the centre will send it again. */
  close(): void {
    this.#isClosed = true
    for (const { timer, done } of this.#open.values()) {
      clearTimeout(timer)
      done.reject(new Error('closed before the text was complete'))
    }
    this.#open.clear()
  }

  #collect(key: string, { number, total }: Concatenation, part: InPart & { readonly text: Buffer }): Promise<void> {
    if (this.#isClosed) return Promise.reject(new Error('closed before the text was complete'))
    let collected = this.#open.get(key)
    if (collected === undefined) {
      const [oldest] = this.#open.keys()
      if (this.#open.size >= OPEN && oldest !== undefined) this.#finish(oldest)
      const timer = setTimeout(() => this.#finish(key), this.#waitMs)
      collected = { total, parts: new Map(), timer, done: Promise.withResolvers(), passedAt: 0 }
      this.#open.set(key, collected)
    }
    // Again and different: a new text under an old reference; the newer one stands.
    collected.parts.set(number, part)
    if (collected.parts.size === total) this.#finish(key)
    return collected.done.promise
  }

  #finish(key: string): void {
    const collected = this.#open.get(key)
    if (collected === undefined) return
    this.#open.delete(key)
    clearTimeout(collected.timer)
    collected.passedAt = performance.now()
    this.#remember(key, collected)
    this.#pass(joined(collected)).then(
      () => collected.done.resolve(undefined),
      (error: unknown) => {
        // Its parts will come again, and are then to be passed on.
        if (this.#completed.get(key) === collected) this.#completed.delete(key)
        collected.done.reject(error)
      },
    )
  }

  #remember(key: string, collected: Collected): void {
    this.#completed.delete(key)
    this.#completed.set(key, collected)
    const [oldest] = this.#completed.keys()
    if (this.#completed.size > REMEMBERED && oldest !== undefined) this.#completed.delete(oldest)
  }
}

/** Neighbours in one encoding are decoded together: centres divide inside characters too. */
function joined({ parts, total }: Collected): SmsReply {
  const first = parts.get(Math.min(...parts.keys()))
  if (first === undefined) throw new Error('a text without parts')
  let text = ''
  let run: { format: number | Alphabet; bytes: Buffer[] } | undefined
  const flush = (): void => {
    if (run !== undefined) text += readText(run.format, Buffer.concat(run.bytes))
    run = undefined
  }
  for (let number = 1; number <= total; number++) {
    const part = parts.get(number)
    if (part === undefined || part.format !== run?.format) flush()
    if (part === undefined) text += '…'
    else (run ??= { format: part.format, bytes: [] }).bytes.push(part.text)
  }
  flush()
  return { ...replyOf(first, text), ...(parts.size === total ? {} : { incomplete: true as const }) }
}

function replyOf({ id, from, extension, at }: InPart, text: string): SmsReply {
  return { id, from, extension, text, at }
}
