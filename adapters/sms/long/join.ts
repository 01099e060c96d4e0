import type { SmsReply } from '../transport.ts'
import { readText, type Alphabet } from '../text/read.ts'
import type { LongText } from './part.ts'

/**
 * Neighbours in one encoding are decoded together: centres divide inside characters too. A part that is missing is ….
 */
export function joined({ parts }: LongText): SmsReply {
  const first = parts.get(Math.min(...parts.keys()))
  if (first === undefined) throw new Error('a text without parts')
  const { id, from, extension, at, total } = first
  const missing: number[] = []
  let text = ''
  let run: { format: number | Alphabet; bytes: Buffer[] } | undefined
  const flush = (): void => {
    if (run !== undefined) text += readText(run.format, Buffer.concat(run.bytes))
    run = undefined
  }
  for (let number = 1; number <= total; number++) {
    const part = parts.get(number)
    if (part === undefined || part.format !== run?.format) flush()
    if (part === undefined) {
      missing.push(number)
      text += '…'
    } else (run ??= { format: part.format, bytes: [] }).bytes.push(Buffer.from(part.bytes, 'base64'))
  }
  flush()
  // Sent again as a whole it is another reply than what was passed on of it.
  if (missing.length > 0) return { id: `${id}/incomplete`, from, extension, text, at, incomplete: { total, missing } }
  return { id, from, extension, text, at }
}
