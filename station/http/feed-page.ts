import type { AsyncApiPlace } from '../../core/feed/asyncapi.ts'
import { feedDataSchema, OUTCOMES } from '../../core/feed/record.ts'
import { EXAMPLES } from '../../core/feed/routing-key.ts'
import { EVENTS } from '../../core/events/catalogue.ts'
import { escape, page } from './page.ts'

/**
 * The public feed for people: exchanges, key, bindings, fields. One page without scripts, light or dark as the reader
 * has it.
 */
export function feedPage({ broker, exchanges, publicUrl }: AsyncApiPlace): string {
  const address =
    typeof broker === 'string'
      ? BROKERS[broker]
      : `${broker.protocol}://${broker.host}/${broker.vhost === '/' ? '' : broker.vhost}`
  return page(
    '驿站公开事件 Yizhan public feed',
    `<h1>公开事件 <small>public feed</small></h1>
<p>每一笔已提交的投递、每一个结果各发布一次。只说发生了什么、到哪里取：没有标题、正文和个人信息。<br>
Each committed delivery and each outcome, once. It says what happened and where to ask: no titles, no texts, no people.</p>
<p>${escape(address)} · <a href="/asyncapi.json">AsyncAPI 3</a></p>
<h2>交换机 <small>exchanges (topic)</small></h2>
${table(
  ['交换机 exchange', '内容 what'],
  [
    [code(exchanges.deliveries), '已提交的投递 committed deliveries'],
    [
      code(exchanges.events),
      Object.entries(OUTCOMES)
        .map(([event, state]) => `${code(state)} ${escape(said(event))}`)
        .join('<br>'),
    ],
  ],
)}
<h2>路由键 <small>routing key</small></h2>
<p>${code('kind.state.system.unit.urgency')}　没有可说的为 ${code('_')}　nothing to say: ${code('_')}</p>
${table(
  ['绑定 binding', '得到 what it gets'],
  EXAMPLES.map(({ exchange, key, for: what }) => [`${code(exchanges[exchange])} ← ${code(key)}`, escape(what)]),
)}
<h2>字段 <small>fields of <code>data</code> (CloudEvents 1.0)</small></h2>
${table(
  ['字段 field', '含义 meaning'],
  Object.entries(feedDataSchema.shape).map(([name, schema]) => [code(name), escape(schema.description ?? '')]),
)}
<p>取全文 fetch: ${code(`curl -u 账号 ${publicUrl}/feed/messages/…`)}</p>`,
  )
}

const BROKERS = {
  embedded: '内置总线：同样的交换机供流程中的 channel in 订阅 the embedded bus: the same exchanges, for channel in',
  untold: '代理的地址凭账号取（HTTP Basic） the broker’s address: with an account’s login (HTTP Basic)',
}

function said(event: string): string {
  const { zh, en } = EVENTS[event as keyof typeof OUTCOMES]
  return `${zh} ${en}`
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (tag: string, row: readonly string[]): string => row.map((cell) => `<${tag}>${cell}</${tag}>`).join('')
  return `<table><thead><tr>${cells('th', head)}</tr></thead><tbody>${rows.map((row) => `<tr>${cells('td', row)}</tr>`).join('')}</tbody></table>`
}

function code(text: string): string {
  return `<code>${escape(text)}</code>`
}
