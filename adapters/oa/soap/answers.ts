import { YizhanError } from '../../../core/errors/error.ts'
import { readEnvelope, type Envelope } from '../../../core/mapping/soap/envelope.ts'
import { errorNamespace } from '../../../core/mapping/soap/fault.ts'
import { childOf, textOf, type XmlElement } from '../../../core/mapping/xml/element.ts'
import type { Answer } from '../../kit/http/exchange.ts'

/** Statuses of a proxy that gave up waiting: the system behind it may have carried the request out. */
const LOST_BEHIND_PROXY = new Set([502, 504])
/** Statuses that say something about the station's access or the moment, not about the message. */
const NOT_THE_MESSAGE = new Set([401, 403, 404, 405, 407, 408, 429])

/**
 * What stands in the Body of an answer. Rejects with SYSTEM_REFUSED where the message is to blame, and with SYSTEM_FAULT
 * (retryable) otherwise; in doubt where the answer does not say whether the request was carried out.
 */
export function readAnswerBody(system: string, posted: Answer): XmlElement {
  const envelope = envelopeOf(posted)
  if (envelope !== undefined && envelope.body.local === 'Fault') throw faultError(system, posted.status, envelope.body)
  if (envelope !== undefined && posted.status >= 200 && posted.status < 300) return envelope.body
  throw statusError(system, posted)
}

function envelopeOf(posted: Answer): Envelope | undefined {
  try {
    return readEnvelope(posted.bytes, { contentType: posted.contentType })
  } catch (error) {
    // A page of a proxy, an empty body: the status has to speak.
    if (error instanceof YizhanError) return undefined
    throw error
  }
}

function statusError(system: string, posted: Answer): YizhanError {
  const detail = `HTTP ${posted.status}`
  if (posted.status >= 400 && posted.status < 500 && !NOT_THE_MESSAGE.has(posted.status))
    return new YizhanError('SYSTEM_REFUSED', { field: system, detail })
  const inDoubt = LOST_BEHIND_PROXY.has(posted.status) || (posted.status >= 200 && posted.status < 300)
  return new YizhanError('SYSTEM_FAULT', { field: system, detail }, { inDoubt })
}

function faultError(system: string, status: number, fault: XmlElement): YizhanError {
  const { code, text, retryable } = readFault(fault)
  const senders = (code === 'Client' || code === 'Sender') && retryable !== true && !NOT_THE_MESSAGE.has(status)
  return new YizhanError(senders ? 'SYSTEM_REFUSED' : 'SYSTEM_FAULT', { field: system, detail: text })
}

/** A fault of SOAP 1.1 (4.4) or 1.2 (part 1, 5.4): its code without prefix and subcodes, and its text. */
function readFault(fault: XmlElement): {
  readonly code: string
  readonly text: string
  readonly retryable: boolean | undefined
} {
  const code = childOf(fault, 'faultcode') ?? at(fault, 'Code', 'Value')
  const text = childOf(fault, 'faultstring') ?? at(fault, 'Reason', 'Text')
  const retryable = at(at(fault, 'detail') ?? at(fault, 'Detail'), 'error', 'retryable')
  return {
    code: (code === undefined ? '' : textOf(code).trim()).replace(/^.*:/, '').split('.', 1)[0] ?? '',
    text: text === undefined ? '' : textOf(text).trim().slice(0, 500),
    retryable: retryable?.uri === errorNamespace ? textOf(retryable).trim() === 'true' : undefined,
  }
}

function at(element: XmlElement | undefined, ...path: readonly string[]): XmlElement | undefined {
  return path.reduce<XmlElement | undefined>(
    (found, local) => (found === undefined ? undefined : childOf(found, local)),
    element,
  )
}
