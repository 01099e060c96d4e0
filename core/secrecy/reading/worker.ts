import { parentPort } from 'node:worker_threads'
import { unreadable } from './port.ts'
import { readFile } from './read-file.ts'

/**
 * The thread in which files are read: a file that takes too long or too much memory takes this thread, and nothing
 * else.
 */
parentPort?.on('message', ({ id, bytes }: { readonly id: number; readonly bytes: Uint8Array }) => {
  readFile(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)).then(
    (reading) => parentPort?.postMessage({ id, reading }),
    () => parentPort?.postMessage({ id, reading: unreadable('读取失败 / reading failed') }),
  )
})
