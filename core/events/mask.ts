/**
 * Phone numbers (11 digits from 1, also behind the country code 86) and identity numbers (18 characters, GB 11643) keep
 * only their ends, blanks, hyphens and full-width digits in them or not.
 */
export function mask(text: string): string {
  return text
    .replace(/[０-９]{7,}/g, (digits) => digits.normalize('NFKC'))
    .replace(/(?<!\d)(\d{6})\d{8}(\d{3}[\dXx])(?![\dXx])/g, '$1********$2')
    .replace(/(?<!\d)((?:(?:00)?86)?1\d{2})\d{4}(\d{4})(?!\d)/g, '$1****$2')
    .replace(/(?<![\d-])((?:\+86[ -]?)?1[3-9]\d)[ -]\d{4}[ -](\d{4})(?![\d-])/g, '$1****$2')
}

/** wang@example.org → w***@example.org */
export function maskEmail(address: string): string {
  const at = address.lastIndexOf('@')
  if (at < 1) return '*'.repeat(Math.min(address.length, 8))
  return `${Array.from(address)[0] ?? ''}***${address.slice(at)}`
}

/**
 * Any text that may hold contact data: phone and identity numbers, with blanks or hyphens in them too, and mail
 * addresses.
 */
export function maskText(text: string): string {
  return mask(text).replace(/(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g, maskEmail)
}
