import { hash, randomBytes } from 'node:crypto'

const RANDOM_BYTES = 3
/** Random bytes are fetched for many ids at once: each fetch costs more than the id. */
const POOL_BYTES = 1024 * RANDOM_BYTES
let pool = Buffer.alloc(0)
let used = 0

/** The last id's time and its number within that millisecond. */
let lastAt = 0
let count = 0

/**
 * A new message id: the station's name, the time in base 36, and 10 hex digits of which the first four count within the
 * millisecond. Ids of a station sort as they were made, also while its clock goes back: lanes go by that.
 */
export function newMessageId(station: string, now: number): string {
  if (now > lastAt) {
    lastAt = now
    count = 0
  } else if (++count > 0xffff) {
    lastAt++
    count = 0
  }
  if (used === pool.length) {
    pool = randomBytes(POOL_BYTES)
    used = 0
  }
  const random = pool.toString('hex', used, (used += RANDOM_BYTES))
  return `${station}-${lastAt.toString(36)}-${count.toString(16).padStart(4, '0')}${random}`
}

/**
 * The id of what derives from a message in a given role (a node's output, an outcome of an attempt).
 * The same parent and role always give the same id, so doing the work twice yields one thing.
 */
export function derivedId(parent: string, role: string): string {
  const base = parent.split('~', 1)[0]
  return `${base}~${hash('sha256', `${parent}\n${role}`, 'hex').slice(0, 16)}`
}

/** Whether an id was made by `derivedId`. */
export function isDerived(id: string): boolean {
  return id.includes('~')
}

/** The id of one recipient's copy: what receivers see, so that they can recognise a second delivery. */
export function deliveryId(messageId: string, target: string): string {
  return `${messageId}/${target}`
}

/** A UUID (version 8, RFC 9562) computed from an id, for dialects that demand GUIDs. */
export function guidOf(id: string): string {
  const h = hash('sha256', id, 'hex')
  const variant = ((parseInt(h.charAt(16), 16) & 0x3) | 0x8).toString(16)
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-8${h.slice(13, 16)}-${variant}${h.slice(17, 20)}-${h.slice(20, 32)}`
}
