import { api } from './api.js'
import { $, h, toast } from './dom.js'
import { MODES } from './words.js'

/** What the panels of the systems beside the OAs share. */

/** name → {mode, wired}, as the server last told. */
export const systems = new Map()

/** A switch with four places for one system. It is drawn anew by `drawModes`. */
export function modeSwitch(name) {
  return h('span.mode', { 'data-system': name })
}

export function drawModes() {
  for (const place of document.querySelectorAll('.mode[data-system]')) {
    const { system: name } = place.dataset
    const { mode, wired } = systems.get(name) ?? { mode: 'on', wired: true }
    const select = h(
      'select',
      {
        id: `mode-${name}`,
        'aria-label': `${name}：运行方式 how it behaves`,
        title: wired ? '运行方式 how it behaves' : '驿站未配置此系统 the station is not configured for it',
        onchange: () => act(() => api.mode(name, select.value)),
      },
      ...MODES.map(([value, text]) => h('option', { value, selected: value === mode }, text)),
    )
    place.replaceChildren(h(`span.dot${wired ? (mode === 'on' ? '' : `.${mode}`) : '.unwired'}`), select)
  }
}

/** Does something at the server, and says what went wrong. Whether it went well. */
export async function act(action, done) {
  try {
    await action()
    if (done !== undefined) toast(done)
    return true
  } catch (error) {
    toast(error.message, 'refused')
    return false
  }
}

/** Puts a panel's head in the place of the old one; not while somebody has its switch open. */
export function putHead(panel, head) {
  if (!panel.firstElementChild.contains(document.activeElement) || document.activeElement.tagName !== 'SELECT')
    panel.firstElementChild.replaceWith(head)
  drawModes()
}

export function tabs(current, entries, choose) {
  return h(
    'div.tabs',
    { role: 'tablist' },
    ...entries.map(([id, text, title]) =>
      h(
        'button',
        {
          id: `tab-${id}`,
          title,
          type: 'button',
          role: 'tab',
          'aria-selected': String(id === current),
          onclick: () => choose(id),
        },
        text,
      ),
    ),
  )
}

export function empty(title, hint) {
  return h('div.empty', {}, h('b', {}, title), hint)
}

export function pulse(id) {
  const element = $(id)
  element.classList.remove('pulse')
  void element.offsetWidth
  element.classList.add('pulse')
}

/** Calls soon, and at most so often, however often it is asked. */
export function soon(action, ms = 250) {
  let timer
  return () => {
    timer ??= setTimeout(() => {
      timer = undefined
      // What cannot be fetched while the sandbox is being ended is of no use to anybody.
      Promise.resolve(action()).catch((error) => toast(error.message, 'refused'))
    }, ms)
  }
}
