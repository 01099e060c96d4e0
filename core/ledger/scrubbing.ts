import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads'
import type { YizhanEvent } from '../events/event.ts'
import { internalError } from '../events/internal.ts'
import type { Clock } from '../util/clock.ts'
import { moduleFile } from '../util/module-file.ts'
import type { Damage } from './scrub.ts'
import { CLOSE } from './wire.ts'

export interface ScrubberOptions {
  readonly folder: string
  readonly contentFolder: string
  /** reads so much at most, beside everything else */
  readonly bytesPerSecond: number
  /** a round begins so long after the last one ended, milliseconds */
  readonly everyMs: number
}

/** What the thread tells. */
export type ScrubNews =
  | {
      /** bytes looked at in this round, and all there are */
      readonly done: number
      readonly total: number
      /** bodies that cannot be read */
      readonly damaged: number
      /** given when there is something new, and at the end of a round */
      readonly damages: readonly Damage[]
      readonly finished: boolean
    }
  | { readonly trouble: string }

/** How the volumes are, as far as they were looked at since the start. */
export interface ScrubState {
  readonly doneBytes: number
  readonly totalBytes: number
  readonly damaged: number
}

/** The scrubber as this thread sees it: what it finds becomes events, one a volume and not one a body. */
export class Scrubbing {
  readonly #worker: Worker
  readonly #port: MessagePort
  readonly #emit: (event: YizhanEvent) => void
  readonly #clock: Clock
  readonly #told = new Map<number, string>()
  readonly #ended: Promise<void>
  #state: ScrubState = { doneBytes: 0, totalBytes: 0, damaged: 0 }

  constructor(options: ScrubberOptions, clock: Clock, emit: (event: YizhanEvent) => void) {
    const { port1, port2 } = new MessageChannel()
    this.#emit = emit
    this.#clock = clock
    this.#port = port1
    this.#worker = new Worker(moduleFile(import.meta.url, './scrubber'), {
      workerData: { options, port: port2 },
      transferList: [port2],
      resourceLimits: { maxOldGenerationSizeMb: 64 },
    })
    this.#ended = new Promise((resolve) => this.#worker.once('exit', () => resolve()))
    this.#worker.once('error', (error: Error) => this.#trouble(error.message))
    port1.on('message', (news: ScrubNews) => this.#hear(news))
    port1.unref()
    this.#worker.unref()
  }

  get state(): ScrubState {
    return this.#state
  }

  async close(): Promise<void> {
    this.#worker.ref()
    this.#port.postMessage(CLOSE)
    await this.#ended
    this.#port.close()
  }

  #hear(news: ScrubNews): void {
    if ('trouble' in news) return this.#trouble(news.trouble)
    const { done, total, damaged, damages, finished } = news
    this.#state = { doneBytes: done, totalBytes: total, damaged }
    for (const damage of damages) this.#tell(damage, finished)
    if (!finished) return
    const detail = `${total} 字节 / bytes, ${damaged} 件损坏 / damaged`
    this.#emit({ code: 'content.scrubbed', at: this.#clock.now(), detail })
    // what has been mended and breaks again is told again
    for (const volume of this.#told.keys()) if (!damages.some((one) => one.volume === volume)) this.#told.delete(volume)
  }

  /** When it is found, and with the whole count at the end of the round. */
  #tell({ volume, file, reason, count, first }: Damage, finished: boolean): void {
    const known = this.#told.get(volume)
    const now = finished ? `${count}` : 'found'
    if (known === now || (known !== undefined && !finished)) return
    this.#told.set(volume, now)
    const detail = `${file}: ${reason}；${count} 件 / bodies, ${first}`
    this.#emit({ code: 'content.damaged', at: this.#clock.now(), actor: 'station', error: 'CONTENT_MISSING', detail })
  }

  #trouble(message: string): void {
    this.#emit(internalError(message, this.#clock.now(), { doing: '内容库巡检中止 / scrubbing has stopped' }))
  }
}
