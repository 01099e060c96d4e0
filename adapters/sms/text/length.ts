import { YizhanError } from '../../../core/errors/error.ts'
import { partsLimit, type SmsConfig } from '../config.ts'
import { halfPair } from './half-pair.ts'
import { PART, SINGLE, splitText } from './split.ts'

/** UTF-16 units that a centre takes in one text; fewer where its parts would divide a pair. */
export function mostCharacters(centre: SmsConfig): number {
  if (centre.kind === 'http') return centre.maxCharacters
  const parts = partsLimit(centre)
  return parts === 1 ? SINGLE : parts * PART
}

/** The setting that says how long a text may be, and what it says. */
export function lengthRule(centre: SmsConfig): string {
  return centre.kind === 'http'
    ? `settings.centre.maxCharacters：1–${centre.maxCharacters} 字`
    : `settings.centre.maxParts：≤ ${partsLimit(centre)} 段 parts × ${PART} 字（UTF-16）`
}

/**
 * Holds a text, signature and all, against what its centre takes.
 *
 * @throws YizhanError SMS_LENGTH (empty, or too long), ENCODING_UNMAPPABLE (half a UTF-16 pair)
 */
export function checkLength(centre: SmsConfig, text: string): void {
  if (centre.kind !== 'http') {
    splitText(text, 0, partsLimit(centre))
    return
  }
  if (text === '' || text.length > centre.maxCharacters)
    throw new YizhanError('SMS_LENGTH', { field: 'text', value: `${text.length} 字`, rule: lengthRule(centre) })
  if (!text.isWellFormed()) throw halfPair(text, 'UTF-8')
}
