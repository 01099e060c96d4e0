import { isUtf8 } from 'node:buffer'
import { YizhanError } from '../../errors/error.ts'
import { decodeText } from '../encoding/text.ts'
import type { Steps } from '../../util/turns.ts'
import { xmlSteps, type XmlReadOptions } from '../xml/read.ts'
import { repairXml } from '../xml/repair.ts'
import type { Parsed } from './port.ts'
import type { Quirks } from './schema.ts'

/**
 * Parses what a legacy system sent. It is mended only where the profile says so, and only when it does not parse as it
 * stands: well-formed XML is never touched.
 */
export function* parseTolerantly(source: string | Buffer, quirks: Quirks): Steps<Parsed> {
  const declared = quirks.declaredEncoding ? declaredEncoding(source) : undefined
  // Valid UTF-8 with Chinese text in it is hardly ever anything else, whatever the declaration says.
  const isUtf = Buffer.isBuffer(source) && declared !== undefined && isUtf8(source)
  const options: XmlReadOptions = isUtf ? { charset: 'utf-8' } : {}
  const noted = declared !== undefined && (isUtf || typeof source === 'string') ? [`declared-encoding ${declared}`] : []
  try {
    return { element: yield* xmlSteps(source, options), quirks: noted }
  } catch (error) {
    if (
      !(error instanceof YizhanError) ||
      error.code !== 'XML_MALFORMED' ||
      !(quirks.unescapedAmpersand || quirks.doubledEndTags.length > 0)
    )
      throw error
    const text = typeof source === 'string' ? source : decodeText(source, isUtf ? 'utf-8' : declaredEncoding(source))
    const repaired = yield* repairXml(text, {
      ampersands: quirks.unescapedAmpersand,
      doubledEndTags: quirks.doubledEndTags,
    })
    if (repaired.repairs.length === 0) throw error
    const mended = repaired.repairs.map((repair) =>
      repair.kind === 'ampersand' ? 'unescaped-ampersand' : `doubled-end-tag ${repair.name ?? ''}`,
    )
    return { element: yield* xmlSteps(repaired.text), quirks: [...noted, ...mended] }
  }
}

/** The encoding of the XML declaration, lower case; `undefined` for none and for UTF-8. */
function declaredEncoding(source: string | Buffer): string | undefined {
  const head = typeof source === 'string' ? source.slice(0, 200) : source.toString('latin1', 0, 200)
  const label = /^(?:\ufeff|\xef\xbb\xbf)?\s*<\?xml\s[^>]*?\sencoding\s*=\s*["']([^"'>]*)["']/
    .exec(head)?.[1]
    ?.toLowerCase()
  return label === undefined || label === 'utf-8' || label === 'utf8' ? undefined : label
}
