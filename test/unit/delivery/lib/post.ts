import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openBus } from '../../../../core/bus/open.ts'
import type { Bus } from '../../../../core/bus/port.ts'
import { paceSchema, type Pace } from '../../../../core/config/pace.ts'
import { startDelivery, type DeliveryEngine } from '../../../../core/delivery/engine.ts'
import type { DeliveryParts, DeliverySystem } from '../../../../core/delivery/parts.ts'
import type { Outbound, Sender, Taken } from '../../../../core/delivery/port.ts'
import { openLedger } from '../../../../core/ledger/open.ts'
import type { AcceptEntry, Announcement, DeliveryTarget, Ledger } from '../../../../core/ledger/port.ts'
import type { Message } from '../../../../core/message/schema.ts'
import type { Urgency } from '../../../../core/message/urgency.ts'
import type { Clock } from '../../../../core/util/clock.ts'
import { documentFor } from '../../../lib/announcement.ts'
import { EventList } from '../../../lib/events.ts'
import { until } from '../../../lib/wait.ts'

/** A clock that runs, and can be set forward. */
class MovableClock implements Clock {
  #ahead = 0

  now(): number {
    return Date.now() + this.#ahead
  }

  monotonic(): number {
    return performance.now()
  }

  forward(ms: number): void {
    this.#ahead += ms
  }
}

/** A system that does what the test says, and remembers what it was sent. */
export class FakeSystem implements Sender {
  readonly sent: (Outbound & { readonly at: number })[] = []
  readonly probed: string[] = []
  readonly #answer: (outbound: Outbound, signal: AbortSignal) => Promise<Taken>
  probe?: NonNullable<Sender['probe']>

  constructor(answer: (outbound: Outbound, signal: AbortSignal) => Promise<Taken> = async () => ({})) {
    this.#answer = answer
  }

  /** lets it be asked */
  asked(taken: (id: string) => boolean | Promise<boolean>): this {
    this.probe = async (outbound) => {
      this.probed.push(named(outbound.id))
      return { taken: await taken(named(outbound.id)), remoteId: 'probed' }
    }
    return this
  }

  /** `document/unit` of what was sent, in order */
  get ids(): string[] {
    return this.sent.map((outbound) => named(outbound.id))
  }

  send(outbound: Outbound, signal: AbortSignal): Promise<Taken> {
    this.sent.push({ ...outbound, at: performance.now() })
    return this.#answer(outbound, signal)
  }

  async close(): Promise<void> {
    return undefined
  }
}

/** A sender that the test holds back must not time out before the test has done what it does meanwhile. */
export function system(id: string, sender: Sender, pace: Partial<Pace> = {}): DeliverySystem {
  return {
    id,
    name: `${id} 系统`,
    sender,
    pace: paceSchema.parse({ backoffMs: 20, maxBackoffMs: 200, breakerMs: 150, timeoutMs: 60_000, ...pace }),
  }
}

export interface Issued {
  readonly id: string
  readonly targets: readonly (Pick<DeliveryTarget, 'system'> & Partial<DeliveryTarget>)[]
  readonly urgency?: Urgency
  /** what is accepted; absent: a document */
  readonly message?: Message
  readonly effect?: AcceptEntry['effect']
}

/**
 * Opening a ledger takes a while, so tests share one: each document's id gets the test's number, which is not shown.
 */
function named(id: string): string {
  return id.replace(/\.\d+(?=\/|$)/, '')
}

/** A real ledger in a folder of its own with the embedded bus, to deliver from. */
export class Post {
  readonly clock = new MovableClock()
  events = new EventList()
  waiting: string[] = []
  ledger!: Ledger
  bus!: Bus
  readonly #folder: string
  readonly #engines: DeliveryEngine[] = []
  readonly #systems = new Set<string>()
  #test = 0

  private constructor(folder: string) {
    this.#folder = folder
  }

  static async open(): Promise<Post> {
    const post = new Post(await mkdtemp(join(tmpdir(), 'yizhan-delivery-')))
    await post.openLedger()
    return post
  }

