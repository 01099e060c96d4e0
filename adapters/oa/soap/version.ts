import type { WriteEncoding } from '../../../core/mapping/encoding/text.ts'

export type SoapVersion = '1.1' | '1.2'

/** Namespaces of the envelope: SOAP 1.1, 4.1.2; SOAP 1.2 part 1, 5.1. */
export const envelopeNamespace: Readonly<Record<SoapVersion, string>> = {
  '1.1': 'http://schemas.xmlsoap.org/soap/envelope/',
  '1.2': 'http://www.w3.org/2003/05/soap-envelope',
}

/** The Content-Type that belongs to a version; `action` is sent with SOAP 1.2 only (SOAP 1.1 has its own header). */
export function contentTypeOf(
  version: SoapVersion,
  options: { readonly encoding?: WriteEncoding; readonly action?: string } = {},
): string {
  const charset = `charset=${options.encoding ?? 'utf-8'}`
  if (version === '1.1') return `text/xml; ${charset}`
  return `application/soap+xml; ${charset}${options.action === undefined ? '' : `; action="${options.action.replace(/["\\]/g, '\\$&')}"`}`
}
