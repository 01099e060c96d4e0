import { hostname } from 'node:os'
import Transport from 'winston-transport'
import { collectorAddress, type SyslogConfig } from '../../config/syslog.ts'
import type { YizhanEvent } from '../event.ts'
import { MOST_BYTES, openLink, type LinkLimits } from './link.ts'
import { Outbox, type OutboxEvents, type Waits } from './outbox.ts'
import { syslogRecord, type Origin } from './record.ts'

const LIMITS: LinkLimits = { connectMs: 10_000, stallMs: 30_000 }

export interface SyslogOptions {
  readonly config: SyslogConfig
  readonly station: string
  readonly tell: OutboxEvents
  readonly limits?: LinkLimits | undefined
  readonly waits?: Waits | undefined
}

/** winston's target for a syslog collector: takes each record at once, whatever becomes of it. */
export class SyslogTarget extends Transport {
  readonly #options: SyslogOptions
  readonly #origin: Origin
  readonly #mostBytes: number
  readonly #outbox: Outbox
  #count = 0

  constructor(options: SyslogOptions) {
    const { config, tell, limits = LIMITS, waits } = options
    super(config.level === undefined ? {} : { level: config.level })
    this.#options = options
    this.#origin = { host: hostname(), station: options.station, pid: process.pid }
    this.#mostBytes = MOST_BYTES[collectorAddress(config.url)?.over ?? 'udp']
    this.#outbox = new Outbox(() => openLink(config, limits), config.bufferBytes, tell, waits)
  }

  override log({ events }: { readonly events: readonly YizhanEvent[] }, next: () => void): void {
    for (const event of events)
      this.#outbox.add(syslogRecord(event, this.#options.config, this.#origin, this.#count++, this.#mostBytes))
    next()
  }

  /** As `Outbox.close`. */
  flush(ms: number): Promise<number> {
    return this.#outbox.close(ms)
  }
}
