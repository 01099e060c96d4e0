import { MessageChannel, receiveMessageOnPort, Worker, type MessagePort } from 'node:worker_threads'
import { YizhanError } from '../errors/error.ts'
import { addedEvents } from '../events/catalogue.ts'
import type { YizhanEvent } from '../events/event.ts'
import { Arena } from './arena.ts'
import { CLOSE, fromWire, type ThreadAnswer, type Notice } from './wire.ts'

interface Pending {
  readonly resolve: (result: unknown) => void
  readonly reject: (error: Error) => void
}

type Incoming = readonly ThreadAnswer[] | Notice

/** Names of calls with what they take and give. */
export type CallTable<Table> = { readonly [K in keyof Table]: { readonly command: unknown; readonly answer: unknown } }

/** Where calls go. */
export interface ThreadCaller<Table extends CallTable<Table>> {
  /** copies of bodies, handed over with the calls of this turn */
  readonly arena: Arena
  call<K extends keyof Table>(name: K, command: Table[K]['command']): Promise<Table[K]['answer']>
}

/**
 * A thread of the ledger as this thread sees it: calls of one turn of the event loop go over in one message, answers
 * come back as the thread finishes them.
 */
export class Thread<Table extends CallTable<Table>> implements ThreadCaller<Table> {
  readonly arena = new Arena()
  /** resolves when the thread has ended although nobody closed it: nothing can be asked of it any more */
  readonly gone: Promise<Error>
  /** what went wrong in the thread besides its calls; set by whoever wants to know */
  onTrouble: (error: Error) => void = () => undefined
  /** what the thread had to tell before anybody listened, and then as it comes */
  readonly #told: YizhanEvent[] = []
  #listener: ((event: YizhanEvent) => void) | undefined
  #tellGone: (error: Error) => void = () => undefined
  readonly #worker: Worker
  readonly #port: MessagePort
  readonly #pending = new Map<number, Pending>()
  #calls: (readonly [n: number, name: keyof Table, command: unknown])[] = []
  #next = 0
  #scheduled = false
  #gone: Error | undefined
  #closed: Promise<void> | undefined
  #notify: (notice: Notice) => void = () => undefined

  private constructor(worker: Worker, port: MessagePort) {
    this.#worker = worker
    this.#port = port
    this.gone = new Promise((resolve) => (this.#tellGone = resolve))
    port.on('message', (message: Incoming) => this.#received(message))
    worker.once('error', (error: Error) => this.#lost(error))
    worker.once('exit', (code) => this.#lost(new Error(`the thread ended with code ${code}`)))
  }

  /** Resolves when the thread is ready; rejects with what it said otherwise. */
  static async start<Table extends CallTable<Table>>(file: string, options: object): Promise<Thread<Table>> {
    const { port1, port2 } = new MessageChannel()
    const worker = new Worker(file, {
      workerData: { options, port: port2, events: addedEvents() },
      transferList: [port2],
    })
    const thread = new Thread<Table>(worker, port1)
    await new Promise<void>((resolve, reject) => {
      worker.once('error', reject)
      worker.once('exit', (code) =>
        reject(new YizhanError('INTERNAL', { detail: `a ledger thread ended with code ${code}` })),
      )
      thread.#notify = (notice) => {
        if ('ready' in notice) resolve()
        else if ('failed' in notice) reject(fromWire(notice.failed))
        else if ('event' in notice) thread.#tell(notice.event)
        else if ('trouble' in notice) thread.onTrouble(fromWire(notice.trouble))
      }
    })
    // idle, it keeps no process alive; a call under way does
    port1.unref()
    worker.unref()
    return thread
  }

  /** Events that belong to no call, those of the start too. */
  listen(listener: (event: YizhanEvent) => void): void {
    this.#listener = listener
    for (const event of this.#told.splice(0)) listener(event)
  }

  call<K extends keyof Table>(name: K, command: Table[K]['command']): Promise<Table[K]['answer']> {
    if (this.#gone !== undefined || this.#closed !== undefined) return Promise.reject(this.#closedError())
    return new Promise((resolve, reject) => {
      const n = this.#next++
      if (this.#pending.size === 0) this.#port.ref()
      this.#pending.set(n, { resolve, reject })
      this.#calls.push([n, name, command])
      if (this.#scheduled) return
      this.#scheduled = true
      setImmediate(() => this.#flush())
    })
  }

  /** Answers everything called before, then ends. */
  close(): Promise<void> {
    this.#closed ??= new Promise<void>((resolve) => {
      if (this.#gone !== undefined) return resolve()
      this.#worker.once('exit', () => resolve())
      this.#port.ref()
      this.#worker.ref()
      this.#flush()
      this.#port.postMessage(CLOSE)
    })
    return this.#closed
  }

  #tell(event: YizhanEvent): void {
    if (this.#listener === undefined) this.#told.push(event)
    else this.#listener(event)
  }

  #flush(): void {
    this.#scheduled = false
    if (this.#calls.length === 0 || this.#gone !== undefined) return
    const calls = this.#calls
    this.#calls = []
    this.#port.postMessage(calls, this.arena.take())
  }

  #received(message: Incoming): void {
    if (Array.isArray(message)) this.#answered(message as readonly ThreadAnswer[])
    else this.#notify(message as Notice)
  }

  #answered(answers: readonly ThreadAnswer[]): void {
    for (const answer of answers) {
      const pending = this.#pending.get(answer[0])
      if (pending === undefined) continue
      this.#pending.delete(answer[0])
      if (answer[1]) pending.resolve(answer[2])
      else pending.reject(fromWire(answer[2]))
    }
    if (this.#pending.size === 0 && this.#closed === undefined) this.#port.unref()
  }

  #lost(error: Error): void {
    if (this.#gone !== undefined) return
    this.#gone = error
    if (this.#closed === undefined) this.#tellGone(error)
    // what it said before it ended may still be on its way: an answer given is never turned into a failure
    for (let last = receiveMessageOnPort(this.#port); last !== undefined; last = receiveMessageOnPort(this.#port))
      this.#received(last.message as Incoming)
    for (const { reject } of this.#pending.values()) reject(this.#closedError())
    this.#pending.clear()
    this.#port.close()
  }

  #closedError(): YizhanError {
    return new YizhanError('INTERNAL', { detail: '台账已关闭 / the ledger is closed' }, { cause: this.#gone })
  }
}
