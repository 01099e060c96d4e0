import { parseContentType } from '../../kit/http/content-type.ts'

/**
 * The operation's action: SOAP 1.2's `action` parameter, or else SOAP 1.1's SOAPAction header without its quotes.
 * `''` for none: the WS-I Basic Profile has the body's element decide.
 */
export function soapAction(headers: {
  readonly 'content-type'?: string | undefined
  readonly soapaction?: string | readonly string[] | undefined
}): string {
  const action = parseContentType(headers['content-type']).parameters.get('action')
  if (action !== undefined) return action
  const header = typeof headers.soapaction === 'string' ? headers.soapaction : headers.soapaction?.[0]
  return (header ?? '').trim().replace(/^"(.*)"$/, '$1')
}
