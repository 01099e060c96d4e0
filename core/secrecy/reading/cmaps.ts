/**
 * The character maps that Chinese PDF files name and do not bring along (PDF 32000-1:2008, 9.7.5.2), as far as text is
 * to be read: pdf.js goes from code to CID to Unicode, and any numbering of CIDs does if both tables agree. Here the
 * CID of a character is its UTF-16 code, so that Adobe's tables (megabytes) are not needed.
 */
export function characterMap(name: string): Uint8Array {
  if (/^Uni(?:GB|CNS|JIS|KS)-(?:UCS2|UTF16)-[HV]$/u.test(name)) return program('<0000> <ffff>', ['<0000> <ffff> 0'])
  if (/^Adobe-(?:GB1|CNS1|Japan1|Korea1)-UCS2$/u.test(name))
    return program('<0000> <ffff>', [], ['<0000> <ffff> <0000>'])
  const encoding = { GBK: 'gbk', GB: 'gbk', GBpc: 'gbk', GBK2K: 'gb18030', B5pc: 'big5', ETen: 'big5' }[
    /^(?<set>GBK2K|GBKp?|GBpc|GB|B5pc|ETen)-/u.exec(name)?.groups?.['set']?.replace('GBKp', 'GBK') ?? ''
  ]
  if (encoding === undefined) throw new Error(`no character map ${name}`)
  return program('<00> <80> <8140> <fefe>', twoBytes(encoding))
}

/** The codes of a double-byte set as CIDs. */
function twoBytes(encoding: string): string[] {
  const decoder = new TextDecoder(encoding)
  const ranges = ['<00> <7f> 0']
  for (let lead = 0x81; lead <= 0xfe; lead++)
    for (let trail = 0x40; trail <= 0xfe; trail++) {
      const character = decoder.decode(Uint8Array.of(lead, trail))
      const code = ((lead << 8) | trail).toString(16)
      if (character.length === 1 && character !== '\ufffd')
        ranges.push(`<${code}> <${code}> ${character.charCodeAt(0)}`)
    }
  return ranges
}

/** In groups of a hundred, as the format wants them (Adobe Technical Note 5014). */
function program(space: string, cids: readonly string[], characters: readonly string[] = []): Uint8Array {
  const group = (ranges: readonly string[], kind: string): string[] =>
    Array.from({ length: Math.ceil(ranges.length / 100) }, (_, at) => {
      const some = ranges.slice(at * 100, at * 100 + 100)
      return `${some.length} begin${kind}\n${some.join('\n')}\nend${kind}`
    })
  return Buffer.from(
    [
      'begincmap',
      `${space.split(' ').length / 2} begincodespacerange\n${space}\nendcodespacerange`,
      ...group(cids, 'cidrange'),
      ...group(characters, 'bfrange'),
      'endcmap',
    ].join('\n'),
    'latin1',
  )
}
