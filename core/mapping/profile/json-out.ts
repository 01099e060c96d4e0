import { YizhanError } from '../../errors/error.ts'
import type { Out } from './out.ts'
import { jsonString, jsonText } from './json-text.ts'
import {
  isRepeated,
  TEXT_MEMBER,
  wrappedIn,
  type AttributePlan,
  type ElementPlan,
  type JsonPlan,
  type ValuePlan,
} from './plan.ts'

/** What is gathered as text before it becomes bytes, UTF-16 units; and how much is encoded at once, a multiple of 3. */
const PORTION = 32 * 1024
const BASE64_PART = 48 * 1024

/** An element that is open. */
interface Frame {
  readonly plan: ElementPlan
  readonly as: 'object' | 'array' | 'value'
  /** nothing has been written into it */
  empty: boolean
  /** the array of occurrences that is open in it */
  list: ElementPlan | undefined
}

/**
 * A form as a JSON value in UTF-8, its members in the order of the description, without white space: the same values
 * are the same bytes. The root's own name does not stand in it.
 */
export class JsonOut implements Out {
  readonly #attach: ((bytes: Buffer) => string) | undefined
  readonly #chunks: Buffer[] = []
  readonly #open: Frame[] = []
  #pending = ''

  /** @param attach takes files that are to stand beside the JSON, and gives the name of each */
  constructor(attach?: (bytes: Buffer) => string) {
    this.#attach = attach
  }

  open(plan: ElementPlan): void {
    const around = this.#open.at(-1)
    if (around !== undefined) this.#place(around, plan)
    const as =
      plan.value !== undefined && plan.attributes.length === 0
        ? 'value'
        : wrappedIn(plan) === undefined
          ? 'object'
          : 'array'
    this.#open.push({ plan, as, empty: true, list: undefined })
    if (as !== 'value') this.#put(as === 'array' ? '[' : '{')
  }

  attribute(plan: AttributePlan, text: string): void {
    const frame = this.#top()
    this.#member(frame, plan.name)
    this.#scalar(plan.name, plan.json, text)
  }

  text(plan: ValuePlan, text: string): void {
    const frame = this.#top()
    this.#textPlace(frame)
    this.#scalar(frame.plan.name, plan.json, text)
  }

  content(bytes: Buffer): void {
    this.#textPlace(this.#top())
    if (this.#attach !== undefined) {
      this.#put('{"href":')
      for (const piece of jsonString(this.#attach(bytes))) this.#put(piece)
      this.#put('}')
      return
    }
    this.#put('"')
    this.#flush()
    const encoded = Buffer.allocUnsafe(Math.ceil(bytes.length / 3) * 4)
    let at = 0
    for (let start = 0; start < bytes.length; start += BASE64_PART)
      at += encoded.write(bytes.toString('base64', start, start + BASE64_PART), at, 'latin1')
    this.#chunks.push(encoded)
    this.#put('"')
  }

  close(): void {
    const frame = this.#open.pop()
    if (frame === undefined) throw new Error('nothing is open')
    if (frame.as === 'value') {
      // Nothing stands for an empty number but null.
      if (frame.empty) this.#put(frame.plan.value?.json.as === 'string' ? '""' : 'null')
      return
    }
    this.#endList(frame)
    this.#put(frame.as === 'array' ? ']' : '}')
  }

  finish(): Buffer[] {
    if (this.#open.length > 0) throw new Error(`still open: ${this.#path()}`)
    this.#flush()
    return this.#chunks
  }

  /** Where the next element stands in the one around it: as its member, or as an item of the array that is. */
  #place(around: Frame, plan: ElementPlan): void {
    if (around.as === 'array' || around.list === plan) {
      if (!around.empty) this.#put(',')
      around.empty = false
      return
    }
    this.#member(around, plan.name)
    if (!isRepeated(plan)) return
    this.#put('[')
    around.list = plan
  }

  #member(frame: Frame, name: string): void {
    this.#endList(frame)
    this.#put(`${frame.empty ? '' : ','}${JSON.stringify(name)}:`)
    frame.empty = false
  }

  #endList(frame: Frame): void {
    if (frame.list !== undefined) this.#put(']')
    frame.list = undefined
  }

  #textPlace(frame: Frame): void {
    if (frame.as === 'object') this.#member(frame, TEXT_MEMBER)
    frame.empty = false
  }

  #scalar(name: string, json: JsonPlan, text: string): void {
    if (json.as === 'string') {
      try {
        for (const piece of jsonString(text)) this.#put(piece)
      } catch (cause) {
        if (!(cause instanceof YizhanError)) throw cause
        throw new YizhanError(
          cause.code,
          { ...cause.facts, field: `${this.#path()}，${cause.facts.field ?? ''}` },
          { cause },
        )
      }
      return
    }
    const value = text === '' ? 'null' : jsonText(json, text)
    if (value === undefined)
      throw new YizhanError('PROFILE_FIELD', {
        field: `${this.#path()}/${name}`,
        value: text.slice(0, 200),
        rule: `在 JSON 中须为 ${json.as} / must be that in JSON`,
        detail: 'JSON',
      })
    this.#put(value)
  }

  #path(): string {
    return this.#open.map(({ plan }) => plan.name).join('/')
  }

  #top(): Frame {
    const frame = this.#open.at(-1)
    if (frame === undefined) throw new Error('nothing is open')
    return frame
  }

  #put(text: string): void {
    this.#pending += text
    if (this.#pending.length > PORTION) this.#flush()
  }

  #flush(): void {
    if (this.#pending !== '') this.#chunks.push(Buffer.from(this.#pending, 'utf8'))
    this.#pending = ''
  }
}
