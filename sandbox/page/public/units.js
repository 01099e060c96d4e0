import { $, h, perFrame } from './dom.js'
import { plantOf, state } from './state.js'
import { DIALECTS } from './words.js'

const rows = new Map()

/** Draws the list anew; afterwards single rows are updated in place. */
export function drawUnits(select) {
  rows.clear()
  const groups = state.city.groups
    .map((group) => ({ ...group, units: state.city.units.filter((unit) => unit.group === group.id) }))
    .filter((group) => group.units.length > 0)
  $('units').replaceChildren(
    ...groups.map((group) =>
      h(
        'details.group',
        { open: true, 'data-group': group.id },
        h(
          'summary',
          {},
          group.name,
          h('span.count', { title: '单位数 units' }, String(group.units.length)),
          h('span.count.open', { hidden: true, title: '待签收 waiting for a signature' }),
        ),
        ...group.units.map((unit) => row(unit, select)),
      ),
    ),
  )
  refreshUnits()
}

function row(unit, select) {
  const element = h(
    'button.unit',
    { type: 'button', onclick: () => select(unit.id) },
    h('span.dot'),
    h('span.name', {}, unit.name, h('small', {}, DIALECTS[unit.dialect])),
    h('span.count.open', { title: '待签收 waiting for a signature' }),
    h('span.count', { title: '收件总数 received' }),
  )
  rows.set(unit.id, element)
  return element
}

export function arrived(unit) {
  const element = rows.get(unit)
  if (element === undefined) return
  element.classList.remove('arrived')
  void element.offsetWidth
  element.classList.add('arrived')
}

export const refreshUnits = perFrame(() => {
  const wanted = state.filter.trim().toLowerCase()
  for (const [id, element] of rows) {
    const unit = state.units.get(id)
    const [dot, , open, all] = element.children
    dot.classList.toggle('off', plantOf(id)?.on === false)
    open.textContent = String(unit.open)
    open.classList.toggle('none', unit.open === 0)
    all.textContent = String(unit.inbox)
    element.hidden = wanted !== '' && !`${unit.name} ${id} ${DIALECTS[unit.dialect]}`.toLowerCase().includes(wanted)
    if (id === state.selected) element.setAttribute('aria-current', 'true')
    else element.removeAttribute('aria-current')
  }
  for (const group of document.querySelectorAll('.group')) {
    const open = state.city.units
      .filter((unit) => unit.group === group.dataset.group)
      .reduce((sum, unit) => sum + unit.open, 0)
    const count = group.querySelector('summary .count.open')
    count.textContent = String(open)
    count.hidden = open === 0
  }
})
