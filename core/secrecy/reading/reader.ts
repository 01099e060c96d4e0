import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { moduleFile } from '../../util/module-file.ts'
import { readPlainText } from './plain-text.ts'
import { unreadable, type FileReader, type Reading } from './port.ts'
import { formOf } from './sniff.ts'

export interface ReaderOptions {
  /** a file that takes longer is one that cannot be read */
  readonly deadlineMs: () => number
  /** so many are read side by side; absent: as many as there are processors, at most four */
  readonly threads?: number
}

interface Task {
  readonly id: number
  readonly bytes: Uint8Array
  readonly until: number
  readonly done: (reading: Reading) => void
}

/** The heap of a thread: no honest document of a few megabytes needs more for its first page. */
const HEAP_MB = 192
const MOST_THREADS = 4
const LATE = '在时限内读不完 / not read within the deadline'
const ALL_LATE = '整件在时限内读不完 / its message was not read within the deadline'
const STOPPING = '站点正在停止 / the station is stopping'

/**
 * Reads text files at once and everything else in threads, one file each at a time; a thread starts when it is first
 * needed.
 */
export function createFileReader({ deadlineMs, threads }: ReaderOptions): FileReader {
  const width = threads ?? Math.min(MOST_THREADS, availableParallelism())
  const queue: Task[] = []
  const idle = Array.from({ length: width }, () => new ReadingThread(deadlineMs))
  const all = [...idle]
  let count = 0
  let closed = false

  const next = (): void => {
    while (idle.length > 0 && queue.length > 0) {
      const [thread, task] = [idle.pop(), queue.shift()]
      if (thread === undefined || task === undefined) return
      thread.read(task, (reading) => {
        idle.push(thread)
        task.done(reading)
        next()
      })
    }
  }

  /** One that has waited until its message's time was up is read no more. */
  const giveUpAt = (task: Task): void => {
    const timer = setTimeout(
      () => {
        const at = queue.indexOf(task)
        if (at < 0) return
        queue.splice(at, 1)
        task.done(unreadable(ALL_LATE))
      },
      Math.max(0, task.until - performance.now()),
    )
    timer.unref()
  }

  return {
    width,
    read(_name, bytes, until = Infinity) {
      if (bytes.length === 0) return Promise.resolve({ texts: [], names: [], unread: [] })
      const form = formOf(bytes)
      if (form === 'text') return Promise.resolve(readPlainText(bytes))
      if (form !== 'pdf' && form !== 'zip') return Promise.resolve(unreadable(form.unread))
      if (closed) return Promise.resolve(unreadable(STOPPING))
      return new Promise((done) => {
        const task = { id: ++count, bytes, until, done }
        queue.push(task)
        next()
        if (queue.includes(task) && until !== Infinity) giveUpAt(task)
      })
    },
    async close() {
      closed = true
      for (const task of queue.splice(0)) task.done(unreadable(STOPPING))
      await Promise.all(all.map((thread) => thread.end(STOPPING)))
    },
  }
}

/** A thread that reads one file after the other, and is replaced when one takes too long or too much of it. */
class ReadingThread {
  readonly #deadlineMs: () => number
  #worker: Worker | undefined
  #busy: { readonly id: number; readonly done: (reading: Reading) => void } | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(deadlineMs: () => number) {
    this.#deadlineMs = deadlineMs
  }

  read(task: Task, done: (reading: Reading) => void): void {
    this.#busy = { id: task.id, done }
    this.#worker ??= this.#start()
    const [own, left] = [this.#deadlineMs(), task.until - performance.now()]
    this.#timer = setTimeout(() => void this.end(own < left ? LATE : ALL_LATE), Math.max(0, Math.min(own, left)))
    // A copy of its own: it may be a part of a whole request, and the caller keeps it.
    const bytes = Uint8Array.from(task.bytes)
    this.#worker.postMessage({ id: task.id, bytes }, [bytes.buffer])
  }

  /** The thread is gone, or has to go: what it was reading cannot be read, the next file gets a new one. */
  async end(why: string): Promise<void> {
    const old = this.#worker
    this.#worker = undefined
    old?.removeAllListeners()
    old?.on('error', () => {})
    const ended = old?.terminate()
    this.#finish(unreadable(why))
    await ended
  }

  #start(): Worker {
    const started = new Worker(moduleFile(import.meta.url, './worker'), {
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB, maxYoungGenerationSizeMb: 32 },
      stdout: true,
      stderr: true,
    })
    started.on('message', ({ id, reading }: { readonly id: number; readonly reading: Reading }) => {
      if (this.#busy?.id === id) this.#finish(reading)
    })
    started.on('error', () => void this.end('读取时出错或内存不足 / an error or too little memory while reading'))
    started.on('exit', () => void this.end('读取线程中断 / the reading thread ended'))
    started.unref()
    return started
  }

  #finish(reading: Reading): void {
    clearTimeout(this.#timer)
    const busy = this.#busy
    this.#busy = undefined
    busy?.done(reading)
  }
}
