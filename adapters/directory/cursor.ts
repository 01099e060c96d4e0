import type { DirectoryEntry } from './entry.ts'
import { firstOf } from './entry.ts'

/** How far changes have been read: the newest time stamp seen, by the server's clock. */
export interface DirectoryCursor {
  readonly at: number
  /**
   * how long the reading took by our clock; a change in that time may have been passed by, so the next asks from before
   * it
   */
  readonly tookMs: number
}

/** Milliseconds since 1970 of a generalized time (RFC 4517 3.3.13) or of a CSN, which starts with one. */
export function timeOf(text: string): number | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:[.,](\d{1,9}))?Z(?:#|$)/.exec(text)
  if (match === null) return undefined
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  return Date.UTC(year, month - 1, day, hour, minute, second) + Number(`0.${match[7] ?? '0'}`) * 1000
}

/** The value from which changes are asked for. */
export function sinceValue(
  cursor: DirectoryCursor,
  overlapMs: number,
  attribute: 'modifyTimestamp' | 'entryCSN',
): string {
  const digits = new Date(Math.floor((cursor.at - cursor.tookMs - overlapMs) / 1000) * 1000)
    .toISOString()
    .replace(/\.\d+Z$|[-:T]/g, '')
  return attribute === 'entryCSN' ? `${digits}.000000Z#000000#000#000000` : `${digits}Z`
}

/** The newest time stamp of some entries and an earlier one; undefined where the server gives none. */
export function newest(entries: Iterable<DirectoryEntry>, attribute: string, before?: number): number | undefined {
  let at = before
  for (const entry of entries) {
    const time = timeOf(firstOf(entry, attribute) ?? '')
    if (time !== undefined && (at === undefined || time > at)) at = time
  }
  return at
}
