import { rmSync } from 'node:fs'
import path from 'node:path'
import { receiveMessageOnPort, workerData, type MessagePort } from 'node:worker_threads'
import { asError } from '../errors/error.ts'
import { addEvents, type addedEvents } from '../events/catalogue.ts'
import { VolumeWriter } from '../content/volumes.ts'
import { LedgerBooks } from './books.ts'
import { Checkpoints } from './checkpoints.ts'
import { openForWriting } from './database.ts'
import { ledgerBehind, lossAccepted, lossOf } from './loss.ts'
import { migrate } from './migrate.ts'
import { bookRestored } from './rules/restored.ts'
import { RESTORED_FILE, restoredIn } from './restored.ts'
import { GroupCommit } from './group-commit.ts'
import { CLOSE, toWire, type Notice, type WriterCall, type WriterOptions } from './wire.ts'
import { SqliteDatabase } from './sqlite.ts'
import { lastVolume } from './volume-index.ts'
import { Witness } from './witness.ts'

/**
 * The thread that writes. Everything that has arrived is committed together; what arrives meanwhile is committed
 * together next.
 */

/** Bounds a group, so that answers do not wait for ever under load. */
const GROUP_CALLS = 1_000

const { options, port, events } = workerData as {
  options: WriterOptions
  port: MessagePort
  events: ReturnType<typeof addedEvents>
}
addEvents(events)

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

type Incoming = readonly WriterCall[] | typeof CLOSE
const next = (): Incoming | undefined => receiveMessageOnPort(port)?.message as Incoming | undefined
const tell = (notice: Notice): void => port.postMessage(notice)

try {
  const unwitnessed = (file: string, why: string): void =>
    // eslint-disable-next-line no-restricted-syntax -- a thread of its own: the station's clock is not here, and this only says when
    tell({ event: { code: 'ledger.unwitnessed', at: Date.now(), detail: `${file}: ${why}` } })
  const witnesses = options.witnesses.map(
    (file) => new Witness(file, (thrown) => unwitnessed(file, asError(thrown).message)),
  )
  const restored = restoredIn(options.folder)
  const loss = await lossOf(options.folder, witnesses, (file) => {
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
  const close = async (): Promise<void> => {
    books.close()
    await checkpoints.close()
    db.pragma('wal_checkpoint(TRUNCATE)')
    db.close()
    tell({ closed: true })
    port.close()
  }

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
        checkpoints.committed(calls.length)
      }
      if (message === CLOSE) await close()
    }
    busy = false
  }
  port.on('message', (message: Incoming) => {
    come.push(message)
    if (!busy) void work()
  })
  tell({ ready: true })
} catch (thrown) {
  tell({ failed: toWire(thrown) })
  port.close()
}
