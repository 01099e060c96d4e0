import type { Finding, Look } from './finding.ts'
import { lookAtLine } from './line.ts'
import { saysNothing } from './nothing.ts'
import { lookAtText } from './text.ts'

/**
 * Keys of other applications under which a paper's marks stand; compared without case, blanks, hyphens and underscores.
 */
const CLASS = new Set(
  '密级 秘密等级 秘密级别 保密级别 涉密等级 miji mj secretlevel secretclass securityclass securitylevel classification'.split(
    ' ',
  ),
)
const COPY = new Set('份号 公文份号 fenhao serialnumberofcopies copynumber'.split(' '))
const PERIOD = new Set('保密期限 bmqx secrecyperiod'.split(' '))
const TITLE = new Set(
  '标题 公文标题 题名 文件名 附件名 主题 title documenttitle subject headline filename attname name bt wjbt gwbt'.split(
    ' ',
  ),
)

const MOST_VALUES = 20_000
const MOST_DEPTH = 64

/** A value's place in JSON. */
interface Place {
  readonly value: unknown
  readonly key: string
  readonly path: string
  readonly depth: number
}

/**
 * Looks through a JSON value as far as a paper's marks may stand in it: by keys that mean class, period, copy number
 * and title, and at the head of every other text. What is too deep or too large to be looked through is a mark: nobody
 * can say that it is none.
 *
 * @param where the field that the value stands under, for the finding
 */
export function lookAtJson(
  given: unknown,
  where: string,
  classOf: (text: string) => Look | undefined,
  isTitle: (key: string) => boolean = (key) => TITLE.has(key),
): Finding | undefined {
  const waiting: Place[] = [{ value: given, key: '', path: where, depth: 0 }]
  let doubtful: Finding | undefined
  for (let count = 0; ; count++) {
    const place = waiting.pop()
    if (place === undefined) return doubtful
    if (count > MOST_VALUES || place.depth > MOST_DEPTH) return tooLarge(where)
    const { value, key, path, depth } = place
    if (typeof value === 'object' && value !== null) {
      // Before anything is done with each of them: there may be a million.
      const names = Array.isArray(value) ? undefined : Object.keys(value)
      if (waiting.length + (names ?? (value as unknown[])).length > MOST_VALUES) return tooLarge(where)
      if (names === undefined)
        for (const [at, inner] of (value as unknown[]).entries())
          waiting.push({ value: inner, key, path: `${path}.${at}`, depth: depth + 1 })
      else
        for (const name of names)
          waiting.push({
            value: (value as Readonly<Record<string, unknown>>)[name],
            key: plainKey(name),
            path: `${path}.${shown(name)}`,
            depth: depth + 1,
          })
      continue
    }
    const look = lookAtValue(value, key, classOf, isTitle)
    if (look?.seen === 'mark') return { ...look, field: path }
    if (look !== undefined) doubtful ??= { ...look, field: path }
  }
}

const tooLarge = (where: string): Finding => ({
  seen: 'mark',
  field: where,
  rule: '内容过大过深，无法检查 / too large or too deep to be looked through',
})

function lookAtValue(
  value: unknown,
  key: string,
  classOf: (text: string) => Look | undefined,
  isTitle: (key: string) => boolean,
): Look | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined
  const text = String(value)
  if (CLASS.has(key)) return classOf(text)
  if (COPY.has(key) || PERIOD.has(key))
    return saysNothing(text)
      ? undefined
      : { seen: 'mark', rule: '份号、保密期限只用于涉密件 / copy number and period belong to classified papers' }
  return isTitle(key) ? lookAtLine(text) : lookAtText(text, classOf)
}

/** Of a path such as `document.title` its end. */
const plainKey = (key: string): string =>
  key
    .slice(key.lastIndexOf('.') + 1)
    .toLowerCase()
    .replace(/[\s_-]+/gu, '')

/** A key that may be told: keys are names of fields, but nothing keeps a sender from writing something else. */
const shown = (key: string): string =>
  /^[\p{L}\p{N}_-]{1,30}$/u.test(key) && lookAtLine(key) === undefined ? key : '…'