  /** the ledger as a new process finds it */
  async openLedger(): Promise<void> {
    const { ledger } = await openLedger({
      folder: this.#folder,
      station: 'test',
      clock: this.clock,
      hop: { maxAttempts: 5, backoffMs: 10, maxBackoffMs: 100 },
    })
    this.ledger = ledger
    await ledger.hops.subscribe(
      [
        { name: 'all', filter: { source: 'oa' } },
        { name: 'outcomes', filter: { source: 'outcome' } },
      ],
      this.clock.now(),
    )
  }

  /** before each test */
  async begin(): Promise<void> {
    this.#test++
    this.events = new EventList()
    this.waiting = []
    this.bus = await openBus({
      url: 'embedded',
      prefix: 'test.',
      confirmTimeoutMs: 1_000,
      emit: this.events,
      clock: this.clock,
    })
  }

  /** after each test: nothing may be left over for the next one */
  async end(): Promise<void> {
    await this.#stop()
    await this.begin()
    this.clock.forward(24 * 3600_000)
    this.deliver([...this.#systems].map((id) => system(id, new FakeSystem())))
    await until(
      async () => Object.values((await this.ledger.journal.backlog()).deliveries).every((open) => open === 0),
      { what: 'an empty ledger' },
    )
    await this.#stop()
  }

  async #stop(): Promise<void> {
    for (const engine of this.#engines.splice(0)) await engine.close()
    await this.bus.close()
  }

  async close(): Promise<void> {
    await this.ledger.close()
    await rm(this.#folder, { recursive: true, force: true })
  }

  deliver(
    systems: readonly DeliverySystem[] | (() => readonly DeliverySystem[]),
    parts: Partial<DeliveryParts> = {},
  ): DeliveryEngine {
    const { events, waiting } = this
    const engine = startDelivery({
      ledger: this.ledger,
      bus: this.bus,
      clock: this.clock,
      owner: 'test',
      systems: typeof systems === 'function' ? systems : () => systems,
      emit: events,
      onWaiting: (subscriptions) => waiting.push(...subscriptions),
      sweepMs: 300,
      ...parts,
    })
    this.#engines.push(engine)
    return engine
  }

  /** Accepts documents and commits their hops; what is to be announced is left to the caller. */
  async issue(...documents: readonly Issued[]): Promise<Announcement[]> {
    const announce: Announcement[] = []
    for (const document of documents) {
      const { effect, message = documentFor(`${document.id}.${this.#test}`, document) } = document
      await this.ledger.acceptance.accept({
        message,
        bodies: [],
        idempotencyKey: message.id,
        fingerprint: message.id,
        revisions: { directory: 'r1' },
        ...(effect === undefined ? {} : { effect }),
      })
      announce.push(...(await this.#commit(document)))
    }
    return announce
  }

  async #commit(document: Issued): Promise<readonly Announcement[]> {
    const now = this.clock.now()
    const [hop] = await this.ledger.hops.claim({
      subscription: 'all',
      max: 1,
      owner: 'flows',
      now,
      leaseUntil: now + 60_000,
    })
    if (hop === undefined) throw new Error('no hop to commit')
    const targets = document.targets.map((target): DeliveryTarget => ({
      unit: 'county-a',
      mode: 'push',
      order: 'document',
      ...target,
    }))
    for (const target of targets) this.#systems.add(target.system)
    const result = await this.ledger.hops.commit({
      hops: [{ id: hop.id, attempt: hop.attempt }],
      owner: 'flows',
      outputs: [{ message: 'input', targets }],
      flowsRevision: 'f1',
    })
    if (result.status !== 'committed') throw new Error(`the hop was ${result.status}`)
    return result.announce
  }

  /** An operator replays a dead letter, `document/unit`. */
  async replay(row: string): Promise<{ readonly announce: readonly Announcement[] }> {
    const [id, unit] = row.split('/')
    return this.ledger.deadLetters.replay({ id: `${id}.${this.#test}/${unit}`, actor: 'op', now: this.clock.now() })
  }

  /** what was booked of deliveries, in order: code and `document/unit` */
  booked(): string[] {
    return this.events.all
      .filter((event) => event.code.startsWith('delivery.'))
      .map((event) => `${event.code} ${named(event.row ?? '')}`)
  }
}
