import { YizhanError } from '../../../core/errors/error.ts'
import type { XmlElement } from '../../../core/mapping/xml/element.ts'
import { atOnce, type Steps } from '../../../core/util/turns.ts'
import { xmlSteps, type XmlReadOptions } from '../../../core/mapping/xml/read.ts'
import { parseContentType } from '../../kit/http/content-type.ts'
import { envelopeNamespace, type SoapVersion } from './version.ts'

export { contentTypeOf, type SoapVersion } from './version.ts'
export { writeEnvelope } from './write.ts'
export { faultOf, writeFault, type FaultCode } from './fault.ts'

export interface Envelope {
  readonly version: SoapVersion
  /** The header blocks. */
  readonly headers: readonly XmlElement[]
  /** Those of them in namespaces that the caller does not deal with: passed over, for none demands to be understood. */
  readonly unknown: readonly XmlElement[]
  /** The only child of Body. */
  readonly body: XmlElement
  readonly envelope: XmlElement
}

export interface EnvelopeOptions extends Omit<XmlReadOptions, 'charset' | 'namespaces'> {
  readonly contentType?: string | undefined
  /**
   * Header blocks that the caller deals with: namespaces, such as that of WS-Security, and single blocks as
   * `{namespace}name`.
   */
  readonly understood?: readonly string[] | undefined
}

/**
 * Reads a SOAP 1.1 or 1.2 message. The envelope's namespace decides the version; the media type is not held against
 * it, since old clients mix the two. Order and number of the parts are as WS-I Basic Profile 1.1 has them (R9980,
 * R9981, R1011).
 *
 * @throws YizhanError SOAP_VERSION, SOAP_ENVELOPE, SOAP_MUST_UNDERSTAND, and all that readXml throws
 */
export function readEnvelope(bytes: Buffer, options: EnvelopeOptions = {}): Envelope {
  return atOnce(envelopeSteps(bytes, options))
}

/** The same in steps. */
export function* envelopeSteps(bytes: Buffer, options: EnvelopeOptions = {}): Steps<Envelope> {
  const { contentType, understood = [], ...reading } = options
  const charset = parseContentType(contentType).parameters.get('charset')
  return envelopeIn(yield* xmlSteps(bytes, { ...reading, charset }), understood)
}

function envelopeIn(envelope: XmlElement, understood: readonly string[]): Envelope {
  if (envelope.local !== 'Envelope') throw malformed(envelope, envelope.local, 'Envelope')
  const version =
    envelope.uri === envelopeNamespace['1.1'] ? '1.1' : envelope.uri === envelopeNamespace['1.2'] ? '1.2' : undefined
  if (version === undefined)
    throw new YizhanError('SOAP_VERSION', {
      field: 'Envelope',
      value: envelope.uri,
      rule: Object.values(envelopeNamespace).join(' '),
    })
  const parts = [...envelope.children]
  const isPart = (element: XmlElement | undefined, local: string): boolean =>
    element?.local === local && element.uri === envelope.uri
  const header = isPart(parts[0], 'Header') ? parts.shift() : undefined
  const [body, surplus] = parts
  if (body === undefined || !isPart(body, 'Body'))
    throw malformed(
      body ?? envelope,
      body === undefined ? 'Envelope' : `Envelope/${body.local}`,
      'Envelope = Header?, Body',
    )
  if (surplus !== undefined) throw malformed(surplus, `Envelope/${surplus.local}`, 'BP 1.1 R1011: Body is last')
  const [content, second] = body.children
  if (content === undefined) throw malformed(body, 'Envelope/Body', 'Body = 1 element')
  if (second !== undefined) throw malformed(second, `Envelope/Body/${second.local}`, 'BP 1.1 R9981: Body = 1 element')
  if (body.text.trim() !== '') throw malformed(body, 'Envelope/Body', 'Body = 1 element, no text')
  const headers = header?.children ?? []
  for (const block of headers) refuseUnknown(block, envelope.uri, understood)
  return { version, headers, unknown: headers.filter(({ uri }) => !understood.includes(uri)), body: content, envelope }
}

/** Roles of the node that is addressed last, and of every node (SOAP 1.1, 4.2.2; SOAP 1.2 part 1, 2.2). */
const ourRoles: ReadonlySet<string> = new Set([
  '',
  'http://schemas.xmlsoap.org/soap/actor/next',
  'http://www.w3.org/2003/05/soap-envelope/role/next',
  'http://www.w3.org/2003/05/soap-envelope/role/ultimateReceiver',
])

function refuseUnknown(block: XmlElement, envelopeUri: string, understood: readonly string[]): void {
  const mark = block.attributes.get('mustUnderstand')?.trim()
  if (mark !== '1' && mark !== 'true') return
  const role = block.attributes.get(envelopeUri === envelopeNamespace['1.1'] ? 'actor' : 'role')?.trim() ?? ''
  const name = `{${block.uri}}${block.local}`
  if (!ourRoles.has(role) || understood.includes(block.uri) || understood.includes(name)) return
  throw new YizhanError('SOAP_MUST_UNDERSTAND', { field: name, value: block.local })
}

function malformed(element: XmlElement, path: string, rule: string): YizhanError {
  return new YizhanError('SOAP_ENVELOPE', {
    field: `${path}（第 ${element.line} 行 / line ${element.line}）`,
    value: element.local,
    rule,
  })
}
