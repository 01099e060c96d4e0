import type { SystemConfig } from '../../core/config/schema.ts'
import type { SystemStats } from '../../core/delivery/parts.ts'
import type { EventSink, YizhanEvent } from '../../core/events/event.ts'
import type { SystemRow } from '../api/contract/overview.ts'
import { Minutes } from './minutes.ts'
import type { Pause } from './paused.ts'
import { shownFault } from './shown.ts'

/** What waits longer makes a system slow, milliseconds. */
const SLOW_MS = 10 * 60_000

/** What is waiting for a system. */
export interface Queue {
  readonly queue: number
  readonly pickup: number
  readonly dead: number
  readonly oldestAt?: number | undefined
}

export interface BoardParts {
  readonly systems: () => readonly SystemConfig[]
  readonly stats: () => readonly SystemStats[]
  readonly paused: (system: string) => Pause | undefined
  /** it lacks a secret */
  readonly isOff: (system: SystemConfig) => boolean
  readonly queueOf: (system: string) => Queue
}

interface Seen {
  readonly minutes: Minutes
  lastAt?: number
  error?: { readonly at: number; readonly code: string; readonly text: string | undefined; readonly times: number }
  pollFailed: boolean
  state: SystemRow['state']
  since: number
}

const FAILURES: ReadonlySet<string> = new Set([
  'delivery.retry',
  'delivery.in-doubt',
  'delivery.refused',
  'delivery.held',
  'poll.failed',
])

/**
 * How each system is, out of what is told of it as it happens: numbers only, so that watching it costs nothing that
 * grows.
 */
export class SystemBoard implements EventSink {
  readonly #seen = new Map<string, Seen>()
  #began = 0

  /** @param now when the station began: since then nothing else is known of a system */
  begin(now: number): void {
    this.#began = now
  }

  emit(event: YizhanEvent): void {
    const { code, system, at } = event
    if (system === undefined) return
    if (code === 'delivery.delivered') {
      const seen = this.#of(system)
      seen.minutes.add(at)
      seen.lastAt = at
      delete seen.error
    } else if (code === 'message.accepted') this.#of(system).lastAt = at
    else if (code === 'poll.recovered') {
      const seen = this.#of(system)
      seen.pollFailed = false
      delete seen.error
    } else if (FAILURES.has(code)) this.#failed(this.#of(system), event)
  }

  rows(parts: BoardParts, now: number): readonly SystemRow[] {
    const stats = new Map(parts.stats().map((one) => [one.id, one]))
    return parts.systems().map((system) => this.#row(system, stats.get(system.id), parts, now))
  }

  #failed(seen: Seen, { code, at, error, detail }: YizhanEvent): void {
    if (code === 'poll.failed') seen.pollFailed = true
    seen.error = { at, code: error ?? code, text: detail, times: (seen.error?.times ?? 0) + 1 }
  }

  #row(system: SystemConfig, stats: SystemStats | undefined, parts: BoardParts, now: number): SystemRow {
    const seen = this.#of(system.id)
    const pause = parts.paused(system.id)
    const isOff = parts.isOff(system)
    const queue = parts.queueOf(system.id)
    const waitsLong = queue.queue > 0 && queue.oldestAt !== undefined && now - queue.oldestAt > SLOW_MS
    const state =
      pause !== undefined || isOff
        ? 'paused'
        : (stats !== undefined && stats.breaker !== 'closed') || seen.pollFailed
          ? 'down'
          : seen.error !== undefined || waitsLong
            ? 'slow'
            : 'up'
    if (state !== seen.state) {
      seen.state = state
      seen.since = state === 'paused' ? (pause?.at ?? now) : now
    }
    const { id, name, adapter, roles } = system
    const { error, lastAt } = seen
    const nextTryAt = stats === undefined || stats.retryInMs === 0 ? undefined : now + stats.retryInMs
    const why = whyOf(state, isOff)
    return {
      ...{ id, name, adapter, roles, state, since: seen.since },
      ...(why === undefined ? {} : { why }),
      ...{ queue: queue.queue, pickup: queue.pickup, dead: queue.dead },
      ...(queue.oldestAt === undefined ? {} : { oldestAt: queue.oldestAt }),
      perMinute: seen.minutes.rate(now),
      ...{ delivered: stats?.delivered ?? 0, failed: stats?.failed ?? 0 },
      ...(lastAt === undefined ? {} : { lastAt }),
      ...(error === undefined
        ? {}
        : { lastError: { at: error.at, error: shownFault(error.code, error.text), times: error.times } }),
      ...(nextTryAt === undefined ? {} : { nextTryAt: Math.round(nextTryAt) }),
      ...(pause === undefined ? {} : { paused: pause }),
    }
  }

  #of(system: string): Seen {
    const known = this.#seen.get(system)
    if (known !== undefined) return known
    const made: Seen = { minutes: new Minutes(), pollFailed: false, state: 'up', since: this.#began }
    this.#seen.set(system, made)
    return made
  }
}

function whyOf(state: SystemRow['state'], isOff: boolean): SystemRow['why'] {
  if (state === 'up') return undefined
  if (state === 'paused')
    return isOff
      ? { zh: '缺密钥，见配置', en: 'a secret is missing: see the configuration' }
      : { zh: '人工暂停', en: 'a person has paused it' }
  return state === 'down'
    ? { zh: '连续失败，隔一会儿试一次', en: 'it failed again and again: tried now and then' }
    : { zh: '有失败的，或最早一件等了十分钟以上', en: 'attempts failed, or the oldest waits for ten minutes and more' }
}
