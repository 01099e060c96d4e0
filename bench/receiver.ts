import { createServer, type AddressInfo, type Socket } from 'node:net'
import { MessageReader } from './http-messages.ts'

/** What was received since the last `expect`. */
export interface Received {
  /** performance.now() of the last new document */
  readonly lastAt: number
  /** documents that came more than once */
  readonly repeated: number
}

/** The OA that takes documents: answers every `Deliver` at once and counts each document once, by its sender's id. */
export interface Receiver {
  readonly port: number
  /** Begins a new count; resolves when so many different documents have come. Rejects when none came for so long. */
  expect(documents: number, silentMs: number): Promise<Received>
  close(): void
}

const BODY =
  '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>' +
  '<DeliverResponse xmlns="urn:yizhan:oa:1"><messageId>received</messageId></DeliverResponse></soapenv:Body></soapenv:Envelope>'
const ANSWER = Buffer.from(
  `HTTP/1.1 200 OK\r\nContent-Type: text/xml; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(BODY)}\r\n` +
    `Connection: keep-alive\r\n\r\n${BODY}`,
)

export async function startReceiver(): Promise<Receiver> {
  const sockets = new Set<Socket>()
  let count = new Count(0)
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    const reader = new MessageReader(({ beginning }) => {
      count.take(/submissionId>([^<]+)</.exec(beginning)?.[1])
      socket.write(ANSWER)
    })
    socket.on('data', (chunk) => reader.push(chunk))
    // A sender that goes away shows as documents that do not come.
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    expect(documents, silentMs) {
      count = new Count(documents)
      return count.whole(silentMs)
    },
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

class Count {
  readonly #wanted: number
  readonly #ids = new Set<string>()
  #repeated = 0
  #lastAt = performance.now()
  #done: (() => void) | undefined

  constructor(wanted: number) {
    this.#wanted = wanted
  }

  take(id: string | undefined): void {
    if (id === undefined) throw new Error('a delivery without submissionId in its beginning')
    if (this.#ids.has(id)) {
      this.#repeated++
      return
    }
    this.#ids.add(id)
    this.#lastAt = performance.now()
    if (this.#ids.size === this.#wanted) this.#done?.()
  }

  whole(silentMs: number): Promise<Received> {
    return new Promise((resolve, reject) => {
      const watch = setInterval(() => {
        if (performance.now() - this.#lastAt < silentMs) return
        clearInterval(watch)
        reject(new Error(`${this.#ids.size} of ${this.#wanted} documents came, then none for ${silentMs} ms`))
      }, 1_000)
      this.#done = () => {
        clearInterval(watch)
        resolve({ lastAt: this.#lastAt, repeated: this.#repeated })
      }
    })
  }
}
