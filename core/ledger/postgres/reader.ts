import { workerData, type MessagePort } from 'node:worker_threads'
import pg from 'pg'
import { asError } from '../../errors/error.ts'
import { createQuestions } from '../queries/index.ts'
import { serveQuestions } from '../serve.ts'
import { clientConfig, type PostgresAddress } from './address.ts'
import { away, isLost } from './connection.ts'
import { PostgresDatabase, type Runner } from './database.ts'

/** The thread that answers questions, each on one of a few connections, so that a long one holds up no other. */
const CONNECTIONS = 4

const { options, port } = workerData as {
  options: { readonly address: PostgresAddress; readonly station: string }
  port: MessagePort
}
const pool = new pg.Pool({ ...clientConfig(options.address, options.station), max: CONNECTIONS })
// an idle connection that broke is replaced by the next question's
pool.on('error', () => undefined)
const runner: Runner = {
  async query(statement) {
    try {
      // a connection that broke while it was idle is found by whoever uses it: asked once more, another answers
      return await pool.query(statement).catch((thrown: unknown) => {
        if (!isLost(thrown)) throw thrown
        return pool.query(statement)
      })
    } catch (thrown) {
      throw isLost(thrown) ? away(options.address, asError(thrown).message, thrown) : thrown
    }
  },
}
serveQuestions(port, {
  questions: () => createQuestions(new PostgresDatabase(runner)),
  close: () => pool.end(),
})
