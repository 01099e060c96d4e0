import { z } from 'zod'
import type { EventCode } from '../events/catalogue.ts'
import type { FeedDelivery, FeedEvent, FeedMessage } from '../ledger/port.ts'
import { MESSAGE_KINDS } from '../message/schema.ts'
import { URGENCIES } from '../message/urgency.ts'

/**
 * What the public feed says: one CloudEvent (CNCF CloudEvents 1.0.2, JSON event format, structured mode) for each
 * committed delivery and each outcome. It says that something happened and where to ask, and never what was written:
 * no titles, no texts, no people. Of a message that must not reach some unit it says no more than ids, kind and state.
 */

/** Booked events that are outcomes, and the word for each that stands in `state` and in the routing key. */
export const OUTCOMES = {
  'message.accepted': 'accepted',
  'delivery.delivered': 'delivered',
  'delivery.refused': 'refused',
  'delivery.in-doubt': 'in-doubt',
  'delivery.held': 'held',
  'delivery.expired': 'expired',
  'delivery.needless': 'needless',
  'dead-letter.added': 'dead',
  'dead-letter.replayed': 'replayed',
  'dead-letter.dropped': 'dropped',
} as const satisfies Partial<Record<EventCode, string>>
const STATES = ['committed', ...Object.values(OUTCOMES)] as const

const id = z.string().min(1).max(300)

export const feedDataSchema = z.strictObject({
  schema: z.literal('feed/1').describe('格式与版本 schema and version of this object'),
  message: id.describe('消息编号 our id of the message'),
  kind: z.enum(MESSAGE_KINDS).describe('种类 kind of the message'),
  state: z.enum(STATES).describe('发生了什么 what has happened; committed: a flow has put it out to this recipient'),
  story: id.optional().describe('同一公文前后各件共有的编号 shared by all messages of one story'),
  parent: id.optional().describe('由哪一件产生 the message that it was derived from'),
  about: id.optional().describe('所涉公文的编号 the document that it speaks about'),
  number: z.string().max(200).optional().describe('发文字号或编号 business number'),
  from: z.string().max(64).optional().describe('发出单位的标识 id of the unit that speaks'),
  system: z.string().max(64).optional().describe('对方系统 the system it goes to or comes from'),
  unit: z.string().max(64).optional().describe('收件单位的标识 id of the recipient'),
  delivery: id.optional().describe('投递编号 id of the delivery'),
  mode: z.enum(['push', 'pickup']).optional().describe('推送或待取 pushed, or fetched by its system'),
  urgency: z.enum(URGENCIES).optional().describe('紧急程度 urgency'),
  attempt: z.number().int().nonnegative().optional().describe('第几次投递 which attempt'),
  error: z.string().max(100).optional().describe('错误代码，见 docs/errors.md a code of the error catalogue'),
  link: z.url().optional().describe('凭账号取全文 where an account that may see it fetches the message'),
})
export type FeedData = z.infer<typeof feedDataSchema>

export const feedRecordSchema = z.strictObject({
  specversion: z.literal('1.0'),
  id: z.string().min(1).max(100).describe('每条唯一，重发时不变 unique, and the same when it is published again'),
  source: z.string().min(1).max(100).describe('站点 the station, such as /yizhan/st'),
  type: z.string().max(100).describe('如 yizhan.delivery.committed such as yizhan.delivery.committed'),
  time: z.iso.datetime(),
  datacontenttype: z.literal('application/json'),
  dataschema: z.url(),
  data: feedDataSchema,
})
export type FeedRecord = z.infer<typeof feedRecordSchema>

/** Whether it is the id of a record, whichever station's. */
export function isRecordId(text: string): boolean {
  return /^[^/]+\/(?:delivery|event)\/\d+$/.test(text)
}

/** What a record needs to know of the station. */
export interface FeedPlace {
  readonly station: string
  /** how others reach us, no slash at the end */
  readonly publicUrl: string
}

export function deliveryRecord(place: FeedPlace, { message, ...row }: FeedDelivery): FeedRecord {
  const data: FeedData = message.restricted
    ? restricted(message, 'committed')
    : {
        ...open(place, message, 'committed'),
        system: row.system,
        ...(row.unit === undefined ? {} : { unit: row.unit }),
        delivery: row.row,
        mode: row.mode,
      }
  return record(place, `delivery/${row.position}`, 'yizhan.delivery.committed', row.at, data)
}

export function eventRecord(place: FeedPlace, { message, event, position }: FeedEvent): FeedRecord {
  const state = OUTCOMES[event.code as keyof typeof OUTCOMES]
  const data: FeedData = message.restricted
    ? restricted(message, state)
    : {
        ...open(place, message, state),
        ...(event.system === undefined ? {} : { system: event.system }),
        ...(event.unit === undefined ? {} : { unit: event.unit }),
        ...(event.row?.startsWith(`${message.id}/`) === true ? { delivery: event.row } : {}),
        ...(event.attempt === undefined ? {} : { attempt: event.attempt }),
        ...(event.error === undefined ? {} : { error: event.error }),
      }
  return record(place, `event/${position}`, `yizhan.${event.code}`, event.at, data)
}

function record(place: FeedPlace, id: string, type: string, at: number, data: FeedData): FeedRecord {
  return {
    specversion: '1.0',
    id: `${place.station}/${id}`,
    source: `/yizhan/${place.station}`,
    type,
    time: new Date(at).toISOString(),
    datacontenttype: 'application/json',
    dataschema: `${place.publicUrl}/asyncapi.json#/components/schemas/FeedData`,
    data,
  }
}

function restricted(message: FeedMessage, state: FeedData['state']): FeedData {
  return { schema: 'feed/1', message: message.id, kind: message.kind, state }
}

function open(place: FeedPlace, message: FeedMessage, state: FeedData['state']): FeedData {
  return {
    schema: 'feed/1',
    message: message.id,
    kind: message.kind,
    state,
    story: message.story,
    ...(message.parent === undefined ? {} : { parent: message.parent }),
    ...(message.about === undefined ? {} : { about: message.about }),
    ...(message.number === undefined ? {} : { number: message.number }),
    ...(message.from === undefined ? {} : { from: message.from }),
    urgency: URGENCIES[message.rank] ?? 'ordinary',
    link: `${place.publicUrl}/feed/messages/${encodeURIComponent(message.id)}`,
  }
}
