import { Worker } from 'node:worker_threads'
import { moduleFile } from '../../util/module-file.ts'
import { readPlainText } from './plain-text.ts'
import { unreadable, type FileReader, type Reading } from './port.ts'
import { formOf } from './sniff.ts'

export interface ReaderOptions {
  /** a file that takes longer is one that cannot be read */
  readonly deadlineMs: () => number
}

interface Task {
  readonly id: number
  readonly bytes: Uint8Array
  readonly done: (reading: Reading) => void
}

/** The heap of the thread: no honest document of a few megabytes needs more for its first page. */
const HEAP_MB = 192
const LATE = '在时限内读不完 / not read within the deadline'

/** Reads text files at once and everything else in a worker thread, one at a time; the thread starts when it is first needed. */
export function createFileReader({ deadlineMs }: ReaderOptions): FileReader {
  const queue: Task[] = []
  let worker: Worker | undefined
  let busy: Task | undefined
  let timer: NodeJS.Timeout | undefined
  let count = 0
  let closed = false

  const finish = (reading: Reading): void => {
    clearTimeout(timer)
    const task = busy
    busy = undefined
    task?.done(reading)
    next()
  }
  /** The thread is gone, or has to go: what it was reading cannot be read, the rest gets a new one. */
  const renew = (why: string): void => {
    const old = worker
    worker = undefined
    old?.removeAllListeners()
    old?.on('error', () => {})
    void old?.terminate()
    if (busy !== undefined) finish(unreadable(why))
  }
  const start = (): Worker => {
    const started = new Worker(moduleFile(import.meta.url, './worker'), {
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB, maxYoungGenerationSizeMb: 32 },
      stdout: true,
      stderr: true,
    })
    started.on('message', ({ id, reading }: { readonly id: number; readonly reading: Reading }) => {
      if (busy?.id === id) finish(reading)
    })
    started.on('error', () => renew('读取时出错或内存不足 / an error or too little memory while reading'))
    started.on('exit', () => renew('读取线程中断 / the reading thread ended'))
    started.unref()
    return started
  }
  const next = (): void => {
    if (busy !== undefined) return
    busy = queue.shift()
    if (busy === undefined) return
    worker ??= start()
    timer = setTimeout(() => renew(LATE), deadlineMs())
    // A copy of its own: it may be a part of a whole request, and the caller keeps it.
    const bytes = Uint8Array.from(busy.bytes)
    worker.postMessage({ id: busy.id, bytes }, [bytes.buffer])
  }

  return {
    read(_name, bytes) {
      if (bytes.length === 0) return Promise.resolve({ texts: [], names: [], unread: [] })
      const form = formOf(bytes)
      if (form === 'text') return Promise.resolve(readPlainText(bytes))
      if (form !== 'pdf' && form !== 'zip') return Promise.resolve(unreadable(form.unread))
      if (closed) return Promise.resolve(unreadable('站点正在停止 / the station is stopping'))
      return new Promise((done) => {
        queue.push({ id: ++count, bytes, done })
        next()
      })
    },
    async close() {
      closed = true
      clearTimeout(timer)
      for (const task of queue.splice(0)) task.done(unreadable('站点正在停止 / the station is stopping'))
      const old = worker
      renew('站点正在停止 / the station is stopping')
      await old?.terminate()
    },
  }
}
