import specs from '@asyncapi/specs'
import { Ajv } from 'ajv'
import formats from 'ajv-formats'
import { describe, expect, it } from 'vitest'
import { asyncApiDocument } from '../../../core/feed/asyncapi.ts'
import { deliveryRecord } from '../../../core/feed/record.ts'

const PLACE = {
  publicUrl: 'http://127.0.0.1:8630',
  broker: { host: 'mq.example.gov.cn:5671', protocol: 'amqps' as const, vhost: 'city' },
  exchanges: { deliveries: 'yizhan.deliveries', events: 'yizhan.events' },
}

function ajv(): Ajv {
  const made = new Ajv({ strict: false, allErrors: true, validateFormats: true })
  formats.default(made)
  return made
}

describe('the AsyncAPI document of the feed', () => {
  it.each([PLACE, { ...PLACE, broker: 'embedded' }, { ...PLACE, broker: 'untold' }] as const)(
    'is AsyncAPI 3.0.0 by its own JSON Schema',
    (place) => {
      const check = ajv().compile(specs.schemasWithoutId['3.0.0'] as object)
      check(JSON.parse(JSON.stringify(asyncApiDocument(place))))
      expect(check.errors ?? []).toEqual([])
    },
  )

  it('refuses, so that the check is one, a document with an operation that is none', () => {
    const check = ajv().compile(specs.schemasWithoutId['3.0.0'] as object)
    const document = { ...asyncApiDocument(PLACE), operations: { wrong: { action: 'shout' } } }
    expect(check(document)).toBe(false)
  })

  it('describes the records that are published, and gives an example that fits', () => {
    const document = asyncApiDocument(PLACE) as unknown as {
      components: {
        schemas: Record<string, object>
        messages: { record: { examples: { payload: unknown }[] } }
      }
    }
    const check = ajv().compile({ ...document, $ref: '#/components/schemas/FeedRecord' })
    const record = deliveryRecord(
      { station: 'st', publicUrl: PLACE.publicUrl },
      {
        position: 1,
        row: 'st-1/finance',
        system: 'oa1',
        unit: 'finance',
        mode: 'push',
        at: 0,
        message: { id: 'st-1', kind: 'document', trace: 'st-1', story: 'st-1', rank: 4, restricted: false },
      },
    )
    for (const one of [record, document.components.messages.record.examples[0]?.payload]) {
      check(one)
      expect(check.errors ?? []).toEqual([])
    }
    expect(check({ ...record, data: { ...record.data, title: '关于……' } })).toBe(false)
  })
})
