import { randomBytes } from 'node:crypto'
import { YizhanError } from '../../../core/errors/error.ts'
import type { WriteEncoding } from '../../../core/mapping/encoding/text.ts'
import type { XmlElement } from '../../../core/mapping/xml/element.ts'
import { inTurns } from '../../../core/util/turns.ts'
import { envelopeSteps, type Envelope, type EnvelopeOptions } from './envelope.ts'
import { parseContentType } from '../../kit/http/content-type.ts'
import { readMultipart, type Part } from './multipart.ts'
import { contentTypeOf, type SoapVersion } from './version.ts'

/** The media type of a root part whose bodies stand beside it (XOP 1.0, 5). */
const xopType = 'application/xop+xml'
/** Of `xop:Include` (XOP 1.0, 2.1). */
const xopNamespace = 'http://www.w3.org/2004/08/xop/include'

/** A SOAP message with what came beside its envelope. */
export interface SoapMessage {
  readonly envelope: Envelope
  /**
   * bytes of the parts by the address that an `xop:Include` names: views on the body that came; undefined without parts
   */
  readonly attached: ReadonlyMap<string, Buffer> | undefined
  /** it came as MTOM (SOAP Message Transmission Optimization Mechanism, 2005) */
  readonly mtom: boolean
}

/** The envelope's own bytes and Content-Type, wherever it stands; and the parts beside it. */
export interface Unpacked {
  readonly bytes: Buffer
  readonly contentType: string
  readonly others: readonly Part[] | undefined
}

/** Media types under which an envelope comes. */
const envelopeTypes: ReadonlySet<string> = new Set(['', 'text/xml', 'application/xml', 'application/soap+xml'])

/**
 * Finds the envelope in a body that is one, or that is multipart/related with one as its root.
 *
 * @throws YizhanError SOAP_ENVELOPE for parts that cannot be told apart
 */
export function unpack(bytes: Buffer, contentType = ''): Unpacked {
  const read = parseContentType(contentType)
  if (read.type !== 'multipart/related') return { bytes, contentType, others: undefined }
  const { root, others } = readMultipart(bytes, read)
  return { bytes: root.bytes, contentType: root.contentType, others }
}

/** Refuses what does not claim to be an envelope. @throws YizhanError SOAP_ENVELOPE */
export function checkMediaType({ contentType, others }: Unpacked): void {
  const { type } = parseContentType(contentType)
  if (envelopeTypes.has(type) || (type === xopType && others !== undefined)) return
  throw new YizhanError('SOAP_ENVELOPE', {
    field: 'Content-Type',
    value: type,
    rule: `text/xml, application/soap+xml, multipart/related (${xopType})`,
  })
}

/**
 * Reads a message as it came over HTTP. Every part beside the envelope must be named by an `xop:Include`: nothing that
 * was sent is passed over.
 *
 * @param signal ends the reading, with its reason
 * @throws YizhanError as `unpack` and `readEnvelope`
 */
export async function readMessage(
  { bytes, contentType, others }: Unpacked,
  options: EnvelopeOptions = {},
  signal?: AbortSignal,
): Promise<SoapMessage> {
  const envelope = await inTurns(envelopeSteps(bytes, { ...options, contentType }), signal)
  const mtom = parseContentType(contentType).type === xopType
  return { envelope, attached: others === undefined ? undefined : attach(envelope.envelope, others), mtom }
}

function attach(envelope: XmlElement, parts: readonly Part[]): ReadonlyMap<string, Buffer> {
  const byId = new Map(parts.flatMap((part) => (part.id === undefined ? [] : [[part.id, part]])))
  const attached = new Map<string, Buffer>()
  const named = new Set<Part>()
  for (const href of hrefsIn(envelope)) {
    const part = byId.get(idIn(href))
    if (part === undefined) continue
    attached.set(href, part.bytes)
    named.add(part)
  }
  const stray = parts.findIndex((part) => !named.has(part))
  if (stray !== -1)
    throw new YizhanError('SOAP_ENVELOPE', {
      field: `multipart/related Content-ID`,
      value: parts[stray]?.id ?? `（第 ${stray + 2} 部分 / part ${stray + 2}）`,
      rule: '信封之外的每一部分须由一个 xop:Include 引用 / an xop:Include names every part beside the envelope',
    })
  return attached
}

