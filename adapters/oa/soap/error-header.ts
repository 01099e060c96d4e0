import type { YizhanError } from '../../../core/errors/error.ts'

/** UTF-16 units of each text: headers have little room, and the body says it in full. */
const MOST_HEADER_TEXT = 300

/**
 * The refusal in a header too: many clients show of a 401 nothing but its number, and throw the body away. English as
 * it is, both languages by RFC 8187.
 */
export function errorHeader({ code, zh, en }: YizhanError): string {
  const plain = en.replace(/[^\x20-\x7e]|["\\]/g, '?').slice(0, MOST_HEADER_TEXT)
  const both = `${zh.slice(0, MOST_HEADER_TEXT)} / ${en.slice(0, MOST_HEADER_TEXT)}`.toWellFormed()
  const encoded = encodeURIComponent(both).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
  return `${code}; text="${plain}"; text*=UTF-8''${encoded}`
}
