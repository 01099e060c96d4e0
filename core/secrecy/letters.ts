import { plain } from '../text/normal.ts'

/**
 * The form of a text in which the guard looks for marks: `plain` (NFKC, nothing unseen), without marks above and around
 * characters, lower case, traditional characters as simplified ones, letters that look like Latin ones as these, every
 * kind of star as ★. For looking only: nothing of it is kept.
 */
export function guardForm(text: string): string {
  const bare = plain(text.replace(RINGED, (character) => letterIn(character)))
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
  return Array.from(bare.normalize('NFC').toLowerCase(), (character) => TABLE.get(character) ?? character).join('')
}

/** White on black letters, in circles and squares: NFKC leaves them. */
const RINGED = /[\u{1f150}-\u{1f169}\u{1f170}-\u{1f189}]/gu

function letterIn(character: string): string {
  const code = character.codePointAt(0) ?? 0
  return String.fromCharCode(65 + (code - (code >= 0x1f170 ? 0x1f170 : 0x1f150)))
}

/**
 * Traditional characters and variants as simplified ones, as far as the words of the guard need them. A table of our own
 * because the libraries (opencc-js and its like) bring dictionaries of megabytes for phrases, and none has the variants.
 */
const SIMPLE =
  '機机 絕绝 絶绝 祕秘 秘秘 宻密 密密 級级 關关 於于 國国 軍军 內内 號号 長长 個个 箇个 開开 無无 檔档 電电 務务 業业 ' +
  '資资 載载 體体 計计 設设 備备 報报 條条 項项 員员 會会 議议 書书 單单 處处 發发 為为 爲为 屬属 製制 規规 則则 辦办 ' +
  '飛飞 碼码 鑰钥 閉闭 術术 數数 據据 圖图 紙纸 場场 戰战 動动 護护 戶户 見见 復复 複复 啟启 啓启 時时 閱阅 讀读 請请 ' +
  '勿勿 經经 許许 傳传 對对 壹一 貳二 叁三 參三 肆四 伍五 陸六 柒七 捌八 玖九 拾十 兩两 產产 專专 職职 責责 紀纪 決决 ' +
  '組组 織织 門门 聯联 網网 絡络 遺遗 滿满 歲岁 標标 誌志 題题 類类 歸归 黨党 訊讯 貨货 華华 訂订 認认 識识 證证 權权'

/** Cyrillic and Greek letters that print as Latin ones. */
const LOOKALIKE = 'аa вb сc ԁd еe нh іi јj кk мm ոn оo рp ѕs тt υu хx уy αa βb εe ηh ιi κk μm νv οo ρp τt χx ſs ıi'

const STARS = '★☆✩✪✫✬✭✮✯✰⭐🌟⚝⍟🟊🟉🟌🟏🟔⋆✦✧٭✱✲✳✵✶✷✸✹✴❇❉⛤⛥⛧🔯✡'
const ASTERISKS = '∗⁎⁑﹡꙳'

const TABLE: ReadonlyMap<string, string> = new Map([
  ...[SIMPLE, LOOKALIKE].flatMap((pairs) =>
    pairs.split(' ').map((pair): [string, string] => {
      const [from = '', to = ''] = Array.from(pair)
      return [from, to]
    }),
  ),
  ...Array.from(STARS, (star): [string, string] => [star, '★']),
  ...Array.from(ASTERISKS, (star): [string, string] => [star, '*']),
])
