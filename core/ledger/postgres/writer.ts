import { workerData, type MessagePort } from 'node:worker_threads'
import { asError } from '../../errors/error.ts'
import { addEvents, type addedEvents } from '../../events/catalogue.ts'
import { LedgerBooks } from '../books.ts'
import { GroupCommit } from '../group-commit.ts'
import { chainsOf, ledgerBehind, lossAccepted, lossOf } from '../loss.ts'
import { serveCommands } from '../serve.ts'
import { toWire, type Notice, type WriterOptions } from '../wire.ts'
import { Witness } from '../witness.ts'
import type { PostgresAddress } from './address.ts'
import { WritingConnection } from './connection.ts'
import { PostgresDatabase } from './database.ts'

/** The thread that writes to a PostgreSQL; see `../writer.ts`. */

const { options, port, events } = workerData as {
  options: WriterOptions & { readonly address: PostgresAddress }
  port: MessagePort
  events: ReturnType<typeof addedEvents>
}
addEvents(events)
const tell = (notice: Notice): void => port.postMessage(notice)

let opened: WritingConnection | undefined
try {
  const { connection, upgraded } = await WritingConnection.open(options.address, options.station)
  opened = connection
  if (upgraded.length > 0)
    tell({ event: { code: 'ledger.upgraded', at: options.now, actor: 'station', detail: upgraded.join(', ') } })
  const db = new PostgresDatabase(connection)
  const unwitnessed = (file: string, why: string): void =>
    // eslint-disable-next-line no-restricted-syntax -- a thread of its own: the station's clock is not here, and this only says when
    tell({ event: { code: 'ledger.unwitnessed', at: Date.now(), detail: `${file}: ${why}` } })
  const witnesses = options.witnesses.map(
    (file) => new Witness(file, (thrown) => unwitnessed(file, asError(thrown).message)),
  )
  const loss = await lossOf(chainsOf(db), witnesses, (file) =>
    unwitnessed(file, '没有记录，从此刻记起 / no record, begun now'),
  )
  if (loss !== undefined && options.acceptLoss === undefined) throw ledgerBehind(loss)
  const books = await LedgerBooks.open(db, options, undefined, witnesses)
  await connection.begin()
  await books.takeOver()
  const keyed = books.chain.begin(options.now)
  if (keyed !== undefined) tell({ event: keyed })
  if (loss !== undefined) {
    const event = lossAccepted(loss, options.acceptLoss ?? '', options.now)
    books.chain.chain(event)
    tell({ event })
  }
  await books.seal()
  await connection.commit()
  books.committed()
  serveCommands(port, new GroupCommit(connection, books), {
    close: async () => {
      books.close()
      await connection.close()
    },
  })
  tell({ ready: true })
} catch (thrown) {
  await opened?.close()
  tell({ failed: toWire(thrown) })
  port.close()
}
