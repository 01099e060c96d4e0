import { YizhanError } from '../../../core/errors/error.ts'
import { readUsernameToken, securityNamespace, type UsernameToken } from './security.ts'
import type { XmlElement } from '../../../core/mapping/xml/element.ts'
import type { XmlLimits } from '../../../core/mapping/xml/limits.ts'
import { markupOf } from '../../../core/mapping/xml/markup.ts'
import { readXmlString } from '../../../core/mapping/xml/read.ts'

/**
 * Who calls, out of the first bytes of a message: a stranger's message is neither read nor parsed any further. What
 * stands there has to be found in these bytes.
 */
export const LOGIN_BYTES = 32 * 1024

/** What stands in front of a message's Body is small. */
const LIMITS: Partial<XmlLimits> = { depth: 16, elements: 500, attributesTotal: 1_000, text: LOGIN_BYTES }

/**
 * The UsernameToken of the envelope's Header; undefined where there is none. SOAP_SECURITY, or as `readXml`, where it
 * cannot be used.
 */
export function tokenIn(head: Buffer): UsernameToken | undefined {
  const text = textIn(head)
  const envelope = elementNamed(text, 'Envelope')
  if (envelope === undefined) return undefined
  const body = elementNamed(text, 'Body', envelope.end)
  const until = body?.start ?? text.length
  if (!text.slice(0, until).includes(securityNamespace)) return undefined
  if (body === undefined)
    throw new YizhanError('SOAP_SECURITY', {
      field: 'soap:Header',
      rule: `UsernameToken 须在前 ${LOGIN_BYTES} 字节内 / within the first ${LOGIN_BYTES} bytes`,
    })
  const cut = `${text.slice(envelope.start, until)}</${rawName(text, envelope.start)}>`
  const headers = readXmlString(cut, { limits: LIMITS }).children.find(({ local }) => local === 'Header')
  return readUsernameToken(headers?.children ?? ([] as readonly XmlElement[]))
}

/** The text of the first element of that name; undefined where it does not stand in these bytes as a whole. */
export function textOfFirst(head: Buffer, name: string): string | undefined {
  const text = textIn(head)
  const opened = elementNamed(text, name)
  if (opened === undefined) return undefined
  const close = text.indexOf('<', opened.end)
  return close === -1 ? undefined : text.slice(opened.end, close).trim()
}

/** The name of the element that stands in the Body. */
export function operationIn(head: Buffer): string | undefined {
  const text = textIn(head)
  const body = elementNamed(text, 'Body')
  if (body === undefined) return undefined
  for (const { kind, name, start } of markupOf(text))
    if (start >= body.end && (kind === 'start' || kind === 'empty'))
      return /^[A-Za-z_]\w{0,63}$/.test(name) ? name : undefined
  return undefined
}

/** UTF-16 as itself, all else as UTF-8: names of accounts in other encodings are ASCII. */
function textIn(head: Buffer): string {
  const even = head.subarray(0, head.length & ~1)
  if ((head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0x3c && head[1] === 0)) return even.toString('utf16le')
  if ((head[0] === 0xfe && head[1] === 0xff) || (head[0] === 0 && head[1] === 0x3c))
    return Buffer.from(even).swap16().toString('utf16le')
  return head.toString('utf8')
}

function elementNamed(
  text: string,
  name: string,
  from = 0,
): { readonly start: number; readonly end: number } | undefined {
  for (const { kind, name: found, start, end } of markupOf(text))
    if (kind === 'start' && found === name && start >= from) return { start, end }
  return undefined
}

function rawName(text: string, start: number): string {
  return text.slice(start + 1, start + 300).split(/[\s>]/, 1)[0] ?? ''
}
