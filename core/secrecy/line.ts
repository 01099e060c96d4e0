import { doubt, mark, type Look } from './finding.ts'
import { guardForm } from './letters.ts'
import {
  ABOUT,
  CLOSING,
  ENGLISH,
  expression,
  GRADE,
  HARD_BRACKET,
  LEVEL,
  NOUN,
  OPENING,
  OWNED,
  PERIOD,
  TYPE,
} from './words.ts'

/**
 * Where a paper carries its mark, in one line: a title, a file's name, an annotation. What stands there is a mark; what
 * might stand there is a doubt; a sentence that speaks about secrecy is neither.
 */

const STAR = mark('密级标志 ★ / the mark ★')
const HEAD = mark('开头为密级标志 / it begins with a mark of secrecy')
const TAIL = mark('末尾为密级标志 / it ends with a mark of secrecy')
const BRACKET = mark('括号内为密级标志 / a mark of secrecy in brackets')
const LABEL = mark('密级、保密期限或份号 / class, period or copy number')
const ALONE = mark('单独的密级标志 / a mark of secrecy by itself')
const DOUBT = doubt('含疑似密级标志的词 / a word that may be a mark of secrecy')

/** A mark that stands alone: 【机密】, 机密★1年, 密级：秘密. */
const GAP = '[\\s·•,，、;；:：\\-—_/★*]{0,6}'
const WHOLE = `${GAP}(?:密级|秘密等级|定密|内部)?${GAP}(?:${GRADE}|密件|涉密|密)${GAP}(?:${PERIOD})?${GAP}`
const whole = expression(`^${WHOLE}$`)
const wholeEnglish = expression(`^${GAP}${ENGLISH}${GAP}$`)

const star = expression(
  `${GRADE}\\s?★|${GRADE}\\s?\\*\\s?(?:${PERIOD}|\\*|$)|★\\s?${OWNED}|★\\s?${PERIOD}(?![\\p{L}\\p{N}])|★\\s?${PERIOD}$`,
)
/** One star at either end, and no rating: 五★级, ★★★★★. */
const bareStar = expression('^\\s?★(?![★级])|(?<![★一二三四五六七八九\\d])★\\s?$')
const label = expression(
  `(?:密级|秘密等级|保密级别|涉密等级)\\s?(?:[:：=]|为|是)?\\s?${OWNED}|(?:本|此)(?:件|文|文件|材料|资料)(?:为|属于|属|系|是|定为|列为)?${GRADE}`,
)
const SEPARATOR = '[\\s:：|_\\-—–/·★*]'
const head = expression(`^[\\s★*#>·•]{0,4}(?:密级[:：])?(${OWNED})(级|件|级文件)?(.*)$`)
const short = expression(`^(?:特?密件|涉密|核密|密|㊙)(?:\\s?[:：★*|_—\\-【\\[(〔]|\\s?关于)`)
const firmly = expression(`^\\s?(?:[:：★*|_—–\\-/·]|关于|《|【|〔|\\[|\\(|$|${PERIOD})`)
const loosely = expression('^\\s?[,，。.!！?？;；]')
const listed = expression(`^\\s?[、/和与及或]{1,2}\\s?(?:秘|机|绝|内部|公开|工作)`)
const noun = expression(`^\\s?${NOUN}`)
const tail = expression(`^(.*?)(${SEPARATOR}{0,6})((?:${LEVEL})(?:级|件)?(?:${GAP}(?:${PERIOD}))?)${SEPARATOR}{0,3}$`)
const typeBefore = expression(`${TYPE}[)）》”"]?\\s?$`)
const aboutBefore = expression(`${ABOUT}\\s?$`)
const apart = expression(`[|_：:—–\\-/·★]\\s?${GRADE}\\s?[|_：:—–\\-/·★]|[\\s|_：:—–\\-/]${GRADE}\\s?关于`)
const bracketed = new RegExp(`${OPENING}([^()[\\]{}<>〔〕【】〖〗《》「」『』|]{1,24})${CLOSING}`, 'gu')
const notState = expression('(?:商业|商务|工作|技术|企业|个人)(?:秘密|机密)')
const some = expression(LEVEL)
const english = expression(`^\\s?${ENGLISH}(?:\\s?[:：★*|_—–\\-/·]|\\s(?=\\p{Script=Han})|(?=\\p{Script=Han}))`)
const englishApart = expression(`(?:^|[\\s|_：:—–\\-/·.(])${ENGLISH}(?:$|[\\s|_：:—–\\-/·.)])`)

