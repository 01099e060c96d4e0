import { $, h } from './dom.js'

/** Asks for a reason; undefined when the clerk thinks better of it. */
export function askReason(title, subject, suggestions) {
  const dialog = $('dialog')
  return new Promise((resolve) => {
    const text = h('textarea', { rows: '3', maxlength: '500', required: true, 'aria-label': '理由 reason' })
    text.value = suggestions[0].split(' ')[0]
    const pick = h(
      'select',
      {
        'aria-label': '常用理由 usual reasons',
        onchange: () => {
          text.value = pick.value
        },
      },
      ...suggestions.map((one) => h('option', { value: one.split(' ')[0] }, one)),
    )
    let answer
    const form = h(
      'form',
      {
        method: 'dialog',
        onsubmit: () => {
          answer = text.value.trim()
        },
      },
      h('div', {}, h('h3', {}, title), h('p.muted', {}, subject)),
      pick,
      text,
      h(
        'div.actions',
        {},
        h('button', { type: 'button', onclick: () => dialog.close() }, '取消 Cancel'),
        h('button.primary', { type: 'submit' }, '确定 OK'),
      ),
    )
    dialog.replaceChildren(form)
    dialog.addEventListener('close', () => resolve(answer === '' ? undefined : answer), { once: true })
    dialog.showModal()
    text.focus()
  })
}

/**
 * Asks for several things; undefined when somebody thinks better of it.
 *
 * @param {{id: string, label: string, value?: string, long?: boolean, options?: string[][]}[]} fields
 */
export function askFields(title, subject, fields) {
  const dialog = $('dialog')
  return new Promise((resolve) => {
    const inputs = fields.map(({ value = '', long = false, options }) =>
      options === undefined
        ? h(long ? 'textarea' : 'input', {
            required: true,
            maxlength: long ? '1000' : '100',
            value,
            ...(long ? { rows: '4' } : {}),
          })
        : h('select', {}, ...options.map(([id, text]) => h('option', { value: id }, text))),
    )
    let answer
    const form = h(
      'form',
      {
        method: 'dialog',
        onsubmit: () => {
          answer = Object.fromEntries(fields.map(({ id }, at) => [id, inputs[at].value.trim()]))
        },
      },
      h('div', {}, h('h3', {}, title), h('p.muted', {}, subject)),
      ...fields.map(({ label }, at) => h('label', {}, h('span.muted', {}, label), inputs[at])),
      h(
        'div.actions',
        {},
        h('button', { type: 'button', onclick: () => dialog.close() }, '取消 Cancel'),
        h('button.primary', { type: 'submit' }, '确定 OK'),
      ),
    )
    dialog.replaceChildren(form)
    dialog.addEventListener('close', () => resolve(answer), { once: true })
    dialog.showModal()
    inputs[0].focus()
  })
}
