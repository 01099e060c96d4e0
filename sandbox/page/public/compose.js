import { api, tell } from './api.js'
import { h } from './dom.js'
import { state } from './state.js'
import { TYPES } from './words.js'

/** The form for a new document of a unit. */
export function composer(unit, sent) {
  const field = (text, input) => h('label', {}, h('span', {}, text), input)
  const upward = unit.id !== state.city.units[0]?.id
  const title = h('input', { required: true, maxlength: '200', placeholder: '关于……的通知' })
  const type = h(
    'select',
    {},
    ...TYPES.map((one) => h('option', { selected: one === (upward ? '报告' : '通知') }, one)),
  )
  const number = h('input', { maxlength: '60', placeholder: '留空自动编号 automatic' })
  const securityClass = h(
    'select',
    {},
    ...[
      ['', '无 none'],
      ['内部', '内部 internal'],
      ['秘密', '秘密 classified（应被拒收 will be refused）'],
    ].map(([value, text]) => h('option', { value }, text)),
  )
  const urgency = choices('urgency', [
    ['普通', '普通'],
    ['加急', '加急'],
    ['特急', '特急'],
  ])
  const to = recipients(unit, upward ? { units: [state.city.units[0].id] } : { groups: ['county'] })
  const cc = recipients(unit, {})
  const file = h('input', { type: 'file' })
  const result = h('div.result', { hidden: true, role: 'status' })
  const button = h('button.primary', { type: 'submit' }, '发送 Send')
  const form = h(
    'form.form',
    {
      onsubmit: (event) => {
        event.preventDefault()
        void send()
      },
    },
    field('标题 Title', title),
    h(
      'div.row',
      {},
      field('文种 Type', type),
      field('发文字号 Number', number),
      field('秘密等级 Security class', securityClass),
    ),
    h('div', {}, h('span.label', {}, '紧急程度 Urgency'), urgency.element),
    h('div', {}, h('span.label', {}, '主送机关 To'), to.element),
    h('div', {}, h('span.label', {}, '抄送机关 Copies to'), cc.element),
    field('正文文件（不选则自动生成一份）File (none: one is made)', file),
    h('div.actions', {}, button, h('span.muted', {}, '合计不超过 3 MB · 3 MB at most')),
    result,
  )

  async function send() {
    button.disabled = true
    try {
      const chosen = file.files[0]
      const outcome = await api.send(unit.id, {
        title: title.value,
        documentType: type.value,
        number: number.value,
        urgency: urgency.value(),
        ...(securityClass.value === '' ? {} : { securityClass: securityClass.value }),
        to: to.value(),
        cc: cc.value(),
        ...(chosen === undefined ? {} : { file: { name: chosen.name, base64: await base64(chosen) } }),
      })
      const { ok, text } = tell(outcome, (answer) => `已收文 accepted，收文号 acceptance number ${answer}`)
      show(text, ok)
      if (ok) title.value = number.value = file.value = ''
    } catch (error) {
      show(error.message, false)
    }
    button.disabled = false
    sent()
  }

  function show(text, ok) {
    result.textContent = text
    result.hidden = false
    result.classList.toggle('refused', !ok)
    result.scrollIntoView({ block: 'nearest' })
  }
  return form
}

function choices(name, options) {
  const inputs = options.map(([value], index) => h('input', { type: 'radio', name, value, checked: index === 0 }))
  return {
    element: h(
      'div.choices',
      {},
      ...options.map(([, text], index) => h('label', {}, inputs[index], h('span', {}, text))),
    ),
    value: () => inputs.find((input) => input.checked).value,
  }
}

/** Recipients as chips: groups by their phrase, units by name. */
function recipients(unit, { groups = [], units = [] }) {
  const chosen = { groups: new Set(groups), units: new Set(units) }
  const element = h('div.chips')
  const phraseOf = (id) =>
    state.city.phrases.find((one) => one.groups.length === 1 && one.groups[0] === id && one.except === undefined)
      ?.phrase
  const grouped = state.city.groups.filter((group) => phraseOf(group.id) !== undefined)
  const chip = (set, id, text) =>
    h(
      'button.chip',
      {
        type: 'button',
        title: '去掉 remove',
        onclick: () => {
          set.delete(id)
          draw()
        },
      },
      text,
      h('i', {}, '×'),
    )
  const draw = () => {
    const add = h(
      'select',
      {
        'aria-label': '添加收文单位 add a recipient',
        onchange: () => {
          const [kind, id] = add.value.split('/')
          chosen[kind].add(id)
          draw()
        },
      },
      h('option', { value: '' }, '＋ 添加 add…'),
      h(
        'optgroup',
        { label: '泛称 phrases' },
        ...grouped
          .filter((group) => !chosen.groups.has(group.id))
          .map((group) => h('option', { value: `groups/${group.id}` }, phraseOf(group.id))),
      ),
      h(
        'optgroup',
        { label: '单位 units' },
        ...state.city.units
          .filter((one) => one.id !== unit.id && !chosen.units.has(one.id))
          .map((one) => h('option', { value: `units/${one.id}` }, one.name)),
      ),
    )
    element.replaceChildren(
      ...[...chosen.groups].map((id) => chip(chosen.groups, id, phraseOf(id) ?? id)),
      ...[...chosen.units].map((id) => chip(chosen.units, id, state.units.get(id)?.name ?? id)),
      add,
    )
  }
  draw()
  return { element, value: () => ({ groups: [...chosen.groups], units: [...chosen.units] }) }
}

function base64(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.onload = () => resolve(String(reader.result).split(',', 2)[1])
    reader.onerror = () => reject(reader.error)
    reader.readAsDataURL(file)
  })
}
