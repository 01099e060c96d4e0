import { $, h } from './dom.js'

/** Asks for a reason; undefined when the clerk thinks better of it. */
export function askReason(title, subject, suggestions) {
  const dialog = $('dialog')
  return new Promise((resolve) => {
    const text = h('textarea', { rows: '3', maxlength: '500', required: true, 'aria-label': '理由 reason' })
    text.value = suggestions[0].split(' ')[0]
    const pick = h('select', { 'aria-label': '常用理由 usual reasons', onchange: () => { text.value = pick.value } }, ...suggestions.map((one) => h('option', { value: one.split(' ')[0] }, one)))
    let answer
    const form = h('form', { method: 'dialog', onsubmit: () => { answer = text.value.trim() } },
      h('div', {}, h('h3', {}, title), h('p.muted', {}, subject)), pick, text,
      h('div.actions', {}, h('button', { type: 'button', onclick: () => dialog.close() }, '取消 Cancel'), h('button.primary', { type: 'submit' }, '确定 OK')),
    )
    dialog.replaceChildren(form)
    dialog.addEventListener('close', () => resolve(answer === '' ? undefined : answer), { once: true })
    dialog.showModal()
    text.focus()
  })
}
