import { asError, YizhanError } from '../../core/errors/error.ts'

/** What nodemailer says of a failure (its `errors.js`). */
interface SmtpFailure extends Error {
  readonly code?: unknown
  readonly originalCode?: unknown
  readonly responseCode?: unknown
  readonly response?: unknown
  readonly command?: unknown
}

/** Permanent replies (RFC 5321, 4.2; RFC 4954, 6) that speak of our access or our session, not of the message. */
const NOT_THE_MESSAGE = new Set([500, 501, 502, 503, 504, 530, 534, 535, 538])
/**
 * Transient replies about one mail or mailbox: greylisting, busy, over a limit, no space (RFC 5321, 4.2.3). 421 closes
 * the service.
 */
const DEFERS = new Set([450, 451, 452])
const CERTIFICATE = /CERT|SELF_SIGNED|ALTNAME|UNABLE_TO_VERIFY|SSL|TLS/

/**
 * A failure of SMTP as the house knows it.
 *
 * @param started the message's text has begun to leave: unless the server has replied to it, nobody knows whether it
 * took it
 */
export function mailFailure(system: string, thrown: unknown, started: boolean): YizhanError {
  if (thrown instanceof YizhanError) return thrown
  const cause: SmtpFailure = asError(thrown)
  const code = typeof cause.code === 'string' ? cause.code : ''
  const reply = typeof cause.responseCode === 'number' ? cause.responseCode : undefined
  if (code === 'EAUTH' || code === 'ENOAUTH')
    return fault(system, `登录失败 login failed: ${reply ?? code}`, cause, false)
  if (isInsecure(cause))
    return new YizhanError('MAIL_NOT_SECURE', { field: system, detail: reasonOf(cause) }, { cause })
  if (reply !== undefined && reply >= 400 && reply < 600) return replied(system, reply, cause)
  if (code === 'ETIMEDOUT')
    return new YizhanError('SYSTEM_TIMEOUT', { field: system, rule: cause.message }, { cause, inDoubt: started })
  if (code === 'ECONNECTION' || code === 'ESOCKET' || code === 'EDNS')
    return new YizhanError(
      'SYSTEM_UNREACHABLE',
      { field: system, detail: reasonOf(cause) },
      { cause, inDoubt: started },
    )
  // The size that the server announced, told before anything is sent.
  if (code === 'EMESSAGE' && !started)
    return new YizhanError('SYSTEM_REFUSED', { field: system, detail: cause.message }, { cause })
  return fault(system, reasonOf(cause), cause, started)
}

function replied(system: string, reply: number, cause: SmtpFailure): YizhanError {
  const detail = typeof cause.response === 'string' ? cause.response.slice(0, 200) : String(reply)
  const command = typeof cause.command === 'string' ? cause.command : ''
  const ofTheMessage = command === 'MAIL FROM' || command === 'RCPT TO' || command === 'DATA'
  if (reply >= 500 && ofTheMessage && !NOT_THE_MESSAGE.has(reply))
    return new YizhanError('SYSTEM_REFUSED', { field: system, detail }, { cause })
  if (ofTheMessage && DEFERS.has(reply)) return new YizhanError('MAIL_DEFERRED', { field: system, detail }, { cause })
  // A reply, if only a bad one, settles that the server did not take it.
  return fault(system, detail, cause, false)
}

function isInsecure(cause: SmtpFailure): boolean {
  if (cause.code === 'ETLS' || cause.command === 'STARTTLS') return true
  return cause.code === 'ESOCKET' && typeof cause.originalCode === 'string' && CERTIFICATE.test(cause.originalCode)
}

function fault(system: string, detail: string, cause: Error, inDoubt: boolean): YizhanError {
  return new YizhanError('SYSTEM_FAULT', { field: system, detail }, { cause, inDoubt })
}

function reasonOf(cause: SmtpFailure): string {
  return (typeof cause.originalCode === 'string' ? `${cause.originalCode} ${cause.message}` : cause.message).slice(
    0,
    200,
  )
}
