import { workerData, type MessagePort } from 'node:worker_threads'
import { openForReading, type Sqlite } from './database.ts'
import { createQuestions } from './queries/index.ts'
import { serveQuestions } from './serve.ts'
import { SqliteDatabase } from './sqlite.ts'
import type { LedgerReaderOptions } from './wire.ts'

/** The thread that answers questions, so that none of them ever waits for a commit or holds one up. */

const { options, port } = workerData as { options: LedgerReaderOptions; port: MessagePort }
let db: Sqlite | undefined
serveQuestions(port, {
  questions: () => createQuestions(new SqliteDatabase((db = openForReading(options.folder)))),
  close: () => {
    db?.close()
  },
})
