import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/**
 * An OA's inbox service, in bytes of its own: recognises the ids of what it took, answers DeliveryStatus, and counts.
 */
export class Inbox {
  /** id → how often it was delivered, and the title */
  readonly taken = new Map<string, { times: number; readonly title: string }>()
  /** bytes of the longest request so far */
  longest = 0
  readonly #server: Server
  /** 'hang' never answers, 'fail' answers 503 without taking */
  mode: 'ok' | 'hang' | 'fail' = 'ok'

  constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const bytes = Buffer.concat(chunks)
        this.longest = Math.max(this.longest, bytes.length)
        const text = bytes.toString('utf8')
        if (this.mode === 'hang') return
        if (this.mode === 'fail') {
          response.writeHead(503).end()
          return
        }
        response.writeHead(200, { 'content-type': 'text/xml; charset=utf-8' }).end(envelope(this.#answer(text)))
      })
    })
  }

  #answer(text: string): string {
    const id = /<(?:\w+:)?id>([^<]*)</.exec(text)?.[1] ?? ''
    if (text.includes('DeliveryStatus'))
      return `<DeliveryStatusResponse xmlns="urn:yizhan:oa:1"><taken>${this.taken.has(id)}</taken></DeliveryStatusResponse>`
    const title = /documentTitle>([^<]*)</.exec(text)?.[1] ?? ''
    const before = this.taken.get(id)
    if (before === undefined) this.taken.set(id, { times: 1, title })
    else before.times++
    return `<DeliverResponse xmlns="urn:yizhan:oa:1"><messageId>${this.taken.size}</messageId></DeliverResponse>`
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/inbox`
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

function envelope(body: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>${body}</s:Body></s:Envelope>`
}
