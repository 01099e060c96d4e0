import { YizhanError } from '../../../core/errors/error.ts'
import { understoodAddressing } from './addressing.ts'
import type { Envelope } from './envelope.ts'
import { errorNamespace } from './fault.ts'
import { readMessage, unpack } from './mtom.ts'
import { childOf, textOf, type XmlElement } from '../../../core/mapping/xml/element.ts'
import type { HttpResponse } from '../../kit/http/exchange.ts'
import { beginningOf, isAboutAccess, statusFailure } from '../../kit/http/verdict.ts'

/**
 * What stands in the Body of an answer. Rejects with SYSTEM_REFUSED where the message is to blame, and with
 * SYSTEM_FAULT (retryable) otherwise; in doubt where the answer does not say whether the request was carried out.
 */
export async function readAnswerBody(system: string, posted: HttpResponse): Promise<XmlElement> {
  const envelope = await envelopeOf(posted)
  if (envelope instanceof YizhanError)
    throw statusFailure(system, posted, `HTTP ${posted.status}：${envelope.message}；${beginningOf(posted)}`)
  if (envelope.body.local === 'Fault') throw faultError(system, posted, envelope.body)
  if (posted.status >= 200 && posted.status < 300) return envelope.body
  throw statusFailure(system, posted)
}

/** The envelope, or why there is none: a page of a proxy, an empty body, an encoding that cannot be read. */
async function envelopeOf(posted: HttpResponse): Promise<Envelope | YizhanError> {
  try {
    // An OA whose toolkit has MTOM switched on answers so whatever it was asked.
    const message = await readMessage(unpack(posted.bytes, posted.contentType), { understood: understoodAddressing })
    return message.envelope
  } catch (error) {
    if (error instanceof YizhanError) return error
    throw error
  }
}

/**
 * A sender's fault is a refusal. Any other may come after the message was taken, as when the answer could not be
 * written; nobody knows, unless its status or our own station at the other end says that it was not.
 */
function faultError(system: string, { status, retryAfterMs }: HttpResponse, fault: XmlElement): YizhanError {
  const { code, text, errorCode, retryable } = readFault(fault)
  const facts = { field: system, detail: text }
  const access = isAboutAccess(status)
  if ((code === 'Client' || code === 'Sender') && retryable !== true && !access)
    return new YizhanError('SYSTEM_REFUSED', facts)
  return new YizhanError('SYSTEM_FAULT', facts, { inDoubt: !access && errorCode !== 'OVERLOADED', retryAfterMs })
}

/** A fault of SOAP 1.1 (4.4) or 1.2 (part 1, 5.4): its code without prefix and subcodes, and its text. */
function readFault(fault: XmlElement): {
  readonly code: string
  readonly text: string
  /** of our own catalogue, where a station of ours answers */
  readonly errorCode: string | undefined
  readonly retryable: boolean | undefined
} {
  const code = childOf(fault, 'faultcode') ?? at(fault, 'Code', 'Value')
  const text = childOf(fault, 'faultstring') ?? at(fault, 'Reason', 'Text')
  const error = at(at(fault, 'detail') ?? at(fault, 'Detail'), 'refusal')
  const ours = error?.uri === errorNamespace ? error : undefined
  const [errorCode, retryable] = [at(ours, 'code'), at(ours, 'retryable')]
  return {
    code: (code === undefined ? '' : textOf(code).trim()).replace(/^.*:/, '').split('.', 1)[0] ?? '',
    text: text === undefined ? '' : textOf(text).trim().slice(0, 500),
    errorCode: errorCode === undefined ? undefined : textOf(errorCode).trim(),
    retryable: retryable === undefined ? undefined : textOf(retryable).trim() === 'true',
  }
}

function at(element: XmlElement | undefined, ...path: readonly string[]): XmlElement | undefined {
  return path.reduce<XmlElement | undefined>(
    (found, local) => (found === undefined ? undefined : childOf(found, local)),
    element,
  )
}
