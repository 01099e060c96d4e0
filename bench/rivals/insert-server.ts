import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import Database from 'better-sqlite3'

/**
 * The limit of acceptance on this machine: an HTTP server that does nothing but insert the body into SQLite, durably
 * (synchronous FULL), with inserts of one event-loop turn committed together. Run as a process: `insert-server FILE`.
 */
const database = new Database(process.argv[2] ?? ':memory:')
database.pragma('journal_mode = WAL')
database.pragma('synchronous = FULL')
database.exec('CREATE TABLE request (id INTEGER PRIMARY KEY, body BLOB NOT NULL)')
const insert = database.prepare('INSERT INTO request (body) VALUES (?)')

let waiting: { readonly body: Buffer; readonly done: () => void }[] = []
const commit = database.transaction((group: typeof waiting) => {
  for (const { body } of group) insert.run(body)
})

function flush(): void {
  const group = waiting
  waiting = []
  commit(group)
  for (const request of group) request.done()
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    if (waiting.length === 0) setImmediate(flush)
    waiting.push({ body: Buffer.concat(chunks), done: () => response.end('ok') })
  })
})
server.listen(0, '127.0.0.1', () =>
  process.stdout.write(JSON.stringify({ port: (server.address() as AddressInfo).port }) + '\n'),
)
