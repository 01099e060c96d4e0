import { FACILITIES, type SyslogConfig } from '../../config/syslog.ts'
import { EVENTS, isAlarm } from '../catalogue.ts'
import type { YizhanEvent } from '../event.ts'
import { eventText, factsOf, oneLine } from '../lines.ts'

/** RFC 5424, table 2 */
const SEVERITY = { error: 3, warn: 4, info: 6, debug: 7 } as const
const NIL = '-'
const BOM = '\uFEFF'
/** RFC 5424, 7.3.1: after this the count begins again at 1 */
const MOST_SEQUENCE = 2_147_483_647

/** What is the same in all records of a process. */
export interface Origin {
  readonly host: string
  readonly station: string
  readonly pid: number
}

/**
 * One event as a syslog message of RFC 5424. Everything that the log says of it stands in the structured data, masked
 * in the same way; the text for people is the message. No longer than `maxBytes`: the message gives way first, then the
 * last of the data, always at a whole character, so that what is cut is still well-formed.
 *
 * @param sequence how many records came before it: `meta sequenceId` shows a collector what it lacks
 */
export function syslogRecord(
  event: YizhanEvent,
  config: Pick<SyslogConfig, 'facility' | 'appName' | 'enterprise'>,
  origin: Origin,
  sequence: number,
  maxBytes: number,
): Buffer {
  const { level } = EVENTS[event.code]
  const { code, detail, ...facts } = factsOf(event)
  const head = [
    `<${FACILITIES.indexOf(config.facility) * 8 + SEVERITY[level]}>1`,
    timestamp(event.at),
    headerField(origin.host, 255),
    headerField(config.appName, 48),
    headerField(String(origin.pid), 128),
    headerField(code, 32),
    `[meta sequenceId="${(sequence % MOST_SEQUENCE) + 1}"][yizhan@${config.enterprise}`,
  ].join(' ')
  // The detail last: it is the longest, and what others wrote.
  const data = { station: origin.station, level, ...(isAlarm(code) ? { alarm: true } : {}), ...facts, detail }
  const text = `${eventText(event)}${detail === undefined ? '' : `：${detail}`}`
  let record = head
  let left = maxBytes - Buffer.byteLength(head) - ']'.length
  for (const [name, value] of Object.entries(data)) {
    if (value === undefined) continue
    const room = left - ` ${name}=""`.length
    const written = cut(escaped(String(value)), room)
    if (room <= 0 || written === '') continue
    const param = ` ${name}="${written}"`
    record += param
    left -= Buffer.byteLength(param)
  }
  record += ']'
  const message = cut(oneLine(text.toWellFormed()), left - Buffer.byteLength(` ${BOM}`))
  return Buffer.from(message === '' ? record : `${record} ${BOM}${message}`)
}

/** 6.2.3: UTC, milliseconds; no date that has no four-digit year */
function timestamp(at: number): string {
  const date = new Date(at)
  const year = date.getUTCFullYear()
  return year >= 0 && year <= 9999 ? date.toISOString() : NIL
}

/** Printable ASCII without blanks, at most so many; what is not becomes `_`. */
function headerField(text: string, most: number): string {
  const field = text.replace(/[^!-~]/gu, '_').slice(0, most)
  return field === '' ? NIL : field
}

/** 6.3.3: `"`, `\` and `]` behind a backslash */
function escaped(text: string): string {
  return oneLine(text.toWellFormed()).replace(/["\\\]]/g, '\\$&')
}

/** As much of it as fits into so many bytes of UTF-8, no character and no escape halved. */
function cut(text: string, bytes: number): string {
  if (Buffer.byteLength(text) <= bytes) return text
  let [end, used] = [0, 0]
  for (const [part] of text.matchAll(/\\?[^]/gu)) {
    used += Buffer.byteLength(part)
    if (used > bytes) break
    end += part.length
  }
  return text.slice(0, end)
}
