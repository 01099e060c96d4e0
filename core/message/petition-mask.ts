import { mask, maskEmail, maskText } from '../events/mask.ts'

/**
 * Contact data as logs and error answers may show it: phone and identity numbers keep their ends (core's mask), names
 * their first character, mail addresses their first letter and their host, postal addresses their beginning.
 */

/** 张三丰 → 张** */
export function maskName(name: string): string {
  const [first, ...rest] = Array.from(name.trim())
  return first === undefined ? '' : first + '*'.repeat(Math.min(rest.length, 8))
}

/** Keeps county and town, not street and house. */
export function maskAddress(address: string): string {
  const characters = Array.from(address.trim())
  return characters.length <= 6 ? '*'.repeat(characters.length) : `${characters.slice(0, 6).join('')}****`
}

/** A number that may be malformed: what is not recognised as one is hidden but for its last two characters. */
export function maskNumber(text: string): string {
  const masked = mask(text)
  return masked !== text ? masked : `${'*'.repeat(Math.min(Math.max(text.length - 2, 0), 16))}${text.slice(-2)}`
}

const MASKS: Readonly<Record<string, (text: string) => string>> = {
  'petitioner.name': maskName,
  'petitioner.phone': maskNumber,
  'petitioner.idNumber': maskNumber,
  'petitioner.email': maskEmail,
  'petitioner.address': maskAddress,
}

/** What a citizen wrote at length: nobody has looked yet whether it may be repeated anywhere. */
const FREE_TEXT = new Set(['title', 'text', 'accused'])

/** Code points, counted without a list of them: a text may have millions. */
function characters(text: string): number {
  let count = 0
  for (let at = 0; at < text.length; count++) at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1
  return count
}

/** A field's value as an error may name it, at most 80 characters. */
export function shownValue(field: string, value: unknown): string | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return String(value)
  if (typeof value !== 'string') return Array.isArray(value) ? `[${value.length}]` : typeof value
  if (FREE_TEXT.has(field)) return `${characters(value)} 字 characters`
  if (field.endsWith('.content')) return `${value.length} 字符 characters`
  return (MASKS[field] ?? maskText)(value.slice(0, 200)).slice(0, 80)
}
