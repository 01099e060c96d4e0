import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads'
import { moduleFile } from '../util/module-file.ts'
import type { Sqlite } from './database.ts'
import { CLOSE } from './wire.ts'

/** The log is looked at after so many calls */
const LOOK_EVERY_CALLS = 256
/** pages in the log that are not in the database file yet: beyond this they are copied (16 MB) */
const COPY_PAGES = 4_000
/**
 * Under steady load the copy never quite catches up; beyond this many pages (64 MB) the writer copies the last ones
 * itself, and the log begins anew.
 */
const FINISH_PAGES = 16_000

/**
 * When the write-ahead log is checkpointed: by another thread, so that no commit waits for the many pages and the two
 * fsyncs of it. Only the few pages that were written meanwhile are left to the writer, and only now and then.
 */
export class Checkpoints {
  readonly #noop
  readonly #passive
  readonly #folder: string
  readonly #trouble: (thrown: unknown) => void
  #copier: { readonly worker: Worker; readonly port: MessagePort } | undefined
  #calls = 0
  #running = false

  /** @param trouble is told of what went wrong: the log grows until it can be copied */
  constructor(db: Sqlite, folder: string, trouble: (thrown: unknown) => void) {
    this.#noop = db.prepare<[], { log: number; checkpointed: number }>('pragma wal_checkpoint(NOOP)')
    this.#passive = db.prepare('pragma wal_checkpoint(PASSIVE)')
    this.#folder = folder
    this.#trouble = trouble
  }

  /** After a commit. */
  committed(calls: number): void {
    this.#calls += calls
    if (this.#calls < LOOK_EVERY_CALLS || this.#running) return
    this.#calls = 0
    const log = this.#look()
    if (log === undefined || log.log - log.checkpointed < COPY_PAGES) return
    this.#running = true
    this.#copier ??= this.#start()
    this.#copier.port.postMessage('checkpoint')
  }

  /** The other thread lets go of the database. */
  async close(): Promise<void> {
    const copier = this.#copier
    if (copier === undefined) return
    const ended = new Promise((resolve) => copier.worker.once('exit', resolve))
    copier.worker.ref()
    copier.port.postMessage(CLOSE)
    await ended
  }

  /** The thread is started when it is needed first. */
  #start(): { readonly worker: Worker; readonly port: MessagePort } {
    const { port1: port, port2 } = new MessageChannel()
    const worker = new Worker(moduleFile(import.meta.url, './checkpointer'), {
      workerData: { folder: this.#folder, port: port2 },
      transferList: [port2],
    })
    port.on('message', () => this.#copied())
    port.unref()
    worker.unref()
    // Should it fail, the next look starts another; until then the log grows, and nothing is lost.
    worker.once('error', (error) => {
      this.#trouble(error)
      this.#copier = undefined
      this.#running = false
    })
    return { worker, port }
  }

  #copied(): void {
    this.#running = false
    const log = this.#look()
    if (log !== undefined && log.log >= FINISH_PAGES) this.#attempt(() => this.#passive.get())
  }

  #look(): { readonly log: number; readonly checkpointed: number } | undefined {
    return this.#attempt(() => this.#noop.get())
  }

  /**
   * A full or failing disk must not end the thread that writes: what is committed lies in the log, and is copied
   * another time.
   */
  #attempt<T>(work: () => T): T | undefined {
    try {
      return work()
    } catch (thrown) {
      this.#trouble(thrown)
      return undefined
    }
  }
}
