import { mark, type Look } from './finding.ts'
import { guardForm } from './letters.ts'
import { ENGLISH, expression, GRADE, OWNED, PERIOD } from './words.ts'

/**
 * Where a paper carries its mark, in running text: at its head (份号, 密级和保密期限, 紧急程度 stand there, GB/T
 * 9704-2012,
 * 7.2.1–7.2.3), and in any line that is a whole mark.
 */

/** So many lines and characters are the head of a text; so much of a text is looked through for whole marks. */
const HEAD_LINES = 40
const HEAD_CHARACTERS = 2_000
const MOST_LINES = 2_000
/** A line that is longer is a sentence. */
const LINE = 200

const PART = `(?:${GRADE}|密级|秘密等级|[:：★*·/|()（）【】\\[\\]\\-—]|${PERIOD}|特急|加急|特提|平急|急件|№|no\\.?|份号|\\d{1,6}(?!\\d))`
/** 000001 机密★1年 特急: nothing but what stands in the upper left corner. */
const corner = expression(`^(?:\\s?${PART}){1,12}\\s?$`)
const level = expression(OWNED)
const begins = expression(`^[\\s(\\[【〔"“*#>]{0,4}(?:\\d{1,6}\\s)?${GRADE}\\s?[★*]`)
const period = expression(`^[\\s(\\[【〔]{0,3}★\\s?${PERIOD}[)\\]】〕]?(?:\\s|$)`)
const says = expression(
  `^\\s?(?:保密期限|份号)\\s?[:：]\\s?(?!无|/|-|—|空|null)[\\p{L}\\p{N}]|(?:本|此)(?:件|文|文件|材料|资料)(?:为|属于|属|系|是|定为|列为)?${GRADE}(?![\\p{L}\\p{N}])|^${OWNED}\\s?[,，。!！]\\s?(?:请勿|不得|严禁|禁止|注意保密|妥善保管)`,
)
const classLine = expression(
  '^\\s?["\'<{,]{0,3}(?:\\p{L}{1,20}:)?(?:密级|秘密等级|保密级别|security_?class|miji)["\'>]{0,2}\\s?[:：=>]\\s?["\'【\\[(]?([^\\s"\'<>,;；，。)】\\]}]{1,20})',
)
const tagged =
  /<(?:[\w-]{1,30}:)?(?:密级|秘密等级|保密级别|miji|mj|security_?class)(?:\s[^<>]{0,200})?>([^<>]{1,60})</giu
const english = expression(`^[\\s*#>/-]{0,6}${ENGLISH}(?:\\s?//.{0,40})?[\\s*#/-]{0,6}$`)
/** 【市政府】机密：…, as texts to phones begin. */
const signature = /^(?:\s?[【[][^【】[\]]{1,30}[】\]]){1,3}/u

const HEADING = mark('正文开头为密级标志 / the text begins with a mark of secrecy')
const LINE_MARK = mark('正文中有单独成行的密级标志 / a line of the text is a mark of secrecy')
const SUSPICIOUS = /[密祕宻㊙★☆⭐份ⓢⓒＳＣ\u0370-\u04ff]|secret|confidential|classified|security_?class|miji|<mj/iu

/** @param classOf the rule for class fields, for 密级：… in the text */
export function lookAtText(text: string, classOf: (text: string) => Look | undefined): Look | undefined {
  // The whole of it once, before anything is normalised: nearly every text is clean.
  if (!SUSPICIOUS.test(text) && !/[\u{10000}-\u{10ffff}]/u.test(text)) return undefined
  const lines = text.split(/[\n\r\u0085\u2028\u2029\v\f]+/u, MOST_LINES)
  let [count, characters] = [0, 0]
  for (const line of lines) {
    if (line.trim() === '') continue
    const isHead = count < HEAD_LINES && characters < HEAD_CHARACTERS
    const isFirst = count === 0
    count++
    characters += line.length
    const look = isHead ? lookAtHead(line.slice(0, LINE), isFirst, classOf) : wholeMark(line)
    if (look !== undefined) return look
  }
  return undefined
}

function lookAtHead(line: string, isFirst: boolean, classOf: (text: string) => Look | undefined): Look | undefined {
  if (/^\s*㊙/u.test(line)) return HEADING
  const form = guardForm(line)
  if ((corner.test(form) && level.test(form)) || begins.test(form) || period.test(form)) return HEADING
  if (says.test(form) || english.test(form)) return HEADING
  const stated = classLine.exec(form)?.[1]
  if (stated !== undefined && classOf(stated) !== undefined) return HEADING
  for (const [, inside = ''] of form.matchAll(tagged)) if (classOf(inside) !== undefined) return HEADING
  if (!isFirst) return undefined
  // The first line of a text is looked at like a title, for what is sure at its beginning.
  const rest = form.replace(signature, '')
  const [beginning = ''] = /^.{0,40}/u.exec(form) ?? []
  return sure(beginning) ?? (rest === form ? undefined : sure(rest.slice(0, 40)))
}

const beginning = expression(
  `^[\\s*#>]{0,4}(?:[(\\[{<〔【〖「]\\s?(?:密级[:：])?${GRADE}\\s?(?:★?\\s?${PERIOD})?\\s?[)\\]}>〕】〗」]|[【\\[〔(](?:密|秘|密件|涉密)[】\\]〕)]|${GRADE}\\s?(?:[:：★|—–]|关于|【|\\(|\\s-))`,
)

function sure(form: string): Look | undefined {
  return beginning.test(form) ? HEADING : undefined
}

function wholeMark(line: string): Look | undefined {
  if (line.length > 60 || !/[密祕宻★]/u.test(line)) return undefined
  const form = guardForm(line)
  return corner.test(form) && level.test(form) && /★|\d|[一二三四五六七八九十]年|长期/u.test(form)
    ? LINE_MARK
    : undefined
}
