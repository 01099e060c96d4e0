import { YizhanError } from '../../../core/errors/error.ts'
import type { HttpResponse } from './exchange.ts'

/**
 * Statuses that say something about the station's access or the moment, not about what was sent: certainly not taken.
 */
const NOT_THE_MESSAGE: ReadonlySet<number> = new Set([401, 403, 404, 405, 407, 408, 421, 425, 426, 429, 511])

export function isAboutAccess(status: number): boolean {
  return NOT_THE_MESSAGE.has(status)
}

/**
 * What an answer says of a delivery where only its status speaks: 4xx is a refusal (SYSTEM_REFUSED), unless it is about
 * our access or the moment (SYSTEM_FAULT, certainly not taken). After everything else nobody knows: systems answer 500,
 * a proxy 502 to 504, a page 200 or 302, to what they have taken (SYSTEM_FAULT, in doubt).
 */
export function statusFailure(system: string, answer: HttpResponse, detail = `HTTP ${answer.status}`): YizhanError {
  const { status, retryAfterMs } = answer
  const facts = { field: system, detail }
  if (isAboutAccess(status)) return new YizhanError('SYSTEM_FAULT', facts, { retryAfterMs })
  if (status >= 400 && status < 500) return new YizhanError('SYSTEM_REFUSED', facts)
  return new YizhanError('SYSTEM_FAULT', facts, { inDoubt: true, retryAfterMs })
}

/** Statuses by which a proxy says that the system behind it is not there, or the system that it is not now. */
const AWAY: ReadonlySet<number> = new Set([502, 503, 504])

/**
 * What the failure of a status question says: it changes nothing, so it is never in doubt, and whoever answers at all
 * is there (STATUS_UNCLEAR), but for a proxy that says that nobody is. Failures of the connection stay what they are.
 *
 * @param status of the answer; undefined if none came
 */
export function questionFailure(thrown: unknown, status: number | undefined): unknown {
  if (!(thrown instanceof YizhanError) || status === undefined) return thrown
  if (thrown.code !== 'SYSTEM_FAULT' && thrown.code !== 'SYSTEM_REFUSED') return thrown
  const { facts, retryAfterMs } = thrown
  const options = { cause: thrown, retryAfterMs, retryable: true }
  return new YizhanError(AWAY.has(status) ? 'SYSTEM_FAULT' : 'STATUS_UNCLEAR', facts, options)
}

/** Characters of an answer that an error shows. */
const SHOWN = 120

/** How an answer that was not understood begins: enough to tell a proxy's page from an OA's. */
export function beginningOf({ contentType, bytes }: Pick<HttpResponse, 'contentType' | 'bytes'>): string {
  const shown = bytes
    .toString('utf8', 0, 4 * SHOWN)
    .replace(/[\p{C}\s]+/gu, ' ')
    .trim()
    .slice(0, SHOWN)
    .toWellFormed()
  return `${contentType === '' ? 'Content-Type —' : contentType}，开头 / begins: ${shown === '' ? '（空 empty）' : shown}`
}
