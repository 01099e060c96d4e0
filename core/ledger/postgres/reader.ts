import { workerData, type MessagePort } from 'node:worker_threads'
import pg from 'pg'
import { createQuestions } from '../queries/index.ts'
import { serveQuestions } from '../serve.ts'
import { clientConfig, type PostgresAddress } from './address.ts'
import { PostgresDatabase } from './database.ts'

/** The thread that answers questions, each on one of a few connections, so that a long one holds up no other. */
const CONNECTIONS = 4

const { options, port } = workerData as {
  options: { readonly address: PostgresAddress; readonly station: string }
  port: MessagePort
}
const pool = new pg.Pool({ ...clientConfig(options.address, options.station), max: CONNECTIONS })
// an idle connection that broke is replaced by the next question's
pool.on('error', () => undefined)
serveQuestions(port, {
  questions: () => createQuestions(new PostgresDatabase(pool)),
  close: () => pool.end(),
})
