import { plain } from '../text/normal.ts'
import { SIMPLIFIED, simplified } from '../text/simplified.ts'

/**
 * The form of a text in which the guard looks for marks: `plain` (NFKC, nothing unseen), without marks above and around
 * characters, lower case, traditional characters as simplified ones, letters that look like Latin ones as these, every
 * kind of star as ★. For looking only: nothing of it is kept.
 */
export function guardForm(text: string): string {
  return quickForm(text) ?? fullForm(text)
}

/** The definition; `quickForm` is held against it. */
export function fullForm(text: string): string {
  const bare = plain(text.replace(RINGED, (character) => letterIn(character)))
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
  return Array.from(
    simplified(bare.normalize('NFC').toLowerCase()),
    (character) => TABLE.get(character) ?? character,
  ).join('')
}

/**
 * The same for what nearly every text is made of: characters that become one other, whatever stands beside them.
 * undefined where there are others.
 */
function quickForm(text: string): string | undefined {
  const { length } = text
  if (length > QUICK_CHARACTERS) return undefined
  let same = true
  let used = 0
  for (let at = 0; at < length; at++) {
    const code = text.charCodeAt(at)
    const becomes = BECOMES[code] as number
    if (becomes === 0) return undefined
    if (becomes !== code) same = false
    if (becomes === SPACE && (used === 0 || FORM[used - 1] === SPACE)) same = false
    else FORM[used++] = becomes
  }
  if (used > 0 && FORM[used - 1] === SPACE) {
    used--
    same = false
  }
  return same ? text : String.fromCharCode.apply(null, FORM.subarray(0, used) as unknown as number[])
}

/** Longer than a line; so many fit on the stack as arguments. */
const QUICK_CHARACTERS = 2_000
const SPACE = 0x20
/** Where a form is written; nobody else runs meanwhile. */
const FORM = new Uint16Array(QUICK_CHARACTERS)

/** White on black letters, in circles and squares: NFKC leaves them. */
const RINGED = /[\u{1f150}-\u{1f169}\u{1f170}-\u{1f189}]/gu

function letterIn(character: string): string {
  const code = character.codePointAt(0) ?? 0
  return String.fromCharCode(65 + (code - (code >= 0x1f170 ? 0x1f170 : 0x1f150)))
}

/** Numerals as they are written where nobody shall alter them: 叁年 as 三年. Names keep theirs. */
const NUMERALS = '壹一 貳二 贰二 叁三 肆四 伍五 陸六 柒七 捌八 玖九 拾十'

/** Cyrillic and Greek letters that print as Latin ones. */
const LOOKALIKE = 'аa вb сc ԁd еe нh іi јj кk мm ոn оo рp ѕs тt υu хx уy αa βb εe ηh ιi κk μm νv οo ρp τt χx ſs ıi'

const STARS = '★☆✩✪✫✬✭✮✯✰⭐🌟⚝⍟🟊🟉🟌🟏🟔⋆✦✧٭✱✲✳✵✶✷✸✹✴❇❉⛤⛥⛧🔯✡'
const ASTERISKS = '∗⁎⁑﹡꙳'

const TABLE: ReadonlyMap<string, string> = new Map([
  ...[NUMERALS, LOOKALIKE].flatMap((pairs) =>
    pairs.split(' ').map((pair): [string, string] => {
      const [from = '', to = ''] = Array.from(pair)
      return [from, to]
    }),
  ),
  ...Array.from(STARS, (star): [string, string] => [star, '★']),
  ...Array.from(ASTERISKS, (star): [string, string] => [star, '*']),
])

/**
 * What each of these UTF-16 units becomes alone; 0: that hangs on its neighbours, or it becomes several. Ideographs
 * (U+4E00 to U+9FFF) have no compatibility form, no marks and no case.
 */
const BECOMES = ((): Uint16Array => {
  const table = new Uint16Array(0x1_0000)
  for (let code = 0x4e00; code <= 0x9fff; code++) table[code] = code
  for (const from of [...SIMPLIFIED.keys(), ...TABLE.keys()]) {
    const to = SIMPLIFIED.get(from) ?? from
    if (table[from.charCodeAt(0)] !== 0) table[from.charCodeAt(0)] = (TABLE.get(to) ?? to).charCodeAt(0)
  }
  for (const [first, last] of [
    [0x21, 0x7e],
    [0x2010, 0x201f],
    [0x3001, 0x3007],
    [0x3008, 0x3011],
    [0x3014, 0x301b],
    [0xff01, 0xff5e],
  ] as const)
    for (let code = first; code <= last; code++) {
      const form = fullForm(String.fromCharCode(code))
      if (form.length === 1) table[code] = form.charCodeAt(0)
    }
  table[SPACE] = SPACE
  table[0x3000] = SPACE
  return table
})()
