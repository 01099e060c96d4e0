/**
 * The one normalisation of text (Unicode 16: UAX #15 for NFKC, UAX #44 for the properties). Whatever is compared in the
 * house (numbers, names, codes) goes through `plain` or `compact`; what is kept and shown goes through `tidy`, which
 * leaves everything that can be seen as it was written.
 */

/**
 * Characters that nobody sees: format characters, what is ignorable by default (fillers, variation selectors), blank
 * braille.
 */
const UNSEEN = /[\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/gu
/** Without a meaning that two systems share: controls, private use, halves of surrogate pairs. */
const MEANINGLESS = /[\p{Cc}\p{Co}\p{Cs}]/gu
/**
 * Joiners and selectors mean something behind letters of scripts that need them (Mongolian, Uyghur, Tibetan) and behind
 * emoji.
 */
const TAKES_JOINER = /[[\p{L}\p{M}]--[\p{Script=Han}\p{Script=Latin}]]|\p{Emoji_Presentation}/v

/**
 * For comparing: full and half width and compatibility characters are one (NFKC), what nobody sees is gone; blanks are
 * single.
 */
export function plain(text: string): string {
  if (PLAIN.test(text) && !/^ | $| {2}/.test(text)) return text
  return text
    .normalize('NFKC')
    .replace(UNSEEN, '')
    .replace(/\s+/gu, ' ')
    .replace(MEANINGLESS, '')
    .normalize('NFKC')
    .replace(/ {2,}/g, ' ')
    .trim()
}

/** What most lines are made of: nothing to do. */
const PLAIN = /^[ -~\u2013\u2014\u2018\u2019\u201c\u201d\u3001-\u3011\u4e00-\u9fff]*$/

/** As `plain`, without blanks: 张 三 is 张三. */
export function compact(text: string): string {
  return plain(text).replace(/\s+/gu, '')
}

/**
 * A line as it is kept: NFC, nothing in it that nobody sees, line breaks and tabs as blanks, none around it. Joiners
 * stay where a script needs them.
 */
export function tidy(line: string): string {
  if (CLEAN.test(line)) return line
  // What is taken out may bring together what composes, or leave a joiner behind nothing: until nothing changes.
  for (let text = line; ;) {
    const next = tidyOnce(text)
    if (next === text) return text
    text = next
  }
}

function tidyOnce(line: string): string {
  const text = line.normalize('NFC').replace(/[\t\n\r\u0085\u2028\u2029]+/gu, ' ')
  return text.replace(UNSEEN_OR_CONTROL, stayingJoiners).trim()
}

const UNSEEN_OR_CONTROL = /[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]+/gu

/** A selector and a joiner stand together in emoji; no script has more in a row than this. */
const MOST_JOINERS = 3

/** What stays of a run: each joiner by what stays before it, so that a run of a million is looked at once. */
function stayingJoiners(run: string, at: number, text: string): string {
  let before = codePointBefore(text, at)
  let staying = ''
  for (const character of run) {
    if (!JOINERS.test(character) || !takesJoiner(before)) continue
    staying += character
    before = character
    if (staying.length === MOST_JOINERS) break
  }
  return staying
}

// eslint-disable-next-line no-misleading-character-class -- each is meant by itself
const JOINERS = /[\u200c\u200d\u180b-\u180f\ufe0f]/u
/** Looked up again and again in one line. */
let last = { character: '', takes: false }

function takesJoiner(character: string): boolean {
  if (last.character !== character) last = { character, takes: TAKES_JOINER.test(character) }
  return last.takes
}

function codePointBefore(text: string, at: number): string {
  const before = text.slice(Math.max(0, at - 2), at)
  return before.length === 2 && (before.codePointAt(0) ?? 0) > 0xffff ? before : before.slice(-1)
}

/** What most lines are made of: nothing to do. */
const CLEAN = /^(?! )[\u0020-\u007e\u3001-\u303f\u4e00-\u9fff\uff01-\uff5e]*(?<! )$/
