import { $, bytes, h } from './dom.js'
import { drawPublications } from './publications.js'
import { drawPetition } from './petition.js'

/** The portal as a citizen sees it. Everything received is put in as text, never as markup. */

const SECTIONS = ['file', 'query', 'news']

function open(section) {
  for (const one of SECTIONS) {
    $(one).hidden = one !== section
    $(`tab-${one}`).setAttribute('aria-selected', String(one === section))
  }
  if (section === 'news') void refresh()
}

async function ask(path, init) {
  const response = await fetch(`/api/${path}`, init)
  const answer = await response.json()
  if (!response.ok) throw new Error(answer.error ?? response.statusText)
  return answer
}

async function base64(file) {
  const content = new Uint8Array(await file.arrayBuffer())
  let text = ''
  for (let at = 0; at < content.length; at += 8192) text += String.fromCharCode(...content.subarray(at, at + 8192))
  return btoa(text)
}

async function formContent() {
  const value = (id) => $(id).value
  const filled = (id) => (value(id).trim() === '' ? undefined : value(id))
  const files = await Promise.all(
    [...$('files').files].map(async (file) => ({
      name: file.name,
      mediaType: file.type || 'application/octet-stream',
      base64: await base64(file),
    })),
  )
  return {
    purpose: value('purpose'),
    title: value('title'),
    text: value('text'),
    category: value('category'),
    publish: $('publish').checked,
    accused: filled('accused'),
    files,
    place: { code: value('place-code'), name: $('place-code').selectedOptions[0]?.textContent },
    petitioner: {
      name: value('name'),
      phone: value('phone'),
      idNumber: filled('id-number'),
      email: filled('email'),
      address: filled('address'),
    },
  }
}

function tell(outcome) {
  if (outcome.status === 'acknowledged') {
    const look = () => {
      $('query-code').value = outcome.queryCode
      open('query')
      void query()
    }
    return h(
      'div.result',
      { id: 'petition-accepted' },
      h(
        'p',
        {},
        '已收到，请记下查询码 Received, please note the query code: ',
        h('b', { id: 'accepted-code' }, outcome.queryCode),
      ),
      h(
        'p',
        {},
        `受理编号 acceptance number: ${outcome.id} `,
        h('button', { id: 'look-now', type: 'button', onclick: look }, '立即查询 Look'),
      ),
    )
  }
  if (outcome.status === 'lost')
    return h('div.result.refused', {}, `暂时没有提交成功，请稍后再试 Not submitted, please try again: ${outcome.why}`)
  return h(
    'div.result.refused',
    { id: 'petition-refused' },
    h('p', {}, `${outcome.code}　${outcome.text}`),
    h('ul', {}, ...outcome.faults.slice(1).map((fault) => h('li', {}, `${fault.field}：${fault.rule}`))),
  )
}

async function submit(event) {
  event.preventDefault()
  const button = $('submit-petition')
  button.disabled = true
  try {
    const body = JSON.stringify(await formContent())
    $('petition-result').replaceChildren(
      tell(await ask('petitions', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body })),
    )
  } catch (error) {
    $('petition-result').replaceChildren(h('div.result.refused', {}, error.message))
  } finally {
    button.disabled = false
  }
}

async function query(event) {
  event?.preventDefault()
  try {
    $('query-result').replaceChildren(drawPetition(await ask(`petitions/${encodeURIComponent($('query-code').value)}`)))
  } catch (error) {
    $('query-result').replaceChildren(h('div.result.refused', { id: 'query-unknown' }, error.message))
  }
}

async function refresh() {
  $('publications').replaceChildren(...drawPublications(await ask('publications')))
}

function options(id, entries) {
  $(id).replaceChildren(...entries.map(([value, text]) => h('option', { value }, text)))
}

/** The sandbox's page shows this one in a frame, and says which theme it has and what it wants to look at. */
function hear({ origin, source, data }) {
  if (window.parent === window || source !== window.parent || !/^http:\/\/127\.0\.0\.1:\d+$/.test(origin)) return
  if (data.theme === 'dark' || data.theme === 'light') document.documentElement.dataset.theme = data.theme
  if (data.look === 'news') void refresh()
  if (typeof data.query !== 'string') return
  $('query-code').value = data.query
  open('query')
  void query()
}
addEventListener('message', hear)

const choices = await ask('choices')
options(
  'purpose',
  choices.purposes.map((one) => [one, one]),
)
options('category', choices.categories)
options('place-code', choices.places)
for (const section of SECTIONS) $(`tab-${section}`).addEventListener('click', () => open(section))
$('petition-form').addEventListener('submit', submit)
$('query-form').addEventListener('submit', query)
$('news-refresh').addEventListener('click', refresh)
$('files').addEventListener('change', () => {
  const total = [...$('files').files].reduce((sum, file) => sum + file.size, 0)
  $('files').title = bytes(total)
})
