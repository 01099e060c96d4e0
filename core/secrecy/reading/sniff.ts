/** What a file is, by its first bytes: names lie. */
export type FileForm = 'pdf' | 'zip' | 'text' | { readonly unread: string }

const MAGICS: readonly (readonly [hex: string, what: string])[] = [
  ['d0cf11e0a1b11ae1', '旧版 Office/WPS 二进制格式 / binary Office or WPS format'],
  ['52617221', 'RAR 压缩包 / RAR archive'],
  ['377abcaf271c', '7z 压缩包 / 7z archive'],
  ['1f8b', 'gzip 压缩 / gzip'],
  ['89504e47', '图像 / image'],
  ['ffd8ff', '图像 / image'],
  ['47494638', '图像 / image'],
  ['424d', '图像 / image'],
  ['49492a00', '图像 / image'],
  ['4d4d002a', '图像 / image'],
  ['466f756e646572434542', 'CEB 版式文件 / CEB'],
]

export function formOf(bytes: Buffer): FileForm {
  const head = bytes.subarray(0, 1024)
  if (head.includes('%PDF-')) return 'pdf'
  const hex = bytes.toString('hex', 0, 12)
  if (hex.startsWith('504b0304') || hex.startsWith('504b0506')) return 'zip'
  if (isText(bytes)) return 'text'
  return { unread: MAGICS.find(([magic]) => hex.startsWith(magic))?.[1] ?? '不认识的格式 / unknown format' }
}

/** UTF-16 has noughts, everything else that is text has none; other controls are rare. */
function isText(bytes: Buffer): boolean {
  const head = bytes.subarray(0, 4096)
  if (wideOf(head) !== undefined) return true
  let controls = 0
  for (const byte of head) {
    if (byte === 0) return false
    if (byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d && byte !== 0x0c && byte !== 0x1a) controls++
  }
  return controls <= head.length / 50
}

/** UTF-16 by its mark, or by the noughts beside line feeds and blanks. */
export function wideOf(head: Buffer): 'utf-16le' | 'utf-16be' | undefined {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le'
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be'
  if (head.length < 4 || head.length % 2 !== 0) return undefined
  let [little, big] = [0, 0]
  for (let at = 0; at + 1 < head.length; at += 2) {
    const [first = 0, second = 0] = [head[at], head[at + 1]]
    if (first === 0 && second === 0) return undefined
    if (second === 0 && (first === 0x0a || first === 0x0d || first === 0x20)) little++
    if (first === 0 && (second === 0x0a || second === 0x0d || second === 0x20)) big++
  }
  return little > 0 && big === 0 ? 'utf-16le' : big > 0 && little === 0 ? 'utf-16be' : undefined
}
