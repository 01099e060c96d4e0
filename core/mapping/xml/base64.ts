import { YizhanError } from '../../errors/error.ts'

/**
 * Decodes base64 (RFC 2045, 6.8; alphabet of RFC 4648, 4): blanks, tabs, CR and LF anywhere; every other character, a
 * wrong length and missing or misplaced padding are errors. Buffer's own decoder skips or stops at all of these.
 *
 * @param run ASCII bytes or text, such as {@link XmlElement.body}
 * @throws YizhanError BASE64_INVALID with the offset in bytes or UTF-16 units, from 0
 */
export function decodeBase64(run: Buffer | string): Buffer {
  const text = typeof run === 'string' ? run : run.toString('latin1')
  let binary: string
  try {
    // WHATWG's forgiving decoder is the only strict one in Node that is vectorised; what it forgives is checked below.
    binary = atob(text)
  } catch (cause) {
    throw invalid(text, cause)
  }
  if (paddingOf(text) !== (3 - (binary.length % 3)) % 3 || text.includes('\f')) throw invalid(text)
  return Buffer.from(binary, 'latin1')
}

/** How many `=` the text ends with, white space aside. */
function paddingOf(text: string): number {
  let padding = 0
  for (let at = text.length - 1; at >= 0; at--) {
    const code = text.charCodeAt(at)
    if (code === 0x3d) padding++
    else if (code > 0x20) break
  }
  return padding
}

function invalid(text: string, cause?: unknown): YizhanError {
  const bad = text.search(/[^A-Za-z0-9+/=\t\n\r ]/)
  if (bad !== -1) {
    const code = text.charCodeAt(bad).toString(16).toUpperCase().padStart(4, '0')
    return new YizhanError(
      'BASE64_INVALID',
      { field: `offset ${bad}`, value: `U+${code}`, detail: `U+${code} 不属于 Base64 字符集 / is not in the alphabet` },
      { cause },
    )
  }
  const pad = text.indexOf('=')
  if (pad !== -1 && /[^=\s]/.test(text.slice(pad))) {
    return new YizhanError(
      'BASE64_INVALID',
      { field: `offset ${pad}`, value: '=', detail: '填充符 = 之后还有数据 / data after the padding' },
      { cause },
    )
  }
  return new YizhanError(
    'BASE64_INVALID',
    {
      field: `offset ${text.length}`,
      detail: '长度或填充不对，数据可能被截断 / wrong length or padding, the data may be cut short',
    },
    { cause },
  )
}
