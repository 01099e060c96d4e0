import { h } from './dom.js'

const when = (iso) => new Date(iso).toLocaleString('zh-CN', { hour12: false, timeZone: 'Asia/Shanghai' })

/** A petition under its query code: the station's answer, and below it what it told by call-back. */
export function drawPetition({ petition, told }) {
  const { stateText, acceptedAt, updatedAt, unit, deadline, reply } = petition
  return h(
    'div',
    {},
    h('h2', {}, h('span.badge', { id: 'petition-state' }, stateText)),
    h(
      'p.meta',
      {},
      h('span', {}, `登记 accepted ${when(acceptedAt)}`),
      h('span', {}, `更新 updated ${when(updatedAt)}`),
      unit === undefined ? null : h('span', { id: 'petition-unit' }, `责任单位 unit ${unit}`),
      deadline === undefined ? null : h('span', {}, `期限 due ${deadline}`),
    ),
    reply === undefined
      ? h('p.muted', {}, '尚未答复 No reply yet')
      : h(
          'div',
          { id: 'petition-reply' },
          h('h2', {}, `${reply.unit}的答复 Reply`),
          h('p.text', {}, reply.text),
          ...reply.files.map(fileLine),
        ),
    told.length === 0
      ? null
      : h(
          'ol',
          { id: 'petition-told' },
          ...told.map((item) =>
            h(
              'li.meta',
              {},
              h('span', {}, when(item.at ?? item.receivedAt)),
              h('span', {}, item.kind === 'reply' ? `${item.from ?? ''} 已答复 replied` : (item.stateText ?? '')),
              item.text === undefined || item.kind === 'reply' ? null : h('span', {}, item.text),
            ),
          ),
        ),
  )
}

/** Only addresses of the web: a link to anything else would be a script's way in. */
export function fileLine(file) {
  const linked = file.url !== undefined && /^https?:\/\//.test(file.url)
  return h(
    'p.meta',
    {},
    linked ? h('a', { href: file.url, rel: 'noreferrer', target: '_blank' }, file.name) : h('span', {}, file.name),
  )
}
