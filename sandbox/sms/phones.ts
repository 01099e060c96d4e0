import { EventEmitter } from 'node:events'
import { join } from 'node:path'
import { writeDurably } from '../files/durable.ts'
import { JsonLog, readJsonLog } from '../files/json-log.ts'
import { namesIn, readNumbered } from '../files/numbered.ts'

/** A short message that the centre took, maybe a part of a longer text. */
export interface TakenPart {
  /** Msg_Id that the centre gave, 16 hexadecimal digits */
  readonly id: string
  readonly to: string
  /** the sender's number with its extension */
  readonly from: string
  readonly reference: number
  readonly total: number
  readonly number: number
  readonly text: string
}

/** A text as it stands on a phone. */
export interface Received {
  /** from 1, for each phone */
  readonly sequence: number
  readonly to: string
  readonly from: string
  readonly text: string
  /** Msg_Ids of its parts, in their order */
  readonly parts: readonly string[]
  readonly receivedAt: string
}

interface Phone {
  readonly received: Received[]
  readonly waiting: TakenPart[]
}

/**
 * What rang, as files: `RANG/<number>/<sequence>.json`, durable before the centre answers; parts of texts that are not
 * whole yet in `DIR/parts.jsonl`.
 */
export class Phones extends EventEmitter<{ received: [Received] }> {
  readonly #rang: string
  readonly #parts: JsonLog<TakenPart>
  readonly #phones = new Map<string, Phone>()
  #last: Promise<unknown> = Promise.resolve()

  constructor(folder: string, rang = join(folder, 'phones')) {
    super()
    this.#rang = rang
    const path = join(folder, 'parts.jsonl')
    for (const part of readJsonLog<TakenPart>(path)) {
      const phone = this.#phone(part.to)
      if (!phone.received.some(({ parts }) => parts.includes(part.id))) phone.waiting.push(part)
    }
    this.#parts = new JsonLog(path)
  }

  /** Takes a part durably; the phone rings when its text is whole. */
  take(part: TakenPart): Promise<void> {
    // One after the other: sequences have no gaps, and a text is not made twice of the same parts.
    const taken = this.#last.then(() => this.#take(part))
    this.#last = taken.catch(() => undefined)
    return taken
  }

  /** Phones that have rung, in order of their numbers. */
  get numbers(): readonly string[] {
    return namesIn(this.#rang).sort()
  }

  received(number: string): readonly Received[] {
    return this.#phone(number).received
  }

  async close(): Promise<void> {
    await this.#last
    await this.#parts.close()
  }

  async #take(part: TakenPart): Promise<void> {
    const phone = this.#phone(part.to)
    if (part.total === 1) return this.#ring(phone, [part])
    await this.#parts.add(part)
    phone.waiting.push(part)
    const same = phone.waiting.filter(
      ({ from, reference, total }) => from === part.from && reference === part.reference && total === part.total,
    )
    const whole = Array.from({ length: part.total }, (_, index) => same.findLast(({ number }) => number === index + 1))
    if (!whole.every((one) => one !== undefined)) return
    await this.#ring(phone, whole)
    phone.waiting.splice(0, Infinity, ...phone.waiting.filter((one) => !same.includes(one)))
  }

  async #ring(phone: Phone, parts: readonly TakenPart[]): Promise<void> {
    const [{ to, from } = { to: '', from: '' }] = parts
    const received: Received = {
      sequence: phone.received.length + 1,
      to,
      from,
      text: parts.map(({ text }) => text).join(''),
      parts: parts.map(({ id }) => id),
      receivedAt: new Date().toISOString(),
    }
    await writeDurably(
      join(this.#rang, to, `${String(received.sequence).padStart(5, '0')}.json`),
      `${JSON.stringify(received, undefined, 1)}\n`,
    )
    phone.received.push(received)
    this.emit('received', received)
  }

  #phone(number: string): Phone {
    if (!/^\d{1,20}$/.test(number)) throw new Error(`not a phone: ${number}`)
    const known = this.#phones.get(number)
    if (known !== undefined) return known
    const phone: Phone = { received: readNumbered<Received>(join(this.#rang, number)), waiting: [] }
    this.#phones.set(number, phone)
    return phone
  }
}
