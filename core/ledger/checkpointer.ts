import { workerData, type MessagePort } from 'node:worker_threads'
import { openForCheckpoints } from './database.ts'
import { CLOSE } from './wire.ts'

/**
 * The thread that copies committed pages from the write-ahead log into the database file, and waits for the disk to
 * take them, while the writer goes on committing.
 */
const { folder, port } = workerData as { folder: string; port: MessagePort }
const db = openForCheckpoints(folder)

port.on('message', (message: 'checkpoint' | typeof CLOSE) => {
  if (message === CLOSE) {
    db.close()
    port.close()
    return
  }
  db.pragma('wal_checkpoint(PASSIVE)')
  port.postMessage('done')
})
