import { join } from 'node:path'
import { JsonLog, readJsonLog } from '../files/json-log.ts'

/** Something for the SP: a status report, or one part of a text from a phone. */
export interface Parcel {
  /** unique in the outbox */
  readonly key: string
  /** ms since 1970; not before */
  readonly due: number
  /** DELIVER's Msg_Id, 16 hexadecimal digits */
  readonly id: string
  /** the phone */
  readonly phone: string
  /** the SP's number with its extension */
  readonly to: string
  readonly content:
    | { readonly report: { readonly id: string; readonly stat: string } }
    | { readonly text: string; readonly part?: readonly [reference: number, total: number, number: number] }
}

type Line = Parcel | { readonly done: string }

/** What the SP has not confirmed yet; kept over a restart in `DIR/outbox.jsonl`. */
export class Outbox {
  readonly #log: JsonLog<Line>
  readonly #open = new Map<string, Parcel>()

  constructor(folder: string) {
    const path = join(folder, 'outbox.jsonl')
    for (const line of readJsonLog<Line>(path)) {
      if ('done' in line) this.#open.delete(line.done)
      else this.#open.set(line.key, line)
    }
    this.#log = new JsonLog(path)
  }

  get open(): readonly Parcel[] {
    return [...this.#open.values()]
  }

  async put(parcel: Parcel): Promise<void> {
    await this.#log.add(parcel)
    this.#open.set(parcel.key, parcel)
  }

  async done(key: string): Promise<void> {
    if (!this.#open.delete(key)) return
    await this.#log.add({ done: key })
  }

  close(): Promise<void> {
    return this.#log.close()
  }
}
