import { z } from 'zod'
import { feedDataSchema, feedRecordSchema } from './record.ts'
import { EXAMPLES } from './routing-key.ts'

type Json = { readonly [key: string]: Json } | readonly Json[] | string | number | boolean | null

export interface AsyncApiPlace {
  readonly publicUrl: string
  /** host and port of the broker, without user and password; `untold` to strangers */
  readonly broker:
    { readonly host: string; readonly protocol: 'amqp' | 'amqps'; readonly vhost: string } | 'embedded' | 'untold'
  readonly exchanges: { readonly deliveries: string; readonly events: string }
}

/** The AsyncAPI 3.0.0 document of the public feed, out of the schemas that the feed is written by. */
export function asyncApiDocument({ publicUrl, exchanges, ...place }: AsyncApiPlace): Readonly<Record<string, Json>> {
  const broker = typeof place.broker === 'string' ? undefined : place.broker
  const channels = {
    deliveries: '已提交的投递 committed deliveries',
    events: '收到、送达、拒收等结果 outcomes: accepted, delivered, refused …',
  } as const
  return {
    asyncapi: '3.0.0',
    info: {
      title: '驿站公开事件 Yizhan public feed',
      version: '1.0.0',
      description:
        '每一笔已提交的投递和每一个结果发布一次（站点被杀后可能以同一 id 再发）。只说发生了什么、到哪里取，不含标题、正文和个人信息。' +
        ' Each committed delivery and each outcome is published once (again under the same id after a kill). It says what happened and where to ask: no titles, no texts, no people.',
      license: { name: 'Apache-2.0' },
    },
    ...(broker === undefined
      ? {}
      : { servers: { broker: { host: broker.host, protocol: broker.protocol, pathname: `/${broker.vhost}` } } }),
    defaultContentType: 'application/cloudevents+json',
    channels: Object.fromEntries(
      Object.entries(channels).map(([name, summary]) => [
        name,
        {
          address: `{kind}.{state}.{system}.{unit}.{urgency}`,
          title: exchanges[name as keyof typeof channels],
          summary,
          description: [
            '绑定的例子 example bindings:',
            ...EXAMPLES.filter((example) => example.exchange === name).map(
              ({ key, for: what }) => `- \`${key}\` ${what}`,
            ),
          ].join('\n'),
          messages: { record: { $ref: '#/components/messages/record' } },
          parameters: Object.fromEntries(
            Object.entries({
              kind: '种类 kind',
              state: '状态 state',
              system: '系统 system, or _',
              unit: '单位 unit, or _',
              urgency: '紧急程度 urgency, or _',
            }).map(([key, description]) => [key, { description }]),
          ),
          bindings: {
            amqp: {
              is: 'routingKey',
              exchange: {
                name: exchanges[name as keyof typeof channels],
                type: 'topic',
                durable: true,
                autoDelete: false,
                ...(broker === undefined ? {} : { vhost: broker.vhost }),
              },
              bindingVersion: '0.3.0',
            },
          },
        },
      ]),
    ),
    operations: Object.fromEntries(
      Object.keys(channels).map((name) => [
        `${name}Published`,
        { action: 'send', channel: { $ref: `#/channels/${name}` }, summary: '站点发布 the station publishes' },
      ]),
    ),
    components: {
      messages: {
        record: {
          name: 'record',
          title: 'CloudEvents 1.0',
          contentType: 'application/cloudevents+json',
          correlationId: { location: '$message.payload#/data/story' },
          payload: { $ref: '#/components/schemas/FeedRecord' },
          examples: [{ name: 'delivered', payload: example(publicUrl) }],
          bindings: {
            amqp: { contentEncoding: 'utf-8', messageType: 'yizhan.delivery.delivered', bindingVersion: '0.3.0' },
          },
        },
      },
      schemas: schemas(),
    },
  }
}

function schemas(): Readonly<Record<string, Json>> {
  const registry = z.registry<{ id: string; title: string }>()
  registry.add(feedRecordSchema, { id: 'FeedRecord', title: 'CloudEvent' })
  registry.add(feedDataSchema, { id: 'FeedData', title: '内容 content' })
  const made = z.toJSONSchema(registry, { io: 'output', target: 'draft-7', uri: (id) => `#/components/schemas/${id}` })
  return Object.fromEntries(
    Object.entries(made.schemas).map(([id, { $id: _, $schema: __, ...schema }]) => [id, schema as unknown as Json]),
  )
}

function example(publicUrl: string): Json {
  return {
    specversion: '1.0',
    id: 'st/event/1024',
    source: '/yizhan/st',
    type: 'yizhan.delivery.delivered',
    time: '2026-09-01T01:02:03.000Z',
    datacontenttype: 'application/json',
    dataschema: `${publicUrl}/asyncapi.json#/components/schemas/FeedData`,
    data: {
      schema: 'feed/1',
      message: 'st-mf0c1q2k-0000a1b2c3',
      kind: 'document',
      state: 'delivered',
      story: 'st-mf0c1q2k-0000a1b2c3',
      number: 'X政发〔2026〕12号',
      system: 'oa-yizhan',
      unit: 'minzhengju',
      delivery: 'st-mf0c1q2k-0000a1b2c3/minzhengju',
      urgency: 'urgent',
      attempt: 1,
      link: `${publicUrl}/feed/messages/st-mf0c1q2k-0000a1b2c3`,
    },
  }
}
