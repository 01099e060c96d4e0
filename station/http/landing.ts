import type { Exposed } from '../../core/config/listeners.ts'
import { escape, page } from './page.ts'

export interface Landing {
  readonly serves: readonly Exposed[]
  /** addresses that anybody may read here: WSDLs, OpenAPI, the feed */
  readonly described: readonly string[]
  /** the editor's address, where there is one */
  readonly editor?: string | undefined
  /** the host by which this listener was asked, for an editor that listens on every address */
  readonly hostname: string
}

type Link = readonly [address: string, zh: string, en: string]

/** `/` of a listener, for browsers: what it serves, and nothing that it does not. */
export function landingPage(landing: Landing): string {
  const items = linksOf(landing).map(
    ([address, zh, en]) =>
      `<tr><td><a href="${escape(address)}">${zh}</a> <small>${en}</small></td><td><code>${escape(address)}</code></td></tr>`,
  )
  const list = items.length === 0 ? '<p>此处只答系统的请求。<br>Only programs are answered here.</p>' : table(items)
  return page('驿站 Yizhan', `<h1>驿站 <small>Yizhan</small></h1>\n${list}`)
}

function table(rows: readonly string[]): string {
  return `<table>\n${rows.join('\n')}\n</table>`
}

function linksOf({ serves, described, editor, hostname }: Landing): readonly Link[] {
  const operators: readonly Link[] = [
    ['/console', '值班台', 'duty console'],
    ...(editor === undefined ? [] : [[reached(editor, hostname), '流程编辑器', 'flow editor'] as const]),
    ['/login', '登录与口令', 'login and password'],
    ['/docs', '文档', 'documentation'],
  ]
  return [
    ...(serves.includes('operators') ? operators : []),
    ...described.map((address): Link => [address, ...nameOf(address)]),
    ...(serves.includes('metrics') ? [['/metrics', '指标（须登录）', 'metrics, with a login'] as const] : []),
    ['/healthz', '存活', 'alive'],
    ['/readyz', '就绪', 'ready'],
  ]
}

/** What a described address is, by its shape. */
function nameOf(address: string): readonly [zh: string, en: string] {
  if (address.endsWith('/openapi.json')) return ['OpenAPI 接口说明', 'OpenAPI']
  if (address === '/asyncapi.json') return ['AsyncAPI 公开事件说明', 'AsyncAPI of the public feed']
  if (address === '/feed') return ['公开事件', 'public feed']
  return ['SOAP 服务说明', 'SOAP service']
}

/** An editor that listens on every address is reached by the name by which the reader has come. */
function reached(editor: string, hostname: string): string {
  const url = new URL(editor)
  if (url.hostname !== '0.0.0.0' && url.hostname !== '[::]') return editor
  url.hostname = hostname
  return url.href
}
