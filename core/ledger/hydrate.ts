import type { YizhanEvent } from '../events/event.ts'
import type { Message } from '../message/schema.ts'
import { addressFields } from './address.ts'
import type { Announcement } from './port.ts'
import { parseMessage } from '../message/json.ts'
import type { AnnouncedRow } from './rules/turn.ts'

/** Answers of the threads as the port gives them. `known` has the messages that the caller had at hand. */
export function toAnnouncements(rows: readonly AnnouncedRow[], known?: ReadonlyMap<string, Message>): Announcement[] {
  const parsed = new Map<string, Message>()
  return rows.map(({ row, system, unit, rank, attempt, message: id, body }) => {
    // one object for all copies of a message that have the same content
    const key = body ?? id
    const message = body === undefined ? known?.get(id) : (parsed.get(key) ?? parseMessage(body))
    if (message === undefined) throw new Error(`announced without its message: ${row}`)
    if (body !== undefined) parsed.set(key, message)
    return { row, system, rank, attempt, message, ...addressFields({ system, unit }) }
  })
}

export function parseEvent(body: string): YizhanEvent {
  return JSON.parse(body) as YizhanEvent
}
