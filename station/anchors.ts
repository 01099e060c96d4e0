import { mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Bus } from '../core/bus/port.ts'
import type { StationConfig } from '../core/config/schema.ts'
import { asError } from '../core/errors/error.ts'
import type { EventSink } from '../core/events/event.ts'
import { anchorOf } from '../core/ledger/anchor.ts'
import type { AuditKeys } from '../core/ledger/audit-key.ts'
import type { Ledger } from '../core/ledger/port.ts'
import type { Clock } from '../core/util/clock.ts'
import { pause } from '../core/util/pause.ts'

export interface AnchorParts {
  readonly config: () => StationConfig
  readonly journal: Pick<Ledger['journal'], 'chainEnds'>
  readonly auditKeys: AuditKeys
  readonly bus: Pick<Bus, 'broadcast'>
  readonly clock: Clock
  readonly sink: EventSink
}

/**
 * Tells, at intervals, where this station's audit chain ends, to places that whoever writes the database need not
 * reach: the log and with it a collector of syslog, a file (on another mount), and the bus. Told only where the chain
 * has grown.
 */
export class Anchors {
  readonly #parts: AnchorParts
  readonly #ending = new AbortController()
  #running: Promise<void> = Promise.resolve()
  #told = 0

  constructor(parts: AnchorParts) {
    this.#parts = parts
  }

  start(): void {
    this.#running = this.#run()
  }

  /** The last one tells what is booked until now. */
  async close(): Promise<void> {
    this.#ending.abort()
    await this.#running
    await this.put()
  }

  async #run(): Promise<void> {
    const { signal } = this.#ending
    while (!signal.aborted) {
      await this.put()
      await pause(this.#parts.config().audit.anchor.everyMinutes * 60_000, signal)
    }
  }

  /** Puts out where the chain ends now. Never rejects: what could not be told is an alarm, told with the next. */
  async put(): Promise<void> {
    const { config, journal, auditKeys, clock, sink } = this.#parts
    const { name, audit, bus } = config()
    const now = clock.now()
    try {
      const end = (await journal.chainEnds()).find(({ station }) => station === name)
      if (end === undefined || end.links === this.#told) return
      const text = JSON.stringify(anchorOf(end, now, auditKeys))
      sink.emit({ code: 'audit.anchored', at: now, detail: text })
      const told = await Promise.allSettled([
        audit.anchor.file === undefined ? undefined : append(audit.anchor.file, text),
        audit.anchor.bus ? this.#broadcast(`${bus.prefix}audit`, name, end.links, text) : undefined,
      ])
      const failed = told.find((one) => one.status === 'rejected')
      if (failed !== undefined) throw asError(failed.reason)
      this.#told = end.links
    } catch (error) {
      sink.emit({ code: 'audit.unanchored', at: now, detail: asError(error).message })
    }
  }

  #broadcast(exchange: string, station: string, links: number, text: string): Promise<void> {
    const item = {
      ...{ exchange, key: `anchor.${station}`, id: `${station}/anchor/${links}` },
      ...{ type: 'yizhan.audit.anchor', contentType: 'application/json', body: Buffer.from(text) },
    }
    return this.#parts.bus.broadcast([item])
  }
}

/** Durable when resolved. */
async function append(path: string, line: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const file = await open(path, 'a+', 0o600)
  try {
    const { size } = await file.stat()
    const { buffer, bytesRead } = await file.read(Buffer.alloc(1), 0, 1, Math.max(0, size - 1))
    // A disk that was full has kept the beginning of a line, which would spoil this one.
    const isTorn = bytesRead === 1 && buffer[0] !== 0x0a
    await file.appendFile(`${isTorn ? '\n' : ''}${line}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
}
