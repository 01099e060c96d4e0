import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { connect, type ChannelModel, type ConfirmChannel } from 'amqplib'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { moduleFile } from '../../core/util/module-file.ts'
import { processesOf } from '../lib/processes.ts'
import { type RabbitMq, startRabbitMq } from '../lib/servers/rabbitmq.ts'
import { until } from '../lib/wait.ts'
import { restore } from './lib/rabbit-state.ts'

interface Client {
  model: ChannelModel
  channel: ConfirmChannel
  /** The connection's errors; empty when the broker closed it in order. */
  errors: Error[]
  closed: Promise<unknown>
}

async function client(url: string): Promise<Client> {
  const model = await connect(url)
  const errors: Error[] = []
  model.on('error', (error) => errors.push(error))
  const closed = new Promise((resolve) => model.once('close', resolve))
  const channel = await model.createConfirmChannel()
  channel.on('error', (error) => errors.push(error))
  return { model, channel, errors, closed }
}

async function publishDurably(url: string, queue: string, texts: string[]): Promise<void> {
  const { model, channel } = await client(url)
  await channel.assertQueue(queue, { durable: true })
  for (const text of texts) channel.sendToQueue(queue, Buffer.from(text), { persistent: true })
  await channel.waitForConfirms()
  await model.close()
}

async function take(url: string, queue: string): Promise<string | undefined> {
  const { model, channel } = await client(url)
  await channel.assertQueue(queue, { durable: true })
  const message = await channel.get(queue, { noAck: true })
  await model.close()
  return message ? message.content.toString() : undefined
}

describe('a private RabbitMQ', () => {
  let broker: RabbitMq

  beforeAll(async () => {
    broker = await startRabbitMq()
  })

  afterAll(async () => {
    await broker.close()
  })

  afterEach(() => restore(broker))

  /** A queue of each try's own: what the last one left is not in it. */
  let queues = 0
  const fresh = (name: string): string => `${name}-${++queues}`

  it('keeps a confirmed durable message over SIGKILL, on the same address', async () => {
    const kept = fresh('kept')
    await publishDurably(broker.url, kept, ['市政府办公室'])
    await broker.kill()
    await expect(connect(broker.url)).rejects.toThrow('ECONNREFUSED')
    await broker.start()
    expect(await take(broker.url, kept)).toBe('市政府办公室')
    expect(await take(broker.url, kept)).toBeUndefined()
  })

  it('keeps messages over an orderly stop and loses all when its data are wiped', async () => {
    const wiped = fresh('wiped')
    await publishDurably(broker.url, wiped, ['one', 'two'])
    await expect(broker.wipe()).rejects.toThrow('stop or kill the broker')
    await broker.stop()
    await broker.start()
    expect(await take(broker.url, wiped)).toBe('one')
    await broker.kill()
    await broker.wipe()
    await broker.start()
    const { model, channel, errors } = await client(broker.url)
    await expect(channel.checkQueue(wiped)).rejects.toThrow('404')
    expect(errors).toHaveLength(1)
    await model.close()
  })

  it('closes connections in order, and cuts them', async () => {
    const forgotten = () =>
      until(async () => (await broker.closeConnections()) === 0, { what: 'the broker to forget its connections' })
    await forgotten()
    const closing = await client(broker.url)
    expect(await broker.closeConnections()).toBe(1)
    await expect(closing.closed).resolves.toMatchObject({ message: expect.stringContaining('320') as string })
    expect(closing.errors).toEqual([])

    await forgotten()
    const cutting = await Promise.all([client(broker.url), client(broker.url)])
    expect(await broker.cutConnections()).toBe(2)
    await Promise.all(cutting.map(({ closed }) => closed))
    expect(cutting.map(({ errors }) => errors.length)).toEqual([1, 1])
  })

  it('purges a queue and says how much was in it', async () => {
    const purged = fresh('purged')
    await publishDurably(broker.url, purged, ['one', 'two', 'three'])
    expect(await broker.purge(purged)).toBe(3)
    expect(await take(broker.url, purged)).toBeUndefined()
    await expect(broker.purge('never declared')).rejects.toThrow('404')
  })
})

it('leaves no process and no file behind when its test process is killed', async () => {
  const holder = spawn(process.execPath, [moduleFile(import.meta.url, './lib/broker-holder')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [folder] = (await once(createInterface(holder.stdout), 'line')) as [string]
  expect((await processesOf(folder)).length).toBeGreaterThanOrEqual(2)
  holder.kill('SIGKILL')
  await until(async () => (await processesOf(folder)).length === 0, { what: 'the broker to end with its test' })
  await until(() => !existsSync(folder), { what: 'the broker’s folder to go' })
})