/** Cheap first: most lines hold none of these characters. */
const SUSPICIOUS = /[密★㊙*份]|secret|confidential|classified|[绝机秘]/u

/** @param line a title or the like; a file's name without its extension */
export function lookAtLine(line: string): Look | undefined {
  const cut = line.slice(0, 4000)
  if (/㊙/u.test(cut)) return STAR
  const form = guardForm(cut)
  if (!SUSPICIOUS.test(form)) return undefined
  return sureIn(form) ?? doubtIn(form)
}

/** Whether a text names a class of state secrets at all: then no error quotes it. */
export function mayBeSecret(text: string): boolean {
  const form = guardForm(text.slice(0, 4000))
  return some.test(form) || /[★㊙]/u.test(form) || wholeEnglish.test(form)
}

function sureIn(form: string): Look | undefined {
  if (star.test(form) || bareStar.test(form)) return STAR
  if (whole.test(form) || wholeEnglish.test(form)) return ALONE
  if (label.test(form)) return LABEL
  const inside = lookInBrackets(form)
  if (inside?.seen === 'mark') return inside
  if (short.test(form) || english.test(form)) return HEAD
  const [, word = '', grade = '', rest = ''] = head.exec(form) ?? []
  if (word !== '' && !listed.test(rest)) {
    if (firmly.test(rest)) return HEAD
    // A blank sets it apart, unless blanks stand inside the word too, and unless the next word goes on about it.
    if (/^\s/u.test(rest) && !/\s/u.test(word) && !goesOn(rest)) return HEAD
    if (grade === '件' && loosely.test(rest)) return HEAD
  }
  const [, before = '', between = '', end = ''] = tail.exec(form) ?? []
  if (end !== '' && before !== '') {
    if (/[★:：|_—–]/u.test(between) || (typeBefore.test(before) && !aboutBefore.test(before))) return TAIL
  }
  return apart.test(form) ? ALONE : undefined
}

function doubtIn(form: string): Look | undefined {
  if (lookInBrackets(form) !== undefined || englishApart.test(form)) return DOUBT
  const [, word = '', , rest = ''] = head.exec(form) ?? []
  if (word !== '' && !listed.test(rest) && (loosely.test(rest) || /^\s/u.test(rest) || !goesOn(rest)))
    return /\s/u.test(word) && goesOn(rest) ? undefined : DOUBT
  const [, before = '', between = '', end = ''] = tail.exec(form) ?? []
  if (end === '' || before === '') return undefined
  if (aboutBefore.test(before)) return undefined
  return /^秘/u.test(end) && between === '' ? undefined : DOUBT
}

/** Whether it speaks about secrecy: 机密文件管理, also 机 密 文 件 管 理. */
function goesOn(rest: string): boolean {
  return noun.test(rest.replace(/\s/gu, ''))
}

/**
 * 【机密】 is a mark anywhere; （机密） at either end or before 关于, elsewhere a doubt; so are 《机密》 and “机密”.
 */
function lookInBrackets(form: string): Look | undefined {
  let found: Look | undefined
  for (const match of form.matchAll(bracketed)) {
    const inside = match[1] ?? ''
    const isTitleOrQuote = /^[《〈「『“"‘']/u.test(match[0])
    const isMark = whole.test(inside) || wholeEnglish.test(inside)
    if (!isMark) {
      const letters = inside.replace(/[^\p{L}\p{N}]/gu, '')
      if (isTitleOrQuote) continue
      if (
        /^[绝机秘]$/u.test(letters) ||
        (some.test(inside) && letters.length <= 6 && !notState.test(letters) && !/[、和与及或]/u.test(inside))
      )
        found = DOUBT
      continue
    }
    const behind = form.slice(match.index + match[0].length)
    const ends = match.index === 0 || /^[\s.。]*$/u.test(behind) || /^\s?关于/u.test(behind)
    const isHead = match.index === 0 && /^\s?(?:关于|[:：★])/u.test(behind)
    if (HARD_BRACKET.test(match[0]) || (ends && !isTitleOrQuote) || isHead) return BRACKET
    if (ends || !isTitleOrQuote) found = DOUBT
  }
  return found
}
