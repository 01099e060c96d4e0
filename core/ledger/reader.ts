import { workerData, type MessagePort } from 'node:worker_threads'
import { openForReading, type Sqlite } from './database.ts'
import { createQuestions } from './queries/index.ts'
import { SqliteDatabase } from './sqlite.ts'
import { CLOSE, toWire, type ThreadAnswer, type Notice, type ReaderCall, type LedgerReaderOptions } from './wire.ts'

/** The thread that answers questions, so that none of them ever waits for a commit or holds one up. */

const { options, port } = workerData as { options: LedgerReaderOptions; port: MessagePort }
const tell = (notice: Notice): void => port.postMessage(notice)

// opened by the first question: this thread starts while the writer still makes the tables
let opened: { readonly db: Sqlite; readonly questions: ReturnType<typeof createQuestions> } | undefined

function open(): NonNullable<typeof opened> {
  const db = openForReading(options.folder)
  return { db, questions: createQuestions(new SqliteDatabase(db)) }
}

async function answer([n, name, argument]: ReaderCall): Promise<ThreadAnswer> {
  try {
    opened ??= open()
    return [n, true, await (opened.questions[name] as (argument: unknown) => Promise<unknown>)(argument)]
  } catch (thrown) {
    return [n, false, toWire(thrown)]
  }
}

port.on('message', (calls: readonly ReaderCall[] | typeof CLOSE) => {
  if (calls !== CLOSE) return void Promise.all(calls.map(answer)).then((answers) => port.postMessage(answers))
  opened?.db.close()
  tell({ closed: true })
  port.close()
})
tell({ ready: true })
