import { receiveMessageOnPort, type MessagePort } from 'node:worker_threads'
import type { GroupCommit } from './group-commit.ts'
import type { createQuestions } from './queries/index.ts'
import { CLOSE, toWire, type ReaderCall, type ThreadAnswer, type WriterCall } from './wire.ts'

/** Bounds a group, so that answers do not wait for ever under load. */
const GROUP_CALLS = 1_000

/**
 * Commits what has arrived together; what arrives meanwhile is committed together next.
 *
 * @param committed is told how many calls a group had
 * @param close lets go of the store, after everything sent before
 */
export function serveCommands(
  port: MessagePort,
  group: GroupCommit,
  { committed, close }: { readonly committed?: (calls: number) => void; readonly close: () => Promise<void> },
): void {
  type Incoming = readonly WriterCall[] | typeof CLOSE
  const next = (): Incoming | undefined => receiveMessageOnPort(port)?.message as Incoming | undefined
  /** what has come while a group was under way, before it is looked at */
  const come: Incoming[] = []
  let busy = false
  const work = async (): Promise<void> => {
    busy = true
    for (let message = come.shift(); message !== undefined; message = come.shift() ?? next()) {
      const calls: WriterCall[] = []
      for (
        ;
        message !== undefined && message !== CLOSE;
        message = calls.length < GROUP_CALLS ? (come.shift() ?? next()) : undefined
      )
        calls.push(...(message as WriterCall[]))
      if (calls.length > 0) {
        port.postMessage(await group.run(calls))
        giveBack(calls)
        committed?.(calls.length)
      }
      if (message === CLOSE) {
        await close()
        port.postMessage({ closed: true })
        port.close()
      }
    }
    busy = false
  }
  port.on('message', (message: Incoming) => {
    come.push(message)
    if (!busy) void work()
  })
}

/**
 * The buffers in which bodies came are freed now that they are on disk: this thread makes so little garbage that it
 * would hold dozens of megabytes of them before it collects any.
 */
function giveBack(calls: readonly WriterCall[]): void {
  for (const [, name, command] of calls) {
    if (name !== 'accept' && name !== 'write') continue
    const raw = name === 'accept' && command.raw !== undefined ? [command.raw] : []
    for (const { bytes } of [...command.bodies, ...raw])
      if (bytes.buffer instanceof ArrayBuffer && !bytes.buffer.detached) bytes.buffer.transfer(0)
  }
}

type Questions = ReturnType<typeof createQuestions>

/** @param store is opened by the first question: the thread starts while the writer still makes the tables */
export function serveQuestions(
  port: MessagePort,
  store: { questions(): Questions; close(): Promise<void> | void },
): void {
  let questions: Questions | undefined
  const answer = async ([n, name, argument]: ReaderCall): Promise<ThreadAnswer> => {
    try {
      questions ??= store.questions()
      return [n, true, await (questions[name] as (argument: unknown) => Promise<unknown>)(argument)]
    } catch (thrown) {
      return [n, false, toWire(thrown)]
    }
  }
  const underWay = new Set<Promise<void>>()
  const work = async (calls: readonly ReaderCall[]): Promise<void> => {
    port.postMessage(await Promise.all(calls.map(answer)))
  }
  const close = async (): Promise<void> => {
    await Promise.all(underWay)
    await store.close()
    port.postMessage({ closed: true })
    port.close()
  }
  port.on('message', (calls: readonly ReaderCall[] | typeof CLOSE) => {
    if (calls !== CLOSE) {
      const done = work(calls).finally(() => underWay.delete(done))
      underWay.add(done)
    } else void close()
  })
  port.postMessage({ ready: true })
}
