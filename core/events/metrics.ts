import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import { EVENTS, isAlarm } from './catalogue.ts'
import type { EventSink } from './event.ts'

/**
 * Prometheus metrics out of the same events as the log; labels are bounded: codes, systems and kinds, never numbers or
 * ids.
 */
export interface Metrics extends EventSink {
  readonly contentType: string
  /** a gauge whose value is asked for at each scrape */
  gauge(
    name: string,
    help: string,
    labels: readonly string[],
    read: (set: (value: number, ...labels: string[]) => void) => Promise<void> | void,
  ): void
  text(): Promise<string>
}

export function createMetrics(): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, prefix: 'yizhan_' })
  const events = new Counter({
    name: 'yizhan_events_total',
    help: 'events by code, system and kind',
    labelNames: ['code', 'system', 'kind'],
    registers: [registry],
  })
  const alarms = new Counter({
    name: 'yizhan_alarms_total',
    help: 'events that a person has to do something about, by code and system',
    labelNames: ['code', 'system'],
    registers: [registry],
  })
  const durations = new Histogram({
    name: 'yizhan_step_seconds',
    help: 'duration of steps by event code and system',
    labelNames: ['code', 'system'],
    buckets: [0.005, 0.02, 0.05, 0.1, 0.5, 1, 5, 30, 300],
    registers: [registry],
  })
  return {
    contentType: registry.contentType,
    emit(event) {
      if (!(event.code in EVENTS)) return
      events.inc({ code: event.code, system: event.system ?? '', kind: event.kind ?? '' })
      if (isAlarm(event.code)) alarms.inc({ code: event.code, system: event.system ?? '' })
      if (event.ms !== undefined) durations.observe({ code: event.code, system: event.system ?? '' }, event.ms / 1000)
    },
    gauge(name, help, labels, read) {
      new Gauge({
        name,
        help,
        labelNames: [...labels],
        registers: [registry],
        async collect() {
          this.reset()
          await read((value, ...values) =>
            this.set(Object.fromEntries(labels.map((label, i) => [label, values[i] ?? ''])), value),
          )
        },
      })
    },
    text: () => registry.metrics(),
  }
}
