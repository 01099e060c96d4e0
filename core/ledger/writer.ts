import { rmSync } from 'node:fs'
import path from 'node:path'
import { workerData, type MessagePort } from 'node:worker_threads'
import { asError } from '../errors/error.ts'
import { addEvents, type addedEvents } from '../events/catalogue.ts'
import { VolumeWriter } from '../content/volumes.ts'
import { LedgerBooks } from './books.ts'
import { Checkpoints } from './checkpoints.ts'
import { openForWriting } from './database.ts'
import { ledgerBehind, lossAccepted, lossIn } from './loss.ts'
import { migrate } from './migrate.ts'
import { bookRestored } from './rules/restored.ts'
import { RESTORED_FILE, restoredIn } from './restored.ts'
import { GroupCommit } from './group-commit.ts'
import { serveCommands } from './serve.ts'
import { toWire, type Notice, type WriterOptions } from './wire.ts'
import { SqliteDatabase } from './sqlite.ts'
import { lastVolume } from './volume-index.ts'
import { Witness } from './witness.ts'

/**
 * The thread that writes. Everything that has arrived is committed together; what arrives meanwhile is committed
 * together next.
 */

const { options, port, events } = workerData as {
  options: WriterOptions
  port: MessagePort
  events: ReturnType<typeof addedEvents>
}
addEvents(events)

const tell = (notice: Notice): void => port.postMessage(notice)

try {
  const unwitnessed = (file: string, why: string): void =>
    // eslint-disable-next-line no-restricted-syntax -- a thread of its own: the station's clock is not here, and this only says when
    tell({ event: { code: 'ledger.unwitnessed', at: Date.now(), detail: `${file}: ${why}` } })
  const witnesses = options.witnesses.map(
    (file) => new Witness(file, (thrown) => unwitnessed(file, asError(thrown).message)),
  )
  const restored = restoredIn(options.folder)
  const loss = await lossIn(options.folder, witnesses, (file) => {
    // after a restoration they are begun anew, and that is booked
    if (restored === undefined) unwitnessed(file, '没有记录，从此刻记起 / no record, begun now')
  })
  if (loss !== undefined && restored === undefined && options.acceptLoss === undefined) throw ledgerBehind(loss)
  const db = openForWriting(options.folder)
  const upgraded = await migrate(db)
  if (upgraded.length > 0)
    tell({ event: { code: 'ledger.upgraded', at: options.now, actor: 'station', detail: upgraded.join(', ') } })
  const { contentFolder, maxVolumeBytes } = options
  const volumes = new VolumeWriter(contentFolder, maxVolumeBytes, undefined, lastVolume(db))
  const store = new SqliteDatabase(db)
  const books = await LedgerBooks.open(store, options, volumes, witnesses)
  await store.begin()
  await books.takeOver()
  const keyed = books.chain.begin(options.now)
  if (keyed !== undefined) tell({ event: keyed })
  if (restored !== undefined) for (const event of await bookRestored(books, restored, options.now)) tell({ event })
  else if (loss !== undefined) {
    const event = lossAccepted(loss, options.acceptLoss ?? '', options.now)
    books.chain.chain(event)
    tell({ event })
  }
  await books.seal()
  await store.commit()
  books.committed()
  rmSync(path.join(options.folder, RESTORED_FILE), { force: true })
  const group = new GroupCommit(store, books)

  const checkpoints = new Checkpoints(db, options.folder, (thrown) => tell({ trouble: toWire(thrown) }))
  serveCommands(port, group, {
    committed: (calls) => checkpoints.committed(calls),
    close: async () => {
      books.close()
      await checkpoints.close()
      db.pragma('wal_checkpoint(TRUNCATE)')
      db.close()
    },
  })
  tell({ ready: true })
} catch (thrown) {
  tell({ failed: toWire(thrown) })
  port.close()
}
