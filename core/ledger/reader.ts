import { workerData, type MessagePort } from 'node:worker_threads'
import { openForReading, type Sqlite } from './database.ts'
import { createQuestions } from './queries/index.ts'
import { CLOSE, toWire, type ThreadAnswer, type Notice, type ReaderCall, type LedgerReaderOptions } from './wire.ts'

/** The thread that answers questions, so that none of them ever waits for a commit or holds one up. */

const { options, port } = workerData as { options: LedgerReaderOptions; port: MessagePort }
const tell = (notice: Notice): void => port.postMessage(notice)

// opened by the first question: this thread starts while the writer still makes the tables
let opened: { readonly db: Sqlite; readonly questions: ReturnType<typeof createQuestions> } | undefined

function open(): NonNullable<typeof opened> {
  const db = openForReading(options.folder)
  return { db, questions: createQuestions(db) }
}

function answer([n, name, argument]: ReaderCall): ThreadAnswer {
  try {
    opened ??= open()
    return [n, true, (opened.questions[name] as (argument: unknown) => unknown)(argument)]
  } catch (thrown) {
    return [n, false, toWire(thrown)]
  }
}

port.on('message', (calls: readonly ReaderCall[] | typeof CLOSE) => {
  if (calls !== CLOSE) return port.postMessage(calls.map(answer))
  opened?.db.close()
  tell({ closed: true })
  port.close()
})
tell({ ready: true })
