import type { Response } from 'express'
import type { EventSink } from '../../core/events/event.ts'
import type { House } from '../../core/adapter/port.ts'
import type { Clock } from '../../core/util/clock.ts'
import type { Holding } from '../../core/door/budget.ts'
import type { PortalConfig } from './config.ts'
import type { FileSource, PortalHouse } from './port.ts'

/** What the portal's interface needs. */
export interface PortalOptions {
  readonly config: PortalConfig
  readonly house: PortalHouse
  readonly files: FileSource
  /** how portals reach us, no slash at the end: `https://10.0.0.5:8630` */
  readonly publicUrl: () => string
  /** a share of the station's memory for one request */
  readonly memory: (source: string, account: string) => Holding
  /**
   * for refusals of our own (`message.refused`, `portal.limited`) and `internal.error`; to be booked where the
   * catalogue says so
   */
  readonly emit: EventSink
  /** failed logins */
  readonly rejections: House['rejections']
  readonly clock: Clock
}

/** Answers in JSON that no browser may take for anything else, and that no cache keeps. */
export function answerJson(
  response: Response,
  status: number,
  value: object,
  type = 'application/json; charset=utf-8',
): void {
  const bytes = Buffer.from(JSON.stringify(value), 'utf8')
  response.status(status).set({
    'Content-Type': type,
    'Content-Length': String(bytes.length),
    'Cache-Control': 'no-store',
    'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
    'X-Content-Type-Options': 'nosniff',
  })
  // Express would give it an ETag and answer 304 to whom it cannot tell apart.
  response.end(response.req.method === 'HEAD' ? undefined : bytes)
}
