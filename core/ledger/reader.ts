import { workerData, type MessagePort } from 'node:worker_threads'
import { openForReading } from './database.ts'
import { createQuestions } from './queries/index.ts'
import { CLOSE, toWire, type Answer, type Notice, type ReaderCall, type ReaderOptions } from './wire.ts'

/** The thread that answers questions, so that none of them ever waits for a commit or holds one up. */

const { options, port } = workerData as { options: ReaderOptions; port: MessagePort }
const tell = (notice: Notice): void => port.postMessage(notice)

try {
  const db = openForReading(options.folder)
  const questions = createQuestions(db)
  const answer = ([n, name, argument]: ReaderCall): Answer => {
    try {
      return [n, true, (questions[name] as (argument: unknown) => unknown)(argument)]
    } catch (thrown) {
      return [n, false, toWire(thrown)]
    }
  }
  port.on('message', (calls: readonly ReaderCall[] | typeof CLOSE) => {
    if (calls !== CLOSE) return port.postMessage(calls.map(answer))
    db.close()
    tell({ closed: true })
    port.close()
  })
  tell({ ready: true })
} catch (thrown) {
  tell({ failed: toWire(thrown) })
  port.close()
}
