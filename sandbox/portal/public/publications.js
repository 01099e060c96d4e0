import { h } from './dom.js'
import { fileLine } from './petition.js'

const when = (iso) => new Date(iso).toLocaleString('zh-CN', { hour12: false, timeZone: 'Asia/Shanghai' })

/** What is published: a correction stands in the place of what it corrects, and says so. */
export function drawPublications(publications) {
  if (publications.length === 0) return [h('p.empty', {}, '尚无公开信息 Nothing published yet')]
  return publications.map(({ current, revisions, earlier }) => {
    const { id, revision, state, number } = current.publication
    const shared = { 'data-publication': id, 'data-revision': String(revision), 'data-state': state }
    if (state === 'withdrawn')
      return h(
        'li',
        shared,
        h('h2', {}, h('span.badge.withdrawn', {}, '已撤下 withdrawn'), ` ${earlier[0] ?? id}`),
        current.text === undefined ? null : h('p.text', {}, current.text),
      )
    return h(
      'li',
      shared,
      h('h2', {}, current.title ?? id, ' ', revision > 1 ? h('span.badge.corrected', {}, '已更正 corrected') : null),
      h(
        'p.meta',
        {},
        h('span', {}, current.from ?? ''),
        number === undefined ? null : h('span', {}, number),
        h('span', {}, when(current.at ?? current.receivedAt)),
        revisions > 1 ? h('span', {}, `原题 formerly ${earlier[0] ?? ''}`) : null,
      ),
      h('p.text', {}, current.text ?? ''),
      ...current.files.map(fileLine),
    )
  })
}
