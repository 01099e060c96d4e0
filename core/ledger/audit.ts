import { hash } from 'node:crypto'
import type { YizhanEvent } from '../events/event.ts'
import { keyedHash, type AuditKey } from './audit-key.ts'

/**
 * The audit chain. Each station has one; a link is
 *
 *     hash(n) = SHA-256( hash(n-1) + "\n" + canonical JSON of the event )      in lower-case hex, UTF-8
 *
 * and begins with the genesis `SHA-256("yizhan audit chain 1\n" + station)`. Canonical JSON has its keys sorted, no
 * white space, and leaves absent fields out (RFC 8785 for the values that events have). Any `sha256sum` can check it.
 *
 * With a key (the secret `audit.key`), HMAC-SHA-256 with it takes the place of SHA-256 from the link `audit.keyed` on,
 * which names the key by its id in `detail`; that link too. Any `openssl dgst -hmac` can check it.
 */
export function genesis(station: string): string {
  return hash('sha256', `yizhan audit chain 1\n${station}`, 'hex')
}

export function linkHash(previous: string, body: string, key?: AuditKey): string {
  const text = `${previous}\n${body}`
  return key === undefined ? hash('sha256', text, 'hex') : keyedHash(key, text)
}

/** Keys in order; JSON.stringify leaves out what is undefined. */
export function canonicalEvent(e: YizhanEvent): string {
  return JSON.stringify({
    actor: e.actor,
    at: e.at,
    attempt: e.attempt,
    code: e.code,
    detail: e.detail,
    error: e.error,
    kind: e.kind,
    message: e.message,
    ms: e.ms,
    number: e.number,
    place: e.place,
    row: e.row,
    source: e.source,
    system: e.system,
    times: e.times,
    trace: e.trace,
    unit: e.unit,
  })
}
