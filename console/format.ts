import type { Language } from './language.ts'

/** How moments, spans and amounts are written: in Asia/Shanghai, as the station's people do. */

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const parts = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'Asia/Shanghai',
  hourCycle: 'h23',
  ...{ year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit' },
})

/** 2026-03-02 09:30:05. @param at ms since 1970 */
export function momentText(at: number): string {
  const of = Object.fromEntries(parts.formatToParts(at).map(({ type, value }) => [type, value]))
  return `${of['year']}-${of['month']}-${of['day']} ${of['hour']}:${of['minute']}:${of['second']}`
}

/** 09:30 of the same day, 03-02 09:30 of the same year, else the whole date. @param at @param now ms since 1970 */
export function shortMoment(at: number, now: number): string {
  const text = momentText(at)
  const today = momentText(now)
  if (text.slice(0, 10) === today.slice(0, 10)) return text.slice(11)
  return text.slice(0, 4) === today.slice(0, 4) ? text.slice(5, 16) : text.slice(0, 16)
}

/** 40 秒, 28 分, 3 小时 5 分, 2 天 4 小时. @param ms negative counts as none */
export function spanText(ms: number, language: Language): string {
  const [second, minute, hour, day] = language === 'zh' ? [' 秒', ' 分', ' 小时', ' 天'] : [' s', ' min', ' h', ' d']
  const left = Math.max(0, ms)
  if (left < MINUTE) return `${Math.floor(left / SECOND)}${second}`
  if (left < HOUR) return `${Math.floor(left / MINUTE)}${minute}`
  if (left < DAY) return joined(Math.floor(left / HOUR), hour, Math.floor((left % HOUR) / MINUTE), minute)
  return joined(Math.floor(left / DAY), day, Math.floor((left % DAY) / HOUR), hour)
}

function joined(large: number, of: string | undefined, small: number, ofSmall: string | undefined): string {
  return small === 0 ? `${large}${of}` : `${large}${of} ${small}${ofSmall}`
}

/** 1,234. */
export function countText(count: number): string {
  return count.toLocaleString('en-US')
}

/** 0, 0.4, 12 a minute. */
export function rateText(perMinute: number): string {
  return perMinute >= 10 ? countText(Math.round(perMinute)) : String(Math.round(perMinute * 10) / 10)
}

/** 812 B, 3.1 MB: powers of 1024, as file managers count. */
export function sizeText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let left = bytes
  let unit = 0
  for (; left >= 1024 && unit < units.length - 1; unit++) left /= 1024
  return `${unit === 0 || left >= 100 ? Math.round(left) : left.toFixed(1)} ${units[unit]}`
}
