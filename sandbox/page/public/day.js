import { $, h } from './dom.js'

/** The opening day's episodes as they come: ①, ②, … the last one lit; and how often somebody was killed. */
const episodes = new Map()
let kills = 0

export function showDay(text) {
  const episode = /^[①-⑳]/u.exec(text)?.[0]
  if (text.startsWith('☠')) kills++
  else if (episode === undefined) return
  else {
    episodes.delete(episode)
    episodes.set(episode, text)
  }
  const last = [...episodes.keys()].at(-1)
  const chips = [...episodes.keys()]
    .sort()
    .map((one) => h(`li${one === last ? '.now' : ''}`, { title: episodes.get(one) }, one))
  $('day').replaceChildren(
    ...chips,
    ...(kills === 0 ? [] : [h('li.kill', { title: '进程被杀次数 processes killed' }, `☠ ${kills}`)]),
  )
}
