import { createServer, type AddressInfo, type Socket } from 'node:net'
import { MessageReader } from './http-messages.ts'

/** What was received since the last `expect`. */
export interface Received {
  /** performance.now() of the last new document */
  readonly lastAt: number
  /** documents that came more than once */
  readonly repeated: number
}

/** The OA that takes documents: takes every `Deliver`, knows what it has taken, and counts by an id. */
export interface Receiver {
  readonly port: number
  /** since the last `begin`, by the id that is counted: performance.now() of each time that it came */
  readonly taken: ReadonlyMap<string, readonly number[]>
  /** questions whether an item had come (`DeliveryStatus`) since the last `begin` */
  readonly probes: number
  /** Begins a new count. */
  begin(): void
  /** Begins a new count; resolves when so many different documents have come. Rejects when none came for so long. */
  expect(documents: number, silentMs: number): Promise<Received>
  close(): void
}

export interface ReceiverOptions {
  /** milliseconds from taking an item to answering it; at once unless told */
  readonly answerMs?: number
  /** what is counted once: the sender's document, unless told, or each recipient's copy of it */
  readonly counts?: 'documents' | 'copies'
}

/** How a document and a copy are known; the beginning of the request suffices. */
const IDS = { documents: /submissionId>([^<]+)</, copies: /<id>([^<]+)</ } as const

const TAKEN = answer('<DeliverResponse xmlns="urn:yizhan:oa:1"><messageId>received</messageId></DeliverResponse>')
const statusOf = (taken: boolean): Buffer =>
  answer(`<DeliveryStatusResponse xmlns="urn:yizhan:oa:1"><taken>${taken}</taken></DeliveryStatusResponse>`)

function answer(content: string): Buffer {
  const body =
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>' +
    `${content}</soapenv:Body></soapenv:Envelope>`
  return Buffer.from(
    `HTTP/1.1 200 OK\r\nContent-Type: text/xml; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
      `Connection: keep-alive\r\n\r\n${body}`,
  )
}

export async function startReceiver(options: ReceiverOptions = {}): Promise<Receiver> {
  const { answerMs = 0, counts = 'documents' } = options
  const sockets = new Set<Socket>()
  const items = new Set<string>()
  let count = new Count(0)
  const take = (beginning: string): Buffer => {
    const item = IDS.copies.exec(beginning)?.[1] ?? ''
    if (beginning.includes('<DeliveryStatus ')) {
      count.probes++
      return statusOf(items.has(item))
    }
    items.add(item)
    count.take(IDS[counts].exec(beginning)?.[1])
    return TAKEN
  }
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    const reader = new MessageReader(({ beginning }) => {
      const answered = take(beginning)
      if (answerMs === 0) socket.write(answered)
      else setTimeout(() => socket.write(answered), answerMs)
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
    get taken() {
      return count.taken
    },
    get probes() {
      return count.probes
    },
    begin() {
      count = new Count(0)
    },
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
  readonly taken = new Map<string, number[]>()
  probes = 0
  readonly #wanted: number
  #repeated = 0
  #lastAt = performance.now()
  #done: (() => void) | undefined

  constructor(wanted: number) {
    this.#wanted = wanted
  }

  take(id: string | undefined): void {
    if (id === undefined) throw new Error('a delivery without the id that is counted in its beginning')
    const now = performance.now()
    const before = this.taken.get(id)
    if (before !== undefined) {
      before.push(now)
      if (before.length === 2) this.#repeated++
      return
    }
    this.#lastAt = now
    this.taken.set(id, [now])
    if (this.taken.size === this.#wanted) this.#done?.()
  }

  whole(silentMs: number): Promise<Received> {
    return new Promise((resolve, reject) => {
      const watch = setInterval(() => {
        if (performance.now() - this.#lastAt < silentMs) return
        clearInterval(watch)
        reject(new Error(`${this.taken.size} of ${this.#wanted} documents came, then none for ${silentMs} ms`))
      }, 1_000)
      this.#done = () => {
        clearInterval(watch)
        resolve({ lastAt: this.#lastAt, repeated: this.#repeated })
      }
    })
  }
}
