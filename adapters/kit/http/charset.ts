import { isAscii } from 'node:buffer'
import { encodeXml, type WriteEncoding } from '../../../core/mapping/encoding/text.ts'
import { encodingOf, labelSaysNothing } from '../../../core/mapping/encoding/label.ts'
import type { ContentType } from './content-type.ts'

/** The encoding to answer in: GBK callers are answered in what they sent, all others in UTF-8. Never throws. */
export function answerEncoding(contentType: ContentType, bytes?: Buffer): WriteEncoding {
  const header = contentType.parameters.get('charset')
  const charset = labelSaysNothing(header) ? declared(bytes) : header
  if (charset === undefined || labelSaysNothing(charset)) return 'utf-8'
  try {
    const encoding = encodingOf(charset)
    return encoding === 'gbk' || encoding === 'gb18030' ? encoding : 'utf-8'
  } catch {
    // An unknown label is refused where the body is read; the refusal itself goes out in UTF-8.
    return 'utf-8'
  }
}

function declared(bytes: Buffer | undefined): string | undefined {
  if (bytes === undefined) return undefined
  return /^<\?xml\s[^>]*?\sencoding\s*=\s*["']([^"'>]*)["']/.exec(bytes.toString('latin1', 0, 256))?.[1]
}

/**
 * XML in UTF-8, without declaration, as XML in another encoding. What that encoding lacks becomes a character
 * reference, which stands for the same character in text and attributes (XML 1.0, 4.1).
 */
export function transcode(chunks: readonly Buffer[], encoding: WriteEncoding): Buffer[] {
  if (encoding === 'utf-8') return [...chunks]
  // Bodies are base64: they stay as they are.
  return chunks.map((chunk) => (isAscii(chunk) ? chunk : encodeXml(chunk.toString('utf8'), encoding)))
}
