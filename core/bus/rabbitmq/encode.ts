import type { ConsumeMessage } from 'amqplib'
import type { Announcement } from '../../ledger/port.ts'
import { jsonOf } from '../../message/json.ts'
import type { Message } from '../../message/schema.ts'
import type { ChannelItem } from '../port.ts'

/**
 * Announcements as JSON (RFC 8259, UTF-8), each message written once however many recipients it has.
 * The whole Announcement is the body, so that other applications can read along.
 */
export function announcementBodies(items: readonly Announcement[]): readonly Buffer[] {
  let last: Message | undefined
  let text = ''
  return items.map(({ message, ...rest }) => {
    if (message !== last) {
      last = message
      text = jsonOf(message)
    }
    return Buffer.from(`${JSON.stringify(rest).slice(0, -1)},"message":${text}}`)
  })
}

/**
 * Reads an item of a delivery queue; throws what is wrong with it. The ledger is asked before anything is sent, so only
 * the shape is checked.
 */
export function readAnnouncement(body: Buffer): Announcement {
  const value: unknown = JSON.parse(body.toString('utf8'))
  if (!isRecord(value)) throw new Error('not a JSON object')
  for (const key of ['row', 'system'] as const)
    if (typeof value[key] !== 'string') throw new Error(`${key} is not a string`)
  for (const key of ['rank', 'attempt'] as const)
    if (typeof value[key] !== 'number') throw new Error(`${key} is not a number`)
  if (!isRecord(value['message'])) throw new Error('message is not an object')
  return value as unknown as Announcement
}

/** A message of any application as a ChannelItem; header values become text. `again`: its handler has had it before. */
export function channelItem({ properties, fields, content }: ConsumeMessage, again = false): ChannelItem {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries<unknown>(properties.headers ?? {})) headers[name] = headerText(value)
  const timestamp: unknown = properties.timestamp
  return {
    ...text('id', properties.messageId),
    ...text('contentType', properties.contentType),
    ...text('contentEncoding', properties.contentEncoding),
    ...text('correlationId', properties.correlationId),
    ...text('replyTo', properties.replyTo),
    ...text('type', properties.type),
    ...(typeof timestamp === 'number' ? { timestamp: timestamp * 1000 } : {}),
    exchange: fields.exchange,
    key: fields.routingKey,
    body: content,
    headers,
    redelivered: fields.redelivered || again,
  }
}

/** A property that is there; amqplib gives `undefined` for the others. */
function text<K extends string>(key: K, value: unknown): Partial<Record<K, string>> {
  return typeof value === 'string' && value !== '' ? ({ [key]: value } as Record<K, string>) : {}
}

function headerText(value: unknown): string {
  if (typeof value === 'string') return value
  if (Buffer.isBuffer(value)) return value.toString('utf8')
  return JSON.stringify(value)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
