import { once } from 'node:events'
import { open } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import amqp from 'amqplib'
import { batchWrites } from '../core/bus/rabbitmq/batch-writes.ts'
import { deliverRequest, fieldsOf, submitAnswer, type Fields } from './limit/documents.ts'
import { Journal } from './limit/journal.ts'
import { Outlet } from './limit/outlet.ts'
import { RequestReader } from './limit/requests.ts'

/**
 * The leanest Node program that goes a document's way durably, as a process: `limit FOLDER AMQP_URL RECEIVER_URL`.
 * SOAP in, a journal with grouped fdatasync before the answer, RabbitMQ with confirms, SOAP out, a booking in the
 * journal before the acknowledgement. No rules, no ledger to ask, no recovery: what is left to gain on this machine.
 */
const [folder = '', amqpUrl = '', receiverUrl = ''] = process.argv.slice(2)
const QUEUE = 'limit.documents'
const PREFETCH = 64
const PLACES = 20

interface Waiting {
  readonly fields: Fields
  /** base64 as it came */
  readonly content: Buffer
}

const journal = new Journal(await open(join(folder, 'journal'), 'w'))
const outlet = await Outlet.open(new URL(receiverUrl), PLACES)
const client = await amqp.connect(amqpUrl)
batchWrites(client)
const publisher = await client.createConfirmChannel()
const consumer = await client.createChannel()
await consumer.assertQueue(QUEUE, { durable: true })
await consumer.purgeQueue(QUEUE)
await consumer.prefetch(PREFETCH)

const waiting = new Map<string, Waiting>()
let last = 0

const server = createServer({ noDelay: true }, (socket) => {
  const reader = new RequestReader((body) => {
    const read = fieldsOf(body)
    const id = String(++last)
    waiting.set(id, read)
    journal.append([body], () => {
      socket.write(submitAnswer(id, read.fields.acceptedAt))
      publisher.publish('', QUEUE, Buffer.from(id), { persistent: true }, refusal)
    })
  })
  socket.on('data', (chunk) => reader.push(chunk))
  socket.on('error', () => socket.destroy())
})

function refusal(error: unknown): void {
  if (error !== null) throw new Error('the broker refused a message', { cause: error })
}

await consumer.consume(QUEUE, (message) => {
  if (message === null) throw new Error('the broker ended the consumer')
  const id = message.content.toString('latin1')
  const document = waiting.get(id)
  if (document === undefined) throw new Error(`unknown message ${id}`)
  outlet.post(deliverRequest(outlet.url, id, document.fields, document.content), () => {
    journal.append([Buffer.from(`booked ${id}\n`)], () => {
      waiting.delete(id)
      consumer.ack(message)
    })
  })
})

server.listen(0, '127.0.0.1')
await once(server, 'listening')
process.stdout.write(JSON.stringify({ port: (server.address() as AddressInfo).port }) + '\n')
process.on('SIGTERM', () => process.exit(0))
