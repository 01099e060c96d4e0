import iconv from 'iconv-lite'

/** What characters are in an encoding: by code point, the bytes as one number (big-endian), or `LACKS`. */
export interface Table {
  readonly basic: Uint32Array
  /** of U+10000; later ones follow (GB 18030, appendix D); 0: it has none of them */
  readonly supplementary: number
}

/** Not 0: that is U+0000, which all have. */
export const LACKS = 0xffffffff

/** Each is made when something is first written in its encoding. */
const tables = new Map<'gbk' | 'gb18030', Table>()

/** The table of an encoding, from iconv-lite's. */
export function tableOf(encoding: 'gbk' | 'gb18030'): Table {
  let table = tables.get(encoding)
  if (table === undefined) {
    table = { basic: basicOf(encoding), supplementary: encoding === 'gb18030' ? FIRST_SUPPLEMENTARY : 0 }
    tables.set(encoding, table)
  }
  return table
}

/** The bytes of a character as one number, or `LACKS`. */
export function bytesOf({ basic, supplementary }: Table, codePoint: number): number {
  if (codePoint < 0x10000) return basic[codePoint] as number
  if (supplementary === 0) return LACKS
  return supplementaryBytes(codePoint - 0x10000)
}

/** 90 30 81 30, GB 18030's for U+10000. */
const FIRST_SUPPLEMENTARY = 0x90308130

/** Four bytes that count up: the last and third-to-last by ten, the second-to-last by 126. */
function supplementaryBytes(index: number): number {
  const fourth = index % 10
  const third = Math.floor(index / 10) % 126
  const second = Math.floor(index / 1260) % 10
  const first = Math.floor(index / 12600)
  return FIRST_SUPPLEMENTARY + first * 0x1000000 + second * 0x10000 + third * 0x100 + fourth
}

/**
 * What iconv-lite writes. Its `gbk` puts 95 characters of GB 18030 (䶮 at FE9F, ǹ, ḿ, 〾, ⿰ …) where CP936 and Java's
 * GBK read private use: they are no GBK for us; its `cp936` is the part that all readers share.
 */
const names: Readonly<Record<'gbk' | 'gb18030', string>> = { gbk: 'cp936', gb18030: 'gb18030' }

/**
 * Characters whose bytes some readers take for others: GBK's 80 (€, an error to Java's GBK) and A892 (⊕); in GB 18030
 * what its editions of 2000, 2005 and 2022 moved between two and four bytes and private use.
 */
const ambiguous: Readonly<Record<'gbk' | 'gb18030', RegExp>> = {
  gbk: /[\u20ac\u2295\ue000-\uf8ff]/u,
  gb18030:
    /[\u1e3f\u9fb4-\u9fbb\ue5e5\ue78d-\ue796\ue7c7\ue81e\ue826\ue82b\ue82c\ue832\ue843\ue854\ue864\ufe10-\ufe19]/u,
}

function basicOf(encoding: 'gbk' | 'gb18030'): Uint32Array {
  const table = new Uint32Array(0x10000).fill(LACKS)
  const characters: string[] = []
  for (let code = 0x80; code < 0x10000; code++)
    characters.push(code >= 0xd800 && code <= 0xdfff ? '?' : String.fromCharCode(code))
  // A line feed is never a part of a longer character in GB encodings, nor is 3F, which stands for what is missing.
  const bytes = iconv.encode(characters.join('\n'), names[encoding])
  let start = 0
  for (const [n, character] of characters.entries()) {
    const found = bytes.indexOf(0x0a, start)
    const end = found === -1 ? bytes.length : found
    if (bytes[start] !== 0x3f && !ambiguous[encoding].test(character))
      table[0x80 + n] = bytes.readUIntBE(start, end - start)
    start = end + 1
  }
  for (let code = 0; code < 0x80; code++) table[code] = code
  return table
}
