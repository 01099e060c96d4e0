import { hash } from 'node:crypto'
import { YizhanError } from '../../core/errors/error.ts'
import type { EventSink } from '../../core/events/event.ts'
import type { Announcement, ClaimedHop, Ledger } from '../../core/ledger/port.ts'
import { newMessageId } from '../../core/message/ids.ts'
import type { NoticeMessage, SmsReplyMessage } from '../../core/message/schema.ts'
import type { Clock } from '../../core/util/clock.ts'

/** The station's own subscription: what comes over it, it delivers itself, with or without flows. */
const ALARM_SUBSCRIPTION = 'station:alarm'
const ALARM_CHANNEL = 'station:alarm'
/** Notices of alarms name their event so, and an answer to one is known by it. */
const EVENT_PREFIX = 'alarm '
/** Subscriptions that no flow is to serve. */
export function isStationsOwn(subscription: string): boolean {
  return subscription === ALARM_SUBSCRIPTION
}

const LEASE_MS = 60_000
const CLAIM_MAX = 20

export interface NoticeParts {
  readonly ledger: Pick<Ledger, 'acceptance' | 'hops'>
  readonly station: string
  readonly owner: string
  readonly clock: Clock
  readonly sink: EventSink
  readonly announce: (items: readonly Announcement[]) => void
  readonly revision: () => string
  /** somebody answered the notice about this alarm */
  readonly answered: (alarm: string, by: string, text: string) => Promise<void>
}

/** One text for one person, by one system. */
export interface AlarmNotice {
  /** the telling's id: with person and system, it makes it once only */
  readonly telling: string
  readonly alarm: string
  readonly system: string
  readonly person: {
    readonly id: string
    readonly name: string
    readonly phone?: string | undefined
    readonly mail?: string | undefined
  }
  readonly subject: string
  readonly text: string
  readonly isUrgent: boolean
}

/**
 * Alarms' notices go the way of every notice: accepted by the ledger, delivered by its engine, told once. They need no
 * flow, which may be the very trouble: the station opens and commits their hops itself.
 */
export class AlarmNotices {
  readonly #parts: NoticeParts

  constructor(parts: NoticeParts) {
    this.#parts = parts
  }

  async start(): Promise<void> {
    const filter = { source: 'channel', channel: ALARM_CHANNEL } as const
    await this.#parts.ledger.hops.subscribe([{ name: ALARM_SUBSCRIPTION, filter }], this.#parts.clock.now())
    await this.drain()
  }

  /** Resolves when the ledger has it. */
  async send({ telling, alarm, system, person, subject, text, isUrgent }: AlarmNotice): Promise<void> {
    const { station, clock } = this.#parts
    const now = clock.now()
    const id = newMessageId(station, now)
    const { name, phone, mail } = person
    const message: NoticeMessage = {
      ...{ schema: 'notice/1', kind: 'notice', id, trace: id, from: { name: station }, recipients: [], files: [] },
      urgency: isUrgent ? 'extra-urgent' : 'ordinary',
      acceptedAt: new Date(now).toISOString(),
      origin: { system, externalId: `${telling}/${person.id}` },
      about: { id: alarm },
      notice: {
        to: {
          person: person.id,
          name,
          ...(phone === undefined ? {} : { phone }),
          ...(mail === undefined ? {} : { mail }),
        },
        event: `${EVENT_PREFIX}${alarm}`.slice(0, 200),
        ...(mail === undefined ? {} : { subject }),
        text,
      },
    }
    await this.#accept(message, `alarm:${telling}/${person.id}`)
  }

  /** Whether it answers an alarm's notice. */
  isAnswer(message: SmsReplyMessage): boolean {
    return message.reply.notice?.event.startsWith(EVENT_PREFIX) === true
  }

  /** @throws YizhanError ID_IN_USE where another answer came under that key */
  take(message: SmsReplyMessage, key: string): Promise<{ readonly id: string; readonly repeated: boolean }> {
    return this.#accept(message, key)
  }

  /** Commits what waits: after a start, and after each of its own. */
  async drain(): Promise<void> {
    for (;;) {
      const hops = await this.#parts.ledger.hops.claim({
        ...{ subscription: ALARM_SUBSCRIPTION, max: CLAIM_MAX, owner: this.#parts.owner },
        ...{ now: this.#parts.clock.now(), leaseUntil: this.#parts.clock.now() + LEASE_MS },
      })
      for (const hop of hops) await this.#commit(hop)
      if (hops.length < CLAIM_MAX) return
    }
  }

  async #accept(
    message: NoticeMessage | SmsReplyMessage,
    key: string,
  ): Promise<{ readonly id: string; readonly repeated: boolean }> {
    const { ledger, sink, revision } = this.#parts
    const content = message.kind === 'notice' ? message.notice : message.reply
    const result = await ledger.acceptance.accept({
      ...{ message, bodies: [], idempotencyKey: key, channel: ALARM_CHANNEL },
      fingerprint: hash('sha256', JSON.stringify(content), 'hex'),
      revisions: { directory: revision() },
    })
    for (const event of result.events) sink.emit(event)
    if (result.status === 'refused') throw new YizhanError(result.code, { value: key, rule: result.existing ?? '' })
    await this.drain()
    return { id: result.id, repeated: result.status === 'repeated' }
  }

  async #commit({ id, attempt, message }: ClaimedHop): Promise<void> {
    const { ledger, owner, sink, announce, answered } = this.#parts
    if (message.kind === 'sms-reply') {
      const { event = '', person } = message.reply.notice ?? {}
      await answered(event.slice(EVENT_PREFIX.length), person?.name ?? '短信 SMS', message.reply.text)
    }
    const result = await ledger.hops.commit({
      ...{ hops: [{ id, attempt }], owner, flowsRevision: 'station' },
      outputs:
        message.kind === 'notice'
          ? [{ message: 'input', targets: [{ system: message.origin.system, mode: 'push', order: 'document' }] }]
          : [],
    })
    for (const event of result.events) sink.emit(event)
    if (result.status === 'committed') announce(result.announce)
  }
}
