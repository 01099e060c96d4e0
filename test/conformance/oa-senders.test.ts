import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Outbound, Sender } from '../../core/delivery/port.ts'
import { YizhanError } from '../../core/errors/error.ts'
import { deliveryId, guidOf } from '../../core/message/ids.ts'
import type { DocumentMessage, Message } from '../../core/message/schema.ts'
import { PASSWORD, smallCity, TestHouse } from '../unit/oa/lib/house.ts'
import { at, basic, file, notice, post, submit } from '../unit/oa/lib/soap.ts'
import { PROTOCOLS, startReceiver, type Receiver } from './lib/oa-receivers.ts'

/** Every sender of this adapter is held to the contract of `core/delivery/port.ts`. */

const SYSTEMS = {
  yizhan: { id: 'oa-push', unit: 'finance', name: '市财政局' },
  docxg: { id: 'docxg-centre', unit: 'health', name: '市卫生局' },
} as const
/** What the delivery engine stops a call with when its time is over. */
const late = (): YizhanError =>
  new YizhanError('SYSTEM_TIMEOUT', { field: 'x', rule: 'pace.timeoutMs' }, { inDoubt: true })
const never = new AbortController().signal

describe.each(['yizhan', 'docxg'] as const)('the sender of dialect %s', (dialect) => {
  const { id: systemId, unit, name } = SYSTEMS[dialect]
  let t: TestHouse
  let receiver: Receiver
  let sender: Sender
  let document: DocumentMessage
  let outbound: Outbound

  const senderTo = (url: string): Sender => {
    const system = smallCity().systems.find((one) => one.id === systemId)
    if (system === undefined) throw new Error(systemId)
    const made = t.adapter.sender({ ...system, url })
    if (made === undefined) throw new Error(`${systemId} is not called`)
    return made
  }
  const failure = async (sending: Promise<unknown>): Promise<YizhanError> => {
    const error = await sending.then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    if (!(error instanceof YizhanError)) throw new Error(`expected a refusal, not ${String(error)}`)
    return error
  }

  beforeAll(async () => {
    t = await TestHouse.open()
    const body = Buffer.from('正文'.repeat(20_000))
    const answered = await post(`${t.url}/oa/yizhan`, submit(notice({ to: name, files: file('正文.ofd', body) })), {
      authorization: basic('office', PASSWORD),
    })
    const message = await t.house.ledger.journal.message(at(answered.body, 'messageId'))
    if (message?.kind !== 'document') throw new Error('not accepted')
    document = message
    outbound = { id: deliveryId(message.id, unit), unit, message, attempt: 1 }
  })
  beforeEach(async () => {
    receiver = await startReceiver(PROTOCOLS[dialect])
    sender = senderTo(receiver.url)
  })
  afterEach(async () => {
    await sender.close()
    await receiver.close()
  })
  afterAll(() => t.close())

  const known = (): string => (dialect === 'yizhan' ? outbound.id : guidOf(outbound.id))

  it('delivers, and tells the system’s own id', async () => {
    expect(await sender.send(outbound, never)).toEqual({
      remoteId: dialect === 'yizhan' ? `收文-${outbound.id}` : guidOf(outbound.id),
    })
    expect(receiver.taken).toEqual([known()])
    const sent = receiver.requests[0] ?? ''
    expect(sent).toContain('周政办')
    if (dialect === 'yizhan') {
      expect(sent).toContain(Buffer.from('正文'.repeat(20_000)).toString('base64'))
      expect(receiver.headers[0]?.authorization).toBe(basic('yizhan', PASSWORD))
    } else expect(sent).toMatch(new RegExp(`<arg0>[^<]*</arg0>`))
  })

  it('delivers every kind of message that an OA can get', async () => {
    const about = {
      id: document.id,
      number: document.number,
      title: document.document.title,
      from: document.from,
      direction: 'issue' as const,
    }
    const shared = {
      trace: document.id,
      parent: document.id,
      from: { unit: 'office', name: '市政府办公室' },
      recipients: [{ unit, name, role: 'to' as const }],
      urgency: 'ordinary' as const,
      acceptedAt: document.acceptedAt,
      origin: { system: 'oa-yizhan' },
      files: [],
      about,
    }
    const when = document.acceptedAt
    const messages: Message[] = [
      { ...shared, id: 'm-1', schema: 'receipt/1', kind: 'receipt', receipt: { state: 'taken', at: when } },
      { ...shared, id: 'm-2', schema: 'return/1', kind: 'return', return: { reason: '附件不全', at: when } },
      { ...shared, id: 'm-3', schema: 'withdrawal/1', kind: 'withdrawal', withdrawal: { reason: '有误', at: when } },
      { ...shared, id: 'm-4', schema: 'reply/1', kind: 'reply', reply: { text: '已办', at: when } },
      {
        ...shared,
        id: 'm-5',
        schema: 'outcome/1',
        kind: 'outcome',
        outcome: {
          state: 'expired',
          delivery: outbound.id,
          messageKind: 'document',
          system: 'x',
          unit: 'edu',
          at: when,
        },
      },
    ]
    for (const message of messages)
      await sender.send({ id: deliveryId(message.id, unit), unit, message, attempt: 1 }, never)
    expect(receiver.taken).toHaveLength(5)
    for (const [n, words] of ['', '附件不全', '有误', '已办', ''].entries())
      expect(receiver.requests[n]).toContain(words)
  })

  it('sends the same twice under the same id', async () => {
    await sender.send(outbound, never)
    await sender.send({ ...outbound, attempt: 2 }, never)
    expect(receiver.taken).toEqual([known(), known()])
  })

  it('reads answers in GBK', async () => {
    receiver.gbk = true
    await sender.send(outbound, never)
    receiver.mood = 'refuse'
    expect((await failure(sender.send(outbound, never))).facts.detail).toContain('单位已撤销')
  })

  it.each<[Receiver['mood'], { code: string; retryable: boolean; inDoubt: boolean }]>([
    ['refuse', { code: 'SYSTEM_REFUSED', retryable: false, inDoubt: false }],
    ['fault', { code: 'SYSTEM_FAULT', retryable: true, inDoubt: true }],
    ['locked', { code: 'SYSTEM_FAULT', retryable: true, inDoubt: false }],
    ['busy', { code: 'SYSTEM_FAULT', retryable: true, inDoubt: true }],
    ['lost', { code: 'SYSTEM_FAULT', retryable: true, inDoubt: true }],
    ['garbage', { code: 'SYSTEM_FAULT', retryable: true, inDoubt: true }],
    ['odd', { code: 'SYSTEM_FAULT', retryable: true, inDoubt: true }],
    ['reset', { code: 'SYSTEM_UNREACHABLE', retryable: true, inDoubt: true }],
  ])('of a receiver in the mood “%s” says %o', async (mood, expected) => {
    receiver.mood = mood
    const error = await failure(sender.send(outbound, never))
    expect({ code: error.code, retryable: error.retryable, inDoubt: error.inDoubt }).toEqual(expected)
    expect(error.facts.field).toBe(systemId)
  })

  it.each<[Receiver['mood'], boolean]>([
    ['hang', true],
    ['deaf', false],
  ])('asks after a time-out whether it arrived (receiver in the mood “%s”)', async (mood, taken) => {
    receiver.mood = mood
    const controller = new AbortController()
    const sending = failure(sender.send(outbound, controller.signal))
    await expect.poll(() => receiver.requests.length, { timeout: 20_000 }).toBe(1)
    controller.abort(late())
    const error = await sending
    expect([error.code, error.inDoubt]).toEqual(['SYSTEM_TIMEOUT', true])
    expect(receiver.requests).toHaveLength(1)
    const probed = await sender.probe?.(outbound, never)
    expect(probed?.taken).toBe(taken)
    if (taken) expect(probed?.remoteId).toBe(dialect === 'yizhan' ? `收文-${outbound.id}` : guidOf(outbound.id))
  })

  it('is sure that nothing arrived where nobody listens or the host is unknown', async () => {
    await receiver.close()
    const refused = await failure(sender.send(outbound, never))
    expect({ code: refused.code, retryable: refused.retryable, inDoubt: refused.inDoubt }).toEqual({
      code: 'SYSTEM_UNREACHABLE',
      retryable: true,
      inDoubt: false,
    })
    const nowhere = senderTo('http://no-such-host.invalid/x')
    expect(await failure(nowhere.send(outbound, never))).toMatchObject({ code: 'SYSTEM_UNREACHABLE', inDoubt: false })
    await nowhere.close()
    const probe = await failure(Promise.resolve(sender.probe?.(outbound, never)))
    expect(probe.retryable).toBe(true)
  })

  it('stops when it is told to, with the reason', async () => {
    receiver.mood = 'deaf'
    const controller = new AbortController()
    const sending = failure(sender.send(outbound, controller.signal))
    await expect.poll(() => receiver.requests.length, { timeout: 20_000 }).toBe(1)
    const reason = new YizhanError('STALE', { field: 'lease' }, { inDoubt: true })
    controller.abort(reason)
    expect(await sending).toBe(reason)
    const before = await failure(sender.send(outbound, controller.signal))
    expect([before.code, before.inDoubt]).toEqual(['STALE', false])
  })

  it('gives up on a receiver that accepts connections and never reads', async () => {
    const sockets: { destroy(): void }[] = []
    const silent = createServer((socket) => void sockets.push(socket.pause()))
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const other = senderTo(`http://127.0.0.1:${(silent.address() as AddressInfo).port}/x`)
    const controller = new AbortController()
    // by then it has connected, also on a busy machine: before, nothing would be in doubt
    const deadline = setTimeout(() => controller.abort(late()), 2_000)
    expect(await failure(other.send(outbound, controller.signal))).toMatchObject({
      code: 'SYSTEM_TIMEOUT',
      inDoubt: true,
    })
    clearTimeout(deadline)
    expect(sockets).toHaveLength(1)
    await other.close()
    sockets.forEach((socket) => socket.destroy())
    await new Promise((resolve) => silent.close(resolve))
  })
})
