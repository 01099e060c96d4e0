import { api } from './api.js'
import { askFields } from './dialog.js'
import { $, h } from './dom.js'
import { act, empty, modeSwitch, putHead, soon } from './panel.js'
import { showPhone } from './notices.js'

/** The directory as a tree: units, the people in them, and what may happen to them. */

let view = { units: [], people: [] }
let wanted = ''
const opened = new Set()
const finder = h(
  'div.finder',
  {},
  h('input', {
    type: 'search',
    placeholder: '查找单位或人 Find a unit or person…',
    'aria-label': '查找单位或人 Find a unit or person',
    oninput: (event) => {
      wanted = event.target.value.trim()
      draw()
    },
  }),
)

export const refreshDirectory = soon(async () => {
  const before = new Map(view.units.map((unit) => [unit.id, `${unit.name}/${unit.parent}`]))
  view = await api.directory()
  const fresh =
    before.size === 0
      ? []
      : view.units.filter((unit) => before.get(unit.id) !== `${unit.name}/${unit.parent}`).map(({ id }) => id)
  draw(new Set(fresh))
})

function draw(fresh = new Set()) {
  const head = h(
    'div.column-head',
    {},
    h('span.icon.directory'),
    h('h2', {}, '目录 ', h('small', {}, 'LDAP')),
    h('span.count', { title: '单位与人员 units and people' }, `${view.units.length} · ${view.people.length}`),
    modeSwitch('directory'),
  )
  const panel = $('panel-directory')
  if (panel.childElementCount === 0) panel.append(h('div'), finder, h('div'))
  const top = panel.lastElementChild.scrollTop
  const known = new Set(view.units.map(({ uuid }) => uuid))
  const shown = view.units
    .filter((unit) => unit.parent === undefined || !known.has(unit.parent))
    .flatMap((unit) => branch(unit, fresh))
  putHead(panel, head)
  panel.lastElementChild.replaceWith(
    h('div.scroll.tree', {}, ...(shown.length === 0 ? [empty('没有找到 Nothing found', '')] : shown)),
  )
  panel.lastElementChild.scrollTop = top
}

function branch(unit, fresh) {
  const people = view.people.filter((person) => person.unit === unit.uuid)
  const below = view.units.filter((one) => one.parent === unit.uuid).flatMap((one) => branch(one, fresh))
  const fits = wanted === '' || unit.name.includes(wanted) || unit.codes.some((code) => code.includes(wanted))
  const found = fits ? people : people.filter(({ name, mobile }) => name.includes(wanted) || mobile.includes(wanted))
  if (!fits && found.length === 0 && below.length === 0) return []
  const isOpen = opened.has(unit.id) || below.length > 0 || (wanted !== '' && !fits)
  const element = h(
    `details${fresh.has(unit.id) ? '.fresh' : ''}`,
    {
      open: isOpen,
      'data-unit': unit.id,
      ontoggle: () => {
        if (element.open) opened.add(unit.id)
        else opened.delete(unit.id)
      },
    },
    h('summary', {}, unit.name, h('code', { title: unit.codes.join(' ') }, unit.codes[0] ?? '')),
    ...found.map(personRow),
    actions(unit),
    ...below,
  )
  return [element]
}

function personRow({ uid, name, title, mobile, mail }) {
  const replace = async () => {
    const answer = await askFields(`换人 Replace ${title}`, uid, [
      { id: 'name', label: '姓名 Name', value: name },
      { id: 'mobile', label: '手机 Mobile（1380000xxxx）', value: mobile },
    ])
    if (answer !== undefined)
      await act(() => api.directoryAct('replace', { uid, name: answer.name, mobile: answer.mobile }))
  }
  return h(
    'div.person',
    {},
    h('button.link', { type: 'button', title: '换人 replace', onclick: () => void replace() }, name),
    h('span.muted', {}, title),
    h(
      'span.reach',
      {},
      h(
        'button.link',
        { type: 'button', title: '看他的手机 look at the phone', onclick: () => showPhone(mobile) },
        mobile,
      ),
      h('span.muted', { title: mail }, mail),
    ),
  )
}

function actions(unit) {
  const others = view.units.filter(({ id }) => id !== unit.id).map(({ id, name }) => [id, name])
  const rename = async () => {
    const answer = await askFields('更名 Rename', unit.name, [
      { id: 'name', label: '新名称 New name', value: unit.name },
    ])
    if (answer !== undefined && answer.name !== unit.name)
      await act(() => api.directoryAct('rename', { unit: unit.id, name: answer.name }))
  }
  const move = async () => {
    const answer = await askFields('调整 Move', unit.name, [
      { id: 'below', label: '上级单位 Below', options: [['', '（最上层 top）'], ...others] },
    ])
    if (answer !== undefined)
      await act(() =>
        api.directoryAct('move', { unit: unit.id, ...(answer.below === '' ? {} : { below: answer.below }) }),
      )
  }
  const merge = async () => {
    const answer = await askFields(
      '合并 Merge',
      `${unit.name} 从目录中撤销，人员转入 · ceases to exist, its people go to:`,
      [{ id: 'into', label: '并入 Into', options: others }],
    )
    if (answer !== undefined) await act(() => api.directoryAct('merge', { unit: unit.id, into: answer.into }))
  }
  const button = (text, action) => h('button.small', { type: 'button', onclick: () => void action() }, text)
  return h('div.actions', {}, button('更名 Rename', rename), button('调整 Move', move), button('合并 Merge', merge))
}