function* hrefsIn(element: XmlElement): Generator<string> {
  if (element.local === 'Include' && element.uri === xopNamespace) yield element.attributes.get('href') ?? ''
  for (const child of element.children) yield* hrefsIn(child)
}

/** The Content-ID that a `cid:` address stands for (RFC 2392, 2). */
function idIn(href: string): string {
  const id = href.replace(/^cid:/i, '')
  try {
    return decodeURIComponent(id)
  } catch {
    // A stray percent sign: then the address is the id as it stands.
    return id
  }
}

/** Bodies that are to stand beside an answer's envelope, in order. */
export class Attachments {
  readonly #domain = `${randomBytes(9).toString('hex')}.yizhan`
  #bodies: Buffer[] = []

  /** Puts a body beside the envelope; the address by which the envelope names it. */
  readonly add = (bytes: Buffer): string => {
    this.#bodies.push(bytes)
    return `cid:${this.#idOf(this.#bodies.length)}`
  }

  get some(): boolean {
    return this.#bodies.length > 0
  }

  /** Forgets what was added: the envelope is written once more. */
  clear(): void {
    this.#bodies = []
  }

  /** The envelope as root of a multipart/related body, and the bodies behind it, none of them copied (MTOM, 3). */
  pack(
    version: SoapVersion,
    envelope: readonly Buffer[],
    encoding: WriteEncoding,
  ): { readonly contentType: string; readonly chunks: readonly Buffer[] } {
    const boundary = `yizhan-${randomBytes(18).toString('hex')}`
    const inner = contentTypeOf(version).split(';', 1)[0] ?? ''
    const root = `root@${this.#domain}`
    const head = (id: string, type: string, first = false): Buffer =>
      Buffer.from(
        `${first ? '' : '\r\n'}--${boundary}\r\nContent-Type: ${type}\r\nContent-Transfer-Encoding: binary\r\nContent-ID: <${id}>\r\n\r\n`,
        'latin1',
      )
    return {
      contentType: `multipart/related; type="${xopType}"; start="<${root}>"; start-info="${inner}"; boundary="${boundary}"`,
      chunks: [
        head(root, `${xopType}; charset=${encoding}; type="${inner}"`, true),
        ...envelope,
        ...this.#bodies.flatMap((bytes, at) => [head(this.#idOf(at + 1), 'application/octet-stream'), bytes]),
        Buffer.from(`\r\n--${boundary}--\r\n`, 'latin1'),
      ],
    }
  }

  #idOf(position: number): string {
    return `${position}@${this.#domain}`
  }
}

/**
 * Whether who asked wants bodies beside the envelope: it sent MTOM itself and does not rule it out, or its Accept
 * header asks for XOP, or for multipart/related and nothing plainer. (JAX-WS sends `text/xml, multipart/related`
 * always, with MTOM switched on or off.)
 */
export function wantsMtom(accept: string | undefined, sentMtom: boolean): boolean {
  const ranges = ((accept ?? '*/*').match(/(?:"[^"]*"|[^,"])+/g) ?? [])
    .map((range) => parseContentType(range.trim()))
    .filter(({ type, parameters }) => type !== '' && Number(parameters.get('q') ?? '1') > 0)
  const multipart = ranges.filter(({ type }) => type === 'multipart/related')
  if (ranges.some(({ type }) => type === xopType)) return true
  if (multipart.some(({ parameters }) => parameters.get('type')?.toLowerCase() === xopType)) return true
  if (sentMtom) return multipart.length > 0 || ranges.some(({ type }) => type === '*/*' || type === 'multipart/*')
  return multipart.length > 0 && multipart.length === ranges.length
}
