import { plain } from '../text/normal.ts'
import { simplified } from '../text/simplified.ts'

/**
 * The form of a text in which the guard looks for marks: `plain` (NFKC, nothing unseen), without marks above and around
 * characters, lower case, traditional characters as simplified ones, letters that look like Latin ones as these, every
 * kind of star as ★. For looking only: nothing of it is kept.
 */
export function guardForm(text: string): string {
  const bare = plain(text.replace(RINGED, (character) => letterIn(character)))
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
  return Array.from(
    simplified(bare.normalize('NFC').toLowerCase()),
    (character) => TABLE.get(character) ?? character,
  ).join('')
}

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
