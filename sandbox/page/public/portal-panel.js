import { api } from './api.js'
import { $, clock, h } from './dom.js'
import { empty, modeSwitch, putHead, soon, tabs } from './panel.js'

/** The portal as a citizen sees it, and what lies behind it. */

let view = { filed: [], filedTotal: 0, publications: [], url: '' }
let tab = 'site'
let frame

export const refreshPortal = soon(async () => {
  const before = view.publications.length
  view = await api.portal()
  draw()
  if (view.publications.length !== before) say({ look: 'news' })
})

/** Tells the portal's page in the frame something; it listens to nobody but this. */
function say(message) {
  if (view.url !== '') frame?.contentWindow?.postMessage(message, view.url)
}

export function followTheme() {
  const { theme } = document.documentElement.dataset
  if (theme !== undefined) say({ theme })
}

function choose(id) {
  tab = id
  draw()
}

function draw() {
  if (frame === undefined && view.url !== '')
    frame = h('iframe.portal-frame', {
      id: 'portal-frame',
      src: view.url,
      title: '市政府门户网站 The city’s portal',
      onload: followTheme,
    })
  const head = h(
    'div.column-head',
    {},
    h('span.icon.portal'),
    h('h2', {}, '网站'),
    tabs(
      tab,
      [
        ['site', '市民页', 'The site as a citizen sees it'],
        ['letters', `来信 ${view.filedTotal}`, 'Petitions filed here'],
        ['news', `公开 ${view.publications.length}`, 'Published'],
      ],
      choose,
    ),
    modeSwitch('portal'),
  )
  const panel = $('panel-portal')
  if (panel.firstElementChild === null)
    panel.append(head, h('div', { hidden: true }), ...(frame === undefined ? [] : [frame]))
  // A frame that is taken out of the page is loaded anew: it stays, and is hidden.
  else if (frame !== undefined && !frame.isConnected) panel.append(frame)
  putHead(panel, head)
  panel.children[1].replaceWith(tab === 'site' ? h('div', { hidden: true }) : list())
  if (frame !== undefined) frame.hidden = tab !== 'site'
}

function list() {
  const rows = tab === 'letters' ? view.filed.map(letter) : view.publications.map(publication)
  if (rows.length === 0)
    return h(
      'div.scroll',
      {},
      tab === 'letters'
        ? empty('还没有来信 No letters yet', '在“市民页”里写一封 · write one on the site')
        : empty(
            '还没有公开信息 Nothing published yet',
            '公文标明“公开”后出现在这里 · documents that say so appear here',
          ),
    )
  return h('ol.scroll.rows', {}, ...rows)
}

function letter({ title, queryCode, acceptance, state, reply, at }) {
  const look = () => {
    say({ query: queryCode })
    choose('site')
  }
  return h(
    'li',
    {},
    h('div.line', {}, h('h3', {}, title), h('time', {}, clock(at))),
    h(
      'p',
      {},
      h(
        'span',
        {},
        '查询码 code ',
        h(
          'button.link',
          { type: 'button', title: '像市民那样查询 look as the citizen would', onclick: look },
          queryCode,
        ),
      ),
      state === undefined ? null : h('span.badge.info', {}, state),
      reply === undefined ? null : h('span.badge.ok', {}, '已答复 answered'),
    ),
    h('p', {}, h('code', {}, acceptance)),
    reply?.text === undefined ? null : h('p.said', {}, `${reply.from ?? ''}：${reply.text}`),
  )
}

function publication({ id, title, from, state, revisions, at }) {
  return h(
    'li',
    {},
    h('div.line', {}, h('h3', {}, title ?? id), h('time', {}, clock(at))),
    h(
      'p',
      {},
      h('span', {}, from ?? ''),
      revisions > 1 ? h('span.badge.warn', {}, `已更正 corrected ×${revisions - 1}`) : null,
      state === 'withdrawn' ? h('span.badge.bad', {}, '已撤下 withdrawn') : null,
    ),
  )
}
