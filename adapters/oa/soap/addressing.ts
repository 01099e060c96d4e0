import { YizhanError } from '../../../core/errors/error.ts'
import { childOf, textOf, type XmlElement } from '../../../core/mapping/xml/element.ts'
import { legalText } from '../../../core/mapping/xml/escape.ts'
import { XmlWriter } from '../../../core/mapping/xml/write.ts'

/**
 * WS-Addressing 1.0 (2005/08) and the submission that older toolkits speak, each with its address for "the same
 * connection".
 */
const ANONYMOUS: ReadonlyMap<string, string> = new Map([
  ['http://www.w3.org/2005/08/addressing', 'http://www.w3.org/2005/08/addressing/anonymous'],
  [
    'http://schemas.xmlsoap.org/ws/2004/08/addressing',
    'http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous',
  ],
])

/** Header blocks that are dealt with, in either namespace. */
const HEADERS = ['To', 'Action', 'MessageID', 'ReplyTo', 'FaultTo', 'From', 'RelatesTo'] as const

/** For `readEnvelope`: blocks that may be marked mustUnderstand. */
export const understoodAddressing: readonly string[] = [...ANONYMOUS.keys()].flatMap((uri) =>
  HEADERS.map((local) => `{${uri}}${local}`),
)

/** Longer ids than any toolkit makes are not repeated in answers. */
const MOST_ID = 1_000

/** What an answer has to say of the request that it answers. */
export interface Addressing {
  readonly namespace: string
  /** the request's id; undefined where it has none */
  readonly messageId: string | undefined
}

/** What a request says by WS-Addressing; undefined where it says nothing. */
export function readAddressing(headers: readonly XmlElement[]): Addressing | undefined {
  const blocks = headers.filter((block) => ANONYMOUS.has(block.uri))
  const namespace = blocks[0]?.uri
  if (namespace === undefined) return undefined
  const id = blocks.find((block) => block.local === 'MessageID')
  return { namespace, messageId: id === undefined ? undefined : textOf(id).trim() }
}

/**
 * An answer leaves on the connection on which its request came (Web Services Addressing 1.0 – SOAP Binding, 5).
 *
 * @throws YizhanError SOAP_REPLY_TO for a ReplyTo or FaultTo that wants it anywhere else
 */
export function refuseOtherReplies(headers: readonly XmlElement[]): void {
  for (const block of headers) {
    const anonymous = ANONYMOUS.get(block.uri)
    if (anonymous === undefined || (block.local !== 'ReplyTo' && block.local !== 'FaultTo')) continue
    const address = childOf(block, 'Address', block.uri)
    const value = address === undefined ? '' : textOf(address).trim()
    if (value !== anonymous)
      throw new YizhanError('SOAP_REPLY_TO', { field: `wsa:${block.local}`, value, rule: anonymous })
  }
}

/** Header blocks of an answer, in UTF-8: its action, and which request it answers. */
export function writeAddressing({ namespace, messageId }: Addressing, action: string): Buffer[] {
  const out = new XmlWriter({ declaration: false })
  out.open('wsa:Action').attribute('xmlns:wsa', namespace).text(action).close()
  if (messageId !== undefined && messageId !== '' && messageId.length <= MOST_ID)
    out.open('wsa:RelatesTo').attribute('xmlns:wsa', namespace).text(legalText(messageId)).close()
  return out.finish()
}
