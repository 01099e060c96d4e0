import { createSmsAdapter } from '../../../adapters/sms/index.ts'
import type { Adapter } from '../../../core/adapter/port.ts'
import { openBus } from '../../../core/bus/open.ts'
import { systemSchema } from '../../../core/config/schema.ts'
import { startDelivery, type DeliveryEngine } from '../../../core/delivery/engine.ts'
import { deriveMessage } from '../../../core/message/derive.ts'
import type { Message } from '../../../core/message/schema.ts'
import { DeliverySystems } from '../../../station/senders.ts'
import { until } from '../../lib/wait.ts'
import { smallCity, TestHouse } from '../../unit/oa/lib/house.ts'

export const PHONE = '13800000001'

/** A small city with an SMS system `sms`: ledger, door, deliveries, adapter; the flows are played. */
export class SmsHouse {
  readonly t: TestHouse
  adapter!: Adapter
  #delivery!: DeliveryEngine
  #systems!: DeliverySystems

  private constructor(t: TestHouse) {
    this.t = t
  }

  /** @param centre the settings' `centre` */
  static async open(centre: object, more: object = {}): Promise<SmsHouse> {
    const sms = systemSchema.parse({
      id: 'sms',
      name: '短信中心',
      adapter: 'sms',
      settings: { centre, signature: '【市政府办】', ...more },
      pace: { backoffMs: 20, maxBackoffMs: 50 },
    })
    const city = smallCity()
    const t = await TestHouse.open({ ...city, systems: [...city.systems, sms] })
    await t.opened.ledger.hops.subscribe([{ name: 'sms', filter: { source: 'sms' } }], t.house.clock.now())
    const house = new SmsHouse(t)
    await house.start()
    return house
  }

  async start(): Promise<void> {
    const { t } = this
    const { ledger } = t.opened
    const city = t.house.city()
    const bus = await openBus({ url: 'embedded', confirmTimeoutMs: 1_000, prefix: 't.', emit: t.house.emit })
    this.adapter = createSmsAdapter(t.house)
    this.#systems = new DeliverySystems(
      () => ({ ...city, systems: city.systems.filter(({ adapter }) => adapter === 'sms') }),
      [this.adapter],
      { bus, take: t.house.door.take, clock: t.house.clock, ledger: t.house.ledger, station: city.station.name },
    )
    this.#delivery = startDelivery({
      ledger,
      bus,
      clock: t.house.clock,
      owner: `test:${Math.random()}`,
      systems: () => this.#systems.list(),
      emit: t.house.emit,
      onWaiting: () => undefined,
      sweepMs: 100,
    })
  }

  async stop(): Promise<void> {
    await this.#delivery.close()
    await this.#systems.close()
    await this.adapter.close()
  }

  async close(): Promise<void> {
    await this.stop()
    await this.t.close()
  }

  /** A flow that sends a notice about a document: a commit with the derived message. */
  async notify(event: string, text: string, phone = PHONE, urgency = 'ordinary'): Promise<Message> {
    const { t } = this
    const account = t.house.door.authenticate('oa-yizhan', 'office', () => true)
    const { id } = await t.house.door.accept(account, {
      kind: 'document',
      number: `周政办〔2011〕${event}号`,
      document: { title: '关于召开会议的通知' },
      to: ['science'],
      files: [],
    })
    const { hops } = t.opened.ledger
    const now = t.house.clock.now()
    const [hop] = await hops.claim({ subscription: 'all', max: 1, owner: 'flows', now, leaseUntil: now + 60_000 })
    if (hop?.message.id !== id) throw new Error('another hop')
    const draft = { kind: 'notice', urgency, about: { id }, notice: { to: { phone }, event, text } }
    const message = deriveMessage(draft, hop.message, `sms:${event}`)
    const result = await hops.commit({
      hops: [hop],
      owner: 'flows',
      flowsRevision: 't',
      outputs: [{ message, targets: [{ system: 'sms', unit: 'science', mode: 'push', order: 'document' }] }],
    })
    if (result.status !== 'committed') throw new Error(result.status)
    this.#delivery.announce(result.announce)
    return message
  }

  /** What came from the centre since it was asked last. */
  async incoming(): Promise<Message[]> {
    const now = this.t.house.clock.now()
    return (
      await this.t.opened.ledger.hops.claim({
        subscription: 'sms',
        max: 10,
        owner: 'flows',
        now,
        leaseUntil: now + 60_000,
      })
    ).map(({ message }) => message)
  }

  firstIncoming(): Promise<Message> {
    return until(async () => (await this.incoming())[0], { what: 'something from the centre' })
  }

  /** The event stays; what is awaited goes again when the report has come. */
  booked(): Promise<unknown> {
    return until(() => this.t.events.some(({ code }) => code === 'delivery.delivered'), {
      what: 'the notice to be booked',
    })
  }

  awaited(): ReturnType<TestHouse['house']['ledger']['journal']['unsigned']> {
    return this.t.opened.ledger.journal.unsigned({ system: 'sms', max: 10 })
  }
}
