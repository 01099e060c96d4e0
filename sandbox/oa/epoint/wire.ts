import { Agent, request } from 'node:http'
import iconv from 'iconv-lite'
import { parseStringPromise } from 'xml2js'
import { errorFrom, isLost } from '../errors.ts'
import { TryAgain } from '../port.ts'
import { child, text, type Node } from '../node.ts'

const NAMESPACE = 'http://tempuri.org/'
/** How long one call may take, in milliseconds. */
const TIMEOUT = 30_000
/** Codes after which an OA of this dialect comes again later: the dialect itself does not say. */
const LATER: ReadonlySet<string> = new Set(['OVERLOADED', 'INTERNAL', 'BUS_UNAVAILABLE', 'FLOWS_GONE'])

const agent = new Agent({ keepAlive: true, maxSockets: 48 })

/** How an OA writes its envelopes: most in UTF-8, some in the code page of their Windows. */
export type Charset = 'utf-8' | 'gb2312'

/**
 * Calls an asmx operation with string parameters, written by hand as old clients are, and returns the result string.
 */
export async function callAsmx(
  url: string,
  operation: string,
  parameters: Readonly<Record<string, string>>,
  charset: Charset,
): Promise<string> {
  const arguments_ = Object.entries(parameters)
    .map(([name, value]) => `<${name}>${escape(value)}</${name}>`)
    .join('')
  const envelope =
    `<?xml version="1.0" encoding="${charset}"?><soap:Envelope xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">` +
    `<soap:Body><${operation} xmlns="${NAMESPACE}">${arguments_}</${operation}></soap:Body></soap:Envelope>`
  const answer = await post(url, charset === 'utf-8' ? Buffer.from(envelope) : iconv.encode(envelope, 'gbk'), {
    'content-type': `text/xml; charset=${charset}`,
    soapaction: `"${NAMESPACE}${operation}"`,
  })
  return resultOf(answer, operation)
}

export interface Answer {
  readonly status: number
  readonly text: string
}

/** One POST; the answer is decoded by its own charset. Rejects with TryAgain when the connection is lost. */
export function post(url: string, body: Buffer, headers: Readonly<Record<string, string>>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const lost = (error: Error): void => reject(isLost(error) ? new TryAgain(error.message, error) : error)
    const outgoing = request(
      url,
      { method: 'POST', agent, timeout: TIMEOUT, headers: { ...headers, 'content-length': body.length } },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.once('error', lost)
        response.once('end', () => {
          const charset =
            /charset="?([\w-]+)/i.exec(response.headers['content-type'] ?? '')?.[1]?.toLowerCase() ?? 'utf-8'
          resolve({
            status: response.statusCode ?? 0,
            text: new TextDecoder(charset.startsWith('gb') ? 'gb18030' : charset).decode(Buffer.concat(chunks)),
          })
        })
        // 'close' without 'end' is a connection that broke off in the middle of the answer.
        response.once('close', () => {
          if (!response.complete) reject(new TryAgain('the answer broke off'))
        })
      },
    )
    outgoing.once('error', lost)
    outgoing.once('timeout', () => outgoing.destroy(new TryAgain(`no answer in ${TIMEOUT} ms`)))
    outgoing.end(body)
  })
}

async function resultOf(answer: Answer, operation: string): Promise<string> {
  const envelope = await parsed(answer)
  const body = child(child(envelope, 'Envelope'), 'Body')
  const fault = child(body, 'Fault')
  if (fault !== undefined) throw faultError(fault)
  const response = child(body, `${operation}Response`)
  if (response === undefined) throw new TryAgain(`HTTP ${answer.status}`)
  return text(response, `${operation}Result`)
}

/** A SOAP 1.1 fault with the station's error in its detail, as an error for the clerk. */
export function faultError(fault: Node): Error {
  const error = child(child(fault, 'detail'), 'refusal')
  if (error === undefined) return new Error(text(fault, 'faultstring'))
  const fact = (name: string): string | undefined => text(error, name) || undefined
  return errorFrom({
    code: text(error, 'code'),
    zh: text(error, 'zh'),
    en: text(error, 'en'),
    field: fact('field'),
    value: fact('value'),
    rule: fact('rule'),
    retryable: text(error, 'retryable') === 'true',
  })
}

/** A refusal of this dialect: `CODE 中文 / English` in a Description. */
export function descriptionError(description: string): Error {
  const [, code = 'UNKNOWN', texts = description] = /^([A-Z][A-Z_0-9]+) (.*)$/s.exec(description) ?? []
  const [zh = '', en = ''] = texts.split(' / ', 2)
  return errorFrom({ code, zh, en, retryable: LATER.has(code) })
}

/** XML as xml2js reads it; what is none is an answer of something between us and the station. */
export async function parsed(answer: Answer): Promise<Node> {
  try {
    return (await parseStringPromise(answer.text, {
      explicitArray: false,
      tagNameProcessors: [(name: string) => name.replace(/^.*:/, '')],
    })) as Node
  } catch (error) {
    throw new TryAgain(`HTTP ${answer.status}: no XML`, error)
  }
}

export function escape(value: string): string {
  return value.replace(
    /[&<>"]/g,
    (character) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[character] ?? character,
  )
}
