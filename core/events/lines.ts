import { shanghaiTime } from '../util/shanghai.ts'
import { EVENTS, isAlarm } from './catalogue.ts'
import type { YizhanEvent } from './event.ts'
import { mask } from './mask.ts'

/** What a line says beside time, level and text, as every target writes it; the detail masked. */
export type Facts = Omit<YizhanEvent, 'at'>

export function factsOf(event: YizhanEvent): Facts {
  const { at: _, detail, ...facts } = event
  return detail === undefined ? facts : { ...facts, detail: mask(detail) }
}

export function eventText({ code }: Pick<YizhanEvent, 'code'>): string {
  const { zh, en } = EVENTS[code]
  return `${zh} ${en}`
}

/** For the file: one object of JSON. */
export function jsonLine(station: string, event: YizhanEvent): string {
  const { code, ...facts } = factsOf(event)
  return JSON.stringify({
    at: localTime(event.at),
    level: EVENTS[code].level,
    station,
    code,
    text: eventText(event),
    ...(isAlarm(code) ? { alarm: true } : {}),
    ...facts,
  })
}

const LEVELS = { error: '错误', warn: '警告', info: '信息', debug: '调试' } as const
/** red, yellow, none, dim: ECMA-48, 8.3.117 */
const COLOURS = { error: '31', warn: '33', info: '', debug: '2' } as const
/** Ids are for programs: `yizhan where` finds everything by the number. */
const NOT_SHOWN: ReadonlySet<string> = new Set(['code', 'detail', 'trace', 'row', 'kind', 'times', 'over'])

/** For whoever reads a terminal at night: time, level, what happened, to whom, why. */
export function plainLine(event: YizhanEvent, isColoured: boolean): string {
  const { level } = EVENTS[event.code]
  const { detail, ...facts } = factsOf(event)
  const shown = Object.entries(facts).flatMap(([name, value]) =>
    value === undefined || NOT_SHOWN.has(name) ? [] : [`${name}=${String(value)}`],
  )
  const told = [eventText(event), event.code, ...shown].join('  ')
  const line = oneLine(`${shanghaiTime(event.at)} ${LEVELS[level]} ${told}${detail === undefined ? '' : `  ${detail}`}`)
  const colour = COLOURS[level]
  return isColoured && colour !== '' ? `\u001b[${colour}m${line}\u001b[0m` : line
}

/** What others wrote must neither begin a line of its own nor steer a terminal. */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
}

let cachedSecond = ''
let cachedAt = 0

/**
 * RFC 3339 in Asia/Shanghai; formatting a date costs more than the rest of the line, so each second is formatted once.
 */
function localTime(at: number): string {
  const second = Math.floor(at / 1000)
  if (second !== cachedAt || cachedSecond === '') {
    cachedSecond = shanghaiTime(at).replace(' ', 'T')
    cachedAt = second
  }
  return `${cachedSecond}.${String(Math.floor(at) - second * 1000).padStart(3, '0')}+08:00`
}
