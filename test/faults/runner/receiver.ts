import { appendFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { FILES, type ReceiverLine } from './records.ts'

/**
 * The OA that takes, as a process: `receiver FOLDER`. It knows an item again by its id, answers whether it has one, and
 * writes down what came before it answers. Told `close` it answers 503 until it is told `open`; its stdin's end ends
 * it. It prints its port.
 */
const [folder = ''] = process.argv.slice(2)
const items = new Set<string>()
let open = true

const write = (line: ReceiverLine): void => appendFileSync(join(folder, FILES.receiver), `${JSON.stringify(line)}\n`)
const element = (text: string, name: string): string => new RegExp(`<(?:\\w+:)?${name}>([^<]*)<`).exec(text)?.[1] ?? ''

function answerTo(text: string): string {
  const item = element(text, 'id')
  if (text.includes('DeliveryStatus'))
    return `<DeliveryStatusResponse xmlns="urn:yizhan:oa:1"><taken>${items.has(item)}</taken></DeliveryStatusResponse>`
  write({ ...came(text), what: 'taken' })
  items.add(item)
  return `<DeliverResponse xmlns="urn:yizhan:oa:1"><messageId>${items.size}</messageId></DeliverResponse>`
}

function came(text: string): Omit<Extract<ReceiverLine, { item: string }>, 'what'> {
  const kind = element(text, 'kind') === 'withdrawal' ? 'withdrawal' : 'document'
  return { at: Date.now(), item: element(text, 'id'), kind, id: element(text, 'submissionId') }
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const text = Buffer.concat(chunks).toString('utf8')
    if (!open) {
      if (!text.includes('DeliveryStatus')) write({ ...came(text), what: 'refused' })
      response.writeHead(503).end()
      return
    }
    response
      .writeHead(200, { 'content-type': 'text/xml; charset=utf-8' })
      .end(
        '<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>' +
          `${answerTo(text)}</s:Body></s:Envelope>`,
      )
  })
})
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`)
})
createInterface({ input: process.stdin })
  .on('line', (line) => {
    open = line === 'open'
    if (open) write({ at: Date.now(), what: 'open' })
  })
  .on('close', () => process.exit(0))
