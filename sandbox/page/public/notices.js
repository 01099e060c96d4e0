import { api } from './api.js'
import { $, clock, h } from './dom.js'
import { act, empty, modeSwitch, putHead, soon, tabs } from './panel.js'
import { QUICK_ANSWERS } from './words.js'

/** Phones that ring, and mailboxes. */

let phones = { rang: [], total: 0 }
let mail = { mails: [], total: 0, boxes: 0 }
let tab = 'sms'
let chosen
let screen
/** numbers that have just rung → until when they shake, in milliseconds since 1970 */
const ringing = new Map()
const RINGS_MS = 1_800

export const refreshPhones = soon(async () => {
  phones = await api.phones()
  const number = chosen ?? phones.rang[0]?.number
  screen = number === undefined ? undefined : await api.phone(number)
  draw()
})

export const refreshMail = soon(async () => {
  mail = await api.mail()
  draw()
})

export function rang(number) {
  ringing.set(number, Date.now() + RINGS_MS)
}

/** Takes somebody's phone in the hand. */
export function showPhone(number) {
  chosen = number
  tab = 'sms'
  refreshPhones()
}

function choose(id) {
  tab = id
  draw()
}

function draw() {
  const panel = $('panel-notices')
  const head = h(
    'div.column-head',
    {},
    h(`span.icon.${tab}`),
    tabs(
      tab,
      [
        ['sms', `短信 SMS ${phones.total}`],
        ['mail', `邮件 Mail ${mail.total}`],
      ],
      choose,
    ),
    modeSwitch(tab),
  )
  const typed = panel.querySelector('#answer')
  const [text, hadFocus] = [typed?.value ?? '', typed === document.activeElement]
  if (panel.childElementCount === 0) panel.append(h('div'), h('div'))
  putHead(panel, head)
  panel.children[1].replaceWith(tab === 'sms' ? phonesView() : mailView())
  const answer = panel.querySelector('#answer')
  if (answer !== null) answer.value = text
  if (answer !== null && hadFocus) answer.focus()
  const bubbles = panel.querySelector('.bubbles')
  if (bubbles !== null) bubbles.scrollTop = bubbles.scrollHeight
}

function phonesView() {
  if (screen === undefined)
    return h(
      'div.scroll',
      {},
      empty('还没有手机响过 No phone has rung yet', '催办、会议提醒的短信会出现在这里 · reminders and urges ring here'),
    )
  return h('div.phones', {}, h('div.phone-list', {}, ...phones.rang.map(phoneLine)), screenView())
}

function phoneLine({ number, owner, count }) {
  const shakes = (ringing.get(number) ?? 0) > Date.now()
  return h(
    `button${shakes ? '.ringing' : ''}`,
    {
      type: 'button',
      'data-phone': number,
      'aria-current': String(number === screen.number),
      onclick: () => showPhone(number),
    },
    h('span.who', {}, h('span.icon.sms'), owner?.name ?? number, h('span.count', {}, String(count))),
    h('small', {}, owner === undefined ? '不在目录里 not in the directory' : `${owner.unit}${owner.title}`),
  )
}

function screenView() {
  const { number, owner, texts } = screen
  return h(
    'div.screen',
    {},
    h(
      'div.screen-head',
      {},
      owner === undefined ? number : `${owner.name} · ${owner.unit} · ${owner.title} · ${number}`,
    ),
    h(
      'div.scroll.bubbles',
      {},
      ...texts.map(({ way, text, at }) => h(`div.bubble.${way}`, {}, text, h('time', {}, clock(at)))),
    ),
    answerForm(number),
  )
}

function answerForm(number) {
  const input = h('input', {
    id: 'answer',
    maxlength: '500',
    autocomplete: 'off',
    placeholder: '回复短信 Answer…',
    'aria-label': '回复短信 Answer',
  })
  const write = async (text) => {
    if (text.trim() === '') return
    if (await act(() => api.write(number, text))) input.value = ''
  }
  return h(
    'form.answer',
    {
      onsubmit: (event) => {
        event.preventDefault()
        void write(input.value)
      },
    },
    h(
      'span.quick',
      {},
      ...QUICK_ANSWERS.map((text) => h('button.small', { type: 'button', onclick: () => void write(text) }, text)),
    ),
    input,
    h('button.small.primary', { type: 'submit' }, '发 Send'),
  )
}

function mailView() {
  if (mail.mails.length === 0)
    return h(
      'div.scroll',
      {},
      empty('还没有邮件 No mail yet', '与短信并行的提醒会出现在这里 · reminders beside the SMS arrive here'),
    )
  return h(
    'ol.scroll.rows',
    {},
    ...mail.mails.map(({ unit, title, text, from, receivedAt, files }) =>
      h(
        'li',
        {},
        h('div.line', {}, h('h3', {}, title), h('time', {}, clock(receivedAt))),
        h(
          'p',
          {},
          h('span', {}, `→ ${unit}`),
          h('span', {}, from),
          ...files.map((file) => h('span', {}, `附件 ${file.name}`)),
        ),
        h('p.said', {}, text.trim()),
      ),
    ),
  )
}
