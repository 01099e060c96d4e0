import { $, clock, h, perFrame } from './dom.js'
import { nameOf } from './state.js'
import { kindOf } from './words.js'

const MOST = 250
let waiting = []
let times = []

/** Puts an event on top of the feed. */
export function showEvent(event, select) {
  const line = describe(event)
  if (line === undefined) return
  waiting.push(
    h(
      `li.${line.kind ?? event.type}`,
      event.unit === undefined ? {} : { onclick: () => select(event.unit) },
      h('time', {}, clock(event.at)),
      h('span', {}, ...line.text),
    ),
  )
  times.push(Date.now())
  flush()
}

const flush = perFrame(() => {
  const list = $('feed')
  list.prepend(...waiting.reverse().slice(0, MOST))
  waiting = []
  while (list.childElementCount > MOST) list.lastElementChild.remove()
})

setInterval(() => {
  const since = Date.now() - 10_000
  times = times.filter((at) => at > since)
  $('rate').textContent = times.length === 0 ? '' : `${(times.length / 10).toFixed(1)}/s`
}, 1000)

function describe(event) {
  const unit = event.unit === undefined ? null : h('button', { type: 'button' }, nameOf(event.unit))
  switch (event.type) {
    case 'kept': {
      const { item } = event
      const number = item.number ?? item.about?.number ?? ''
      const verb = item.kind === 'document' ? '收到' : '得知'
      return {
        text: [
          unit,
          ` ${verb} `,
          h(`span.badge.${item.kind}`, {}, kindOf(item)),
          ` ${number}`,
          item.kind !== 'document' && item.from ? `（${item.from}）` : '',
        ],
      }
    }
    case 'sent':
      return sent(event, unit)
    case 'marked':
      return { text: [unit, event.mark === 'signed' ? ' 签收了 signed' : ' 退了文 returned'] }
    case 'repeated':
      return { text: [unit, ' 认出重复投递，未重复保存 · a repeat recognised'] }
    case 'switched':
      return { text: [event.on ? '▶ ' : '■ ', event.name, event.on ? ' OA 开机 on' : ' OA 停机 off'] }
    case 'station':
      return { text: [event.text] }
    case 'notice':
      return { kind: event.bad ? 'refused' : undefined, text: [event.bad ? '⚠ ' : '✓ ', event.text] }
    case 'day':
      return { text: [event.text] }
    case 'system':
      return {
        kind: event.refused === true ? 'refused' : undefined,
        text: [h('span.icon.' + event.system), ` ${event.text}`],
      }
    case 'problem':
      return { text: [unit, ` ${event.text}`] }
    default:
      return undefined
  }
}

function sent(event, unit) {
  const { paper } = event
  switch (paper.status) {
    case 'acknowledged':
      return { text: [unit, ' 发出 ', h('span.badge.info', {}, '公文'), ` ${paper.number}，已收文 accepted`] }
    case 'refused':
      return { kind: 'refused', text: [unit, ` ${paper.number} 被拒收 refused：${paper.text ?? ''}`] }
    case 'gave-up':
      return { kind: 'refused', text: [unit, ` ${paper.number} 无应答 no answer`] }
    case 'withdrawn':
      return { text: [unit, ' 撤回 ', h('span.badge.withdrawal', {}, '撤回'), ` ${paper.number}`] }
    default:
      return undefined
  }
}
