import { api } from './api.js'
import { openDesk, refreshDesk } from './desk.js'
import { $, h } from './dom.js'
import { showEvent } from './feed.js'
import { openSystems, takeSystemEvent } from './systems.js'
import { followTheme } from './portal-panel.js'
import { showDay } from './day.js'
import { state, takeCity } from './state.js'
import { arrived, drawUnits, refreshUnits } from './units.js'

function select(unit) {
  state.selected = unit
  state.tab = 'inbox'
  location.hash = unit
  refreshUnits()
  openDesk()
}

async function loadCity() {
  takeCity(await api.city())
  drawUnits(select)
  drawLinks(state.city.links)
  drawWrong(state.city.wrong)
}

/** What the station has not taken, and why: it stays until that is mended. */
function drawWrong(wrong) {
  $('wrong').replaceChildren(...wrong.map((text) => h('p', {}, `⚠ ${text}`)))
  $('wrong').hidden = wrong.length === 0
}

function drawLinks(links) {
  const dot = h(`span.dot${links === undefined ? '.wait' : ''}`)
  $('station').replaceChildren(dot, links === undefined ? '站点未就绪 station not ready' : '站点运行中 station up')
  if (links === undefined) return
  const link = (text, href) => h('a', { href, target: '_blank', rel: 'noreferrer' }, text)
  $('links').replaceChildren(
    link('流程编辑器 Editor', links.editor),
    link('WSDL', `${links.station}/oa/yizhan?wsdl`),
    link('公开事件 feed', `${links.station}/feed`),
    link('健康 health', '/station/health'),
    link('指标 metrics', '/station/metrics'),
  )
}

function take(event, isNew) {
  const unit = state.units.get(event.unit)
  if (unit !== undefined && event.counts !== undefined) Object.assign(unit, event.counts)
  if (event.type === 'kept') arrived(event.unit)
  if (event.type === 'switched') Object.assign(state.plants.get(event.plant) ?? {}, { on: event.on })
  if (event.type === 'station') drawLinks(event.links)
  if (event.wrong !== undefined && isNew) drawWrong(event.wrong)
  if (event.type === 'day') showDay(event.text)
  if (event.type === 'system') takeSystemEvent(event, isNew)
  refreshUnits()
  showEvent(event, select)
  if (event.unit === state.selected || event.type === 'switched') refreshDesk()
}

function watch() {
  const source = new EventSource('/api/events')
  let caughtUp = false
  source.onmessage = ({ data }) => {
    const event = JSON.parse(data)
    // What happened before the page was opened is told, but its counts are old.
    take(
      caughtUp
        ? event
        : { ...event, counts: undefined, links: state.city.links, on: state.plants.get(event.plant)?.on ?? event.on },
      caughtUp,
    )
  }
  source.addEventListener('caught-up', () => {
    if (caughtUp) void Promise.all([loadCity().then(refreshDesk), openSystems()])
    caughtUp = true
  })
  source.onerror = () => $('station').replaceChildren(h('span.dot.off'), '沙箱已停 the sandbox has stopped')
}

function theme() {
  const root = document.documentElement
  const saved = localStorage.getItem('theme')
  if (saved !== null) root.dataset.theme = saved
  $('theme').addEventListener('click', () => {
    const dark =
      root.dataset.theme === 'dark' ||
      (root.dataset.theme === undefined && matchMedia('(prefers-color-scheme: dark)').matches)
    root.dataset.theme = dark ? 'light' : 'dark'
    localStorage.setItem('theme', root.dataset.theme)
    followTheme()
  })
}

theme()
$('search').addEventListener('input', (event) => {
  state.filter = event.target.value
  refreshUnits()
})
await Promise.all([loadCity(), openSystems()])
watch()
const asked = decodeURIComponent(location.hash.slice(1))
if (state.units.has(asked)) select(asked)
else openDesk()
