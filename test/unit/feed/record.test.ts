import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { topicMatches } from '../../../core/bus/topic.ts'
import { EVENTS } from '../../../core/events/catalogue.ts'
import { deliveryRecord, eventRecord, feedRecordSchema, OUTCOMES } from '../../../core/feed/record.ts'
import { EXAMPLES, routingKey } from '../../../core/feed/routing-key.ts'
import type { FeedMessage } from '../../../core/ledger/port.ts'
import { MESSAGE_KINDS } from '../../../core/message/schema.ts'

const PLACE = { station: 'st', publicUrl: 'http://127.0.0.1:8630' }

const id = fc.stringMatching(/^[a-z0-9~-]{1,40}$/)
const message: fc.Arbitrary<FeedMessage> = fc.record(
  {
    id,
    kind: fc.constantFrom(...MESSAGE_KINDS),
    number: fc.string({ minLength: 1, maxLength: 50 }),
    trace: id,
    parent: id,
    about: id,
    story: id,
    from: id,
    rank: fc.integer({ min: 0, max: 4 }),
    restricted: fc.boolean(),
  },
  { requiredKeys: ['id', 'kind', 'trace', 'story', 'rank', 'restricted'] },
)
const system = fc.stringMatching(/^[a-z][a-z0-9-]{0,31}$/)
const time = fc.integer({ min: 0, max: 4_000_000_000_000 })

const deliveries = fc
  .record({
    position: fc.nat(),
    system,
    unit: system,
    mode: fc.constantFrom('push' as const, 'pickup' as const),
    at: time,
    message,
  })
  .map((row) => ({ ...row, row: `${row.message.id}/${row.unit}` }))
const events = fc
  .record({
    position: fc.nat(),
    code: fc.constantFrom(...(Object.keys(OUTCOMES) as (keyof typeof OUTCOMES)[])),
    system,
    unit: system,
    at: time,
    message,
  })
  .map(({ position, message: about, ...event }) => ({
    position,
    message: about,
    event: {
      ...event,
      message: about.id,
      row: `${about.id}/${event.unit}`,
      actor: '王某',
      detail: '王某反映：路灯不亮',
      number: 'QUERYCODE',
      error: 'SYSTEM_REFUSED',
    },
  }))

describe('a record of the feed', () => {
  it('is what its schema says, with a key of five words that RabbitMQ takes', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          deliveries.map((row) => deliveryRecord(PLACE, row)),
          events.map((row) => eventRecord(PLACE, row)),
        ),
        (record) => {
          expect(feedRecordSchema.parse(record)).toEqual(record)
          const key = routingKey(record.data)
          expect(key.split('.')).toHaveLength(5)
          expect(Buffer.byteLength(key)).toBeLessThanOrEqual(255)
        },
      ),
    )
  })

  it('says nothing of what people wrote or are', () => {
    fc.assert(
      fc.property(events, (row) => {
        const text = JSON.stringify(eventRecord(PLACE, row))
        for (const word of ['王某', '路灯', 'QUERYCODE']) expect(text).not.toContain(word)
      }),
    )
  })

  it('says of a restricted message ids, kind and state only, in the key as well', () => {
    fc.assert(
      fc.property(deliveries, events, (delivery, event) => {
        for (const record of [
          deliveryRecord(PLACE, { ...delivery, message: { ...delivery.message, restricted: true } }),
          eventRecord(PLACE, { ...event, message: { ...event.message, restricted: true } }),
        ]) {
          expect(Object.keys(record.data)).toEqual(['schema', 'message', 'kind', 'state'])
          expect(routingKey(record.data)).toBe(`${record.data.kind}.${record.data.state}._._._`)
        }
      }),
    )
  })

  it('has outcomes that are audited: only these are in the ledger', () => {
    for (const code of Object.keys(OUTCOMES) as (keyof typeof OUTCOMES)[])
      expect(EVENTS[code], code).toMatchObject({ audit: true })
  })
})

describe('the routing key', () => {
  const data = {
    schema: 'feed/1' as const,
    message: 'st-1',
    kind: 'document' as const,
    state: 'committed' as const,
    system: 'oa-yizhan',
    unit: 'shijiaotiju',
    urgency: 'extra-urgent' as const,
  }

  it('fits the bindings that are given as examples', () => {
    const records = [
      data,
      { ...data, state: 'refused' as const },
      { ...data, kind: 'reply' as const, state: 'accepted' as const },
    ]
    for (const { key } of EXAMPLES)
      expect(
        records.some((one) => topicMatches(key, routingKey(one))),
        key,
      ).toBe(true)
  })

  it('keeps five words whatever an id holds', () => {
    expect(routingKey({ ...data, unit: 'a.b.#' })).toBe('document.committed.oa-yizhan.a-b-#.extra-urgent')
    expect(routingKey({ schema: 'feed/1', message: 'st-1', kind: 'petition', state: 'accepted' })).toBe(
      'petition.accepted._._._',
    )
  })
})
