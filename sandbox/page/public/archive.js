import { api } from './api.js'
import { $, bytes, clock, h } from './dom.js'
import { act, empty, modeSwitch, putHead, soon } from './panel.js'
import { REFUSALS } from './words.js'

/** The bureau's shelves: a spine for each document that it took in, and the batches with their receipts. */

let view = { total: 0, repeated: 0, shelved: [], batches: [] }
const refuse = refuseForm()

export const refreshArchive = soon(async () => {
  view = await api.archive()
  draw()
})

function draw() {
  const head = h(
    'div.column-head',
    {},
    h('span.icon.archive'),
    h('h2', {}, '档案馆 ', h('small', {}, 'Archive')),
    h('span.count', { title: '已入库件数 documents on the shelves' }, `${view.total} 件`),
    modeSwitch('archive'),
  )
  const order = new Map([...new Set(view.shelved.map(({ batch }) => batch))].map((batch, at) => [batch, at]))
  const shelf = h(
    `div.shelf${view.shelved.length > 90 ? '.many' : ''}`,
    { role: 'img', 'aria-label': `书架上 ${view.total} 件 documents on the shelf`, hidden: view.total === 0 },
    ...view.shelved.map(({ batch, archiveNumber, title, number }) =>
      h(`span.spine.b${order.get(batch) % 4}`, { title: `${archiveNumber}\n${title}\n${number}` }),
    ),
  )
  const list =
    view.batches.length === 0
      ? h(
          'div.scroll',
          {},
          empty(
            '还没有移交批次 No batch yet',
            '批次到齐、标志文件落下之后，档案馆才看 · the bureau looks when the marker is there',
          ),
        )
      : h('ol.scroll.rows', {}, ...view.batches.map(batchRow))
  const panel = $('panel-archive')
  // Somebody may be typing into the form at the foot: it stays.
  if (panel.childElementCount === 0) panel.append(h('div'), h('div'), h('div'), refuse)
  putHead(panel, head)
  panel.children[1].replaceWith(shelf)
  panel.children[2].replaceWith(list)
}

function batchRow({ batch, result, findings, at, count }) {
  const refused = result === 'refused'
  return h(
    'li',
    {},
    h(
      'div.line',
      {},
      h(`span.badge.${refused ? 'bad' : 'ok'}`, {}, refused ? '拒收 refused' : '接收 accepted'),
      h('button.link', { type: 'button', 'data-batch': batch, onclick: () => void act(() => open(batch)) }, batch),
      h('time', {}, clock(at)),
    ),
    refused ? null : h('p', {}, `入库 ${count} 件 documents · 回执已出 receipt given`),
    ...findings.map(({ position, archiveNumber, reason }) =>
      h(
        'p.said',
        {},
        position === undefined ? '' : `第 ${position} 件 `,
        archiveNumber === undefined ? '' : `${archiveNumber}：`,
        reason,
      ),
    ),
  )
}

async function open(batch) {
  const { files, table } = await api.batch(batch)
  const dialog = $('dialog')
  const cell = (value) =>
    value === null || value === undefined
      ? ''
      : typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value)
        ? value.slice(0, 10)
        : String(value)
  dialog.classList.add('wide')
  dialog.replaceChildren(
    h('h3', {}, `批次 Batch ${batch}`),
    table.error === undefined
      ? h(
          'div.table-box',
          { tabindex: '0', role: 'region', 'aria-label': '文件目录.DBF' },
          h(
            'table',
            {},
            h('thead', {}, h('tr', {}, ...table.fields.map((name) => h('th', {}, name)))),
            h(
              'tbody',
              {},
              ...table.rows.map((row) =>
                h('tr', {}, ...table.fields.map((name) => h('td', { title: cell(row[name]) }, cell(row[name])))),
              ),
            ),
          ),
        )
      : h('p.note', {}, table.error),
    h('p.muted', {}, `文件目录.DBF，由 dbffile 读出 read by dbffile · ${table.rows.length} 行 rows`),
    h('ul.paths', {}, ...files.map(({ path, size }) => h('li', {}, `${path} `, h('small', {}, bytes(size))))),
    h('div.actions', {}, h('button', { type: 'button', autofocus: true, onclick: () => dialog.close() }, '关闭 Close')),
  )
  dialog.addEventListener('close', () => dialog.classList.remove('wide'), { once: true })
  dialog.showModal()
}

function refuseForm() {
  const position = h('input', {
    type: 'number',
    min: '1',
    max: '9999',
    value: '1',
    required: true,
    'aria-label': '第几件 which document',
  })
  const reason = h('input', {
    list: 'refusals',
    value: REFUSALS[0],
    required: true,
    maxlength: '200',
    'aria-label': '理由 reason',
  })
  const send = async (event) => {
    event.preventDefault()
    await act(
      () => api.refuseBatch(Number(position.value), reason.value),
      '下一批将被拒收 The next batch will be refused',
    )
  }
  return h(
    'form.foot',
    { onsubmit: (event) => void send(event) },
    '下批拒收第',
    position,
    '件',
    reason,
    h('datalist', { id: 'refusals' }, ...REFUSALS.map((value) => h('option', { value }))),
    h(
      'button.small',
      { type: 'submit', title: '下一批因这一件被拒收 the next batch is refused for this document' },
      '拒收 Refuse',
    ),
  )
}
