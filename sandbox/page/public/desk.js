import { api, tell } from './api.js'
import { composer } from './compose.js'
import { askFields, askReason } from './dialog.js'
import { $, bytes, clock, h, perFrame, toast } from './dom.js'
import { plantOf, state } from './state.js'
import { DIALECT_NAMES, kindOf, RESULTS, RETURN_REASONS, STATES } from './words.js'

const MOST_SHOWN = 200
let desk = { inbox: [], sent: [], total: 0, repeated: 0 }
let form

/** Fetches and shows the selected unit's desk. */
export const refreshDesk = perFrame(async () => {
  const unit = state.selected
  if (unit === undefined) return
  const fetched = await api.desk(unit)
  if (unit !== state.selected) return
  desk = fetched
  draw()
})

export function openDesk() {
  form = undefined
  desk = { inbox: [], sent: [], total: 0, repeated: 0 }
  draw()
  refreshDesk()
}

function draw() {
  const unit = state.units.get(state.selected)
  if (unit === undefined) {
    $('desk').replaceChildren(
      h(
        'div.empty',
        {},
        h('b', {}, '选一个单位 Pick a unit'),
        '看它的收件箱，签收、退文、撤回、发文，或把它的 OA 停掉再开 · see its inbox, sign, return, withdraw, send, or switch its OA off and on',
      ),
    )
    return
  }
  const tab = (id, text) =>
    h(
      'button',
      {
        type: 'button',
        role: 'tab',
        'aria-selected': String(state.tab === id),
        onclick: () => {
          state.tab = id
          draw()
        },
      },
      text,
    )
  const tabs = h(
    'div.tabs',
    { role: 'tablist' },
    tab('inbox', `收件箱 Inbox ${desk.total}`),
    tab('sent', `已发 Sent ${desk.sent.length}`),
    tab('compose', '发文 Send'),
  )
  const view = `${unit.id}/${state.tab}`
  const shown = $('desk').querySelector('.scroll')
  if (state.tab === 'compose' && form?.isConnected === true && shown?.dataset.view === view) {
    // Somebody may be typing: the form stays where it is.
    $('desk').querySelector('.desk-head').replaceWith(head(unit))
    $('desk').querySelector('.tabs').replaceWith(tabs)
    return
  }
  const top = shown?.dataset.view === view ? shown.scrollTop : 0
  const body = h('div.scroll', { 'data-view': view }, content(unit))
  $('desk').replaceChildren(head(unit), tabs, body)
  body.scrollTop = top
}

function head(unit) {
  const plant = plantOf(unit.id)
  const shared = plant.units.length > 1 ? ` · 共 ${plant.units.length} 个单位` : ''
  return h(
    'div.desk-head',
    {},
    h(
      'div',
      {},
      h('h2', {}, unit.name),
      h(
        'p',
        {},
        DIALECT_NAMES[unit.dialect],
        desk.repeated > 0 ? ` · 重复投递已识别 repeats recognised: ${desk.repeated}` : '',
      ),
    ),
    h(
      'span.switch',
      { title: `${plant.name}${shared}` },
      plant.on ? `OA 运行中 on${shared}` : `OA 已停机 off${shared}`,
      h('button', {
        type: 'button',
        role: 'switch',
        'aria-checked': String(plant.on),
        'aria-label': `${plant.name} OA`,
        onclick: (event) => act(() => flip(plant), event),
      }),
    ),
  )
}

async function flip(plant) {
  const on = !plant.on
  await api.switch(plant.id, on)
  return { ok: true, text: on ? `已开机 switched on：${plant.name}` : `已停机 switched off：${plant.name}` }
}

function content(unit) {
  if (state.tab === 'compose') {
    form ??= composer(unit, refreshDesk)
    return form
  }
  if (state.tab === 'sent')
    return list(
      desk.sent.map((paper) => sentItem(unit, paper)),
      '还没有发过文 Nothing sent yet',
      '到“发文”里发一份 · send one under “发文 Send”',
    )
  return list(
    desk.inbox.map((item) => inboxItem(unit, item)),
    '收件箱是空的 The inbox is empty',
    '别的单位发来的公文和回执会立刻出现在这里 · what others send appears here at once',
  )
}

function list(items, title, hint) {
  if (items.length === 0) return h('div.empty', {}, h('b', {}, title), hint)
  const more =
    items.length > MOST_SHOWN
      ? h('p.muted', {}, `只显示最近 ${MOST_SHOWN} 件 · only the latest ${MOST_SHOWN} are shown`)
      : null
  return h('div.items', {}, ...items.slice(0, MOST_SHOWN), more)
}

