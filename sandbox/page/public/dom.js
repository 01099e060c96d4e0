/** Small helpers: everything on the page is built as elements, never as HTML text, so nothing received can be markup. */

/** @param {string} tag `name.class.class`  @param {object} [attributes]  @param {...(Node|string|null|undefined|false)} children */
export function h(tag, attributes = {}, ...children) {
  const [name, ...classes] = tag.split('.')
  const element = document.createElement(name)
  element.classList.add(...classes)
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value)
    else if (key in element && typeof value !== 'string') element[key] = value
    else element.setAttribute(key, value === true ? '' : value)
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false))
  return element
}

export const $ = (id) => document.getElementById(id)

export function clock(iso) {
  return new Date(iso).toLocaleTimeString('zh-CN', { hour12: false, timeZone: 'Asia/Shanghai' })
}

export function bytes(size) {
  return size < 1024
    ? `${size} B`
    : size < 1048576
      ? `${(size / 1024).toFixed(1)} kB`
      : `${(size / 1048576).toFixed(2)} MB`
}

export function toast(text, kind = '') {
  const element = h(`div.toast${kind === '' ? '' : `.${kind}`}`, {}, text)
  $('toasts').append(element)
  setTimeout(() => element.remove(), kind === 'refused' ? 9000 : 4000)
}

/** Calls at most once a frame, however often it is asked. */
export function perFrame(action) {
  let asked = false
  return () => {
    if (asked) return
    asked = true
    requestAnimationFrame(() => {
      asked = false
      action()
    })
  }
}