function inboxItem(unit, item) {
  const number = item.number ?? item.about?.number
  const files = item.files ?? []
  return h(
    `article.item.${item.kind}${item.status === 'new' ? '' : '.done'}`,
    {},
    h(
      'header',
      {},
      h(`span.badge.${item.kind}`, {}, kindOf(item)),
      urgency(item.urgency),
      h('span.number', {}, number ?? ''),
      item.status === 'new'
        ? null
        : h(`span.badge.${item.status === 'signed' ? 'ok' : 'bad'}`, {}, STATES[item.status]),
      h('time', {}, clock(item.receivedAt)),
    ),
    (item.title ?? item.about?.title) ? h('h3', {}, item.title ?? item.about?.title) : null,
    item.text ? h('p', {}, item.text) : null,
    h(
      'p.meta',
      {},
      item.from ? h('span', {}, `来自 from ${item.from}`) : null,
      ...files.map((file) =>
        h(
          'span',
          { title: `SHA-256 ${file.digest}` },
          `${file.role === 'main' ? '正文' : '附件'} ${file.name} · ${bytes(file.size)}`,
        ),
      ),
      h('code', { title: item.id }, `id ${item.id.length > 44 ? `${item.id.slice(0, 44)}…` : item.id}`),
    ),
    item.kind === 'document' && item.status === 'new'
      ? h(
          'div.actions',
          {},
          h(
            'button.primary',
            {
              type: 'button',
              onclick: (event) =>
                act(async () => tell(await api.sign(unit.id, item.id), () => `已签收 signed：${number ?? ''}`), event),
            },
            '签收 Sign',
          ),
          unit.can.return
            ? h('button', { type: 'button', onclick: (event) => giveBack(unit, item, number, event) }, '退文 Return')
            : null,
          unit.can.reply
            ? h('button', { type: 'button', onclick: (event) => answer(unit, item, number, event) }, '答复 Reply')
            : null,
        )
      : null,
    item.kind === 'document' && item.status === 'signed' && unit.can.reply
      ? h(
          'div.actions',
          {},
          h('button', { type: 'button', onclick: (event) => answer(unit, item, number, event) }, '答复 Reply'),
        )
      : null,
  )
}

function sentItem(unit, paper) {
  const signed = desk.inbox.filter(
    (item) =>
      item.kind === 'receipt' &&
      item.state !== 'taken' &&
      (item.about?.externalId ?? paper.key) === paper.key &&
      (item.about?.number ?? item.number) === paper.number,
  ).length
  const states = {
    sending: ['warn', '发送中 sending'],
    acknowledged: ['ok', '已收文 accepted'],
    refused: ['bad', '被拒收 refused'],
    'gave-up': ['bad', '无应答 no answer'],
    withdrawn: ['bad', '已撤回 withdrawn'],
  }
  const [kind, text] = states[paper.status] ?? ['', paper.status]
  return h(
    `article.item.document${paper.status === 'acknowledged' ? '' : '.done'}`,
    {},
    h(
      'header',
      {},
      h(`span.badge.${kind}`, {}, text),
      h('span.number', {}, paper.number),
      signed > 0 ? h('span.badge.receipt', {}, `签收 signed ${signed}`) : null,
      h('time', {}, clock(paper.at)),
    ),
    h('h3', {}, paper.title),
    paper.text ? h('p', {}, paper.text) : null,
    h('p.meta', {}, paper.answer ? h('span', {}, `收文号 acceptance number `, h('code', {}, paper.answer)) : null),
    paper.status === 'acknowledged' && unit.can.withdraw
      ? h(
          'div.actions',
          {},
          h('button', { type: 'button', onclick: (event) => takeBack(unit, paper, event) }, '撤回 Withdraw'),
        )
      : null,
  )
}

function urgency(word) {
  if (word === undefined || word === '' || word === '普通' || word === '平件') return null
  return h(`span.badge.${/特|紧急/.test(word) ? 'flash' : 'warn'}`, {}, word)
}

async function giveBack(unit, item, number, event) {
  const reason = await askReason(`退文 Return ${number ?? ''}`, item.title ?? '', RETURN_REASONS)
  if (reason !== undefined)
    await act(
      async () => tell(await api.return(unit.id, item.id, reason), () => `已退文 returned：${number ?? ''}`),
      event,
    )
}

/** 办理答复: to a meeting notice with a choice, to a petition with a text that the citizen reads. */
async function answer(unit, item, number, event) {
  const reply = await askFields(`答复 Reply ${number ?? ''}`, item.title ?? '', [
    { id: 'text', label: '内容 Text', long: true },
    { id: 'result', label: '结果 Result', options: [['', '（无 none）'], ...RESULTS.map((one) => [one, one])] },
  ])
  if (reply !== undefined)
    await act(
      async () => tell(await api.reply(unit.id, item.id, reply), () => `已答复 replied：${number ?? ''}`),
      event,
    )
}

async function takeBack(unit, paper, event) {
  const reason = await askReason(`撤回 Withdraw ${paper.number}`, paper.title, [
    '内容有误 a mistake in it',
    '重复印发 issued twice',
    '其他 other',
  ])
  if (reason !== undefined)
    await act(
      async () => tell(await api.withdraw(unit.id, paper.key, reason), () => `已撤回 withdrawn：${paper.number}`),
      event,
    )
}

async function act(action, event) {
  const button = event?.currentTarget ?? event?.target
  if (button instanceof HTMLButtonElement) button.disabled = true
  try {
    const { ok, text } = await action()
    toast(text, ok ? '' : 'refused')
  } catch (error) {
    toast(error.message, 'refused')
  }
  refreshDesk()
}
