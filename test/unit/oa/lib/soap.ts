import { readEnvelope } from '../../../../adapters/oa/soap/envelope.ts'
import { childOf, textOf, type XmlElement } from '../../../../core/mapping/xml/element.ts'

/** An answer as it came. */
export interface Answered {
  readonly status: number
  readonly contentType: string
  readonly headers: Headers
  readonly bytes: Buffer
  /** the only child of Body */
  readonly body: XmlElement
}

export const NS = 'urn:yizhan:oa:1'

export function envelope(body: string, header = '', version: '1.1' | '1.2' = '1.1'): string {
  const ns = version === '1.1' ? 'http://schemas.xmlsoap.org/soap/envelope/' : 'http://www.w3.org/2003/05/soap-envelope'
  return `<soap:Envelope xmlns:soap="${ns}">${header === '' ? '' : `<soap:Header>${header}</soap:Header>`}<soap:Body>${body}</soap:Body></soap:Envelope>`
}

export function basic(name: string, password: string): string {
  return `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`
}

export async function post(
  url: string,
  body: string | Buffer,
  headers: Record<string, string> = {},
): Promise<Answered> {
  const response = await fetch(url, {
    method: 'POST',
    body: new Uint8Array(Buffer.from(body)),
    headers: { 'content-type': 'text/xml; charset=utf-8', ...headers },
  })
  const bytes = Buffer.from(await response.arrayBuffer())
  const contentType = response.headers.get('content-type') ?? ''
  return {
    status: response.status,
    contentType,
    headers: response.headers,
    bytes,
    body: readEnvelope(bytes, { contentType }).body,
  }
}

/** The text of an element below, by path; `''` where there is none. */
export function at(element: XmlElement | undefined, ...path: string[]): string {
  const found = path.reduce<XmlElement | undefined>(
    (here, local) => (here === undefined ? undefined : childOf(here, local)),
    element,
  )
  return found === undefined ? '' : textOf(found)
}

/** The error code of a fault, of either version; `''` for none. */
export function faultCode(answered: Answered): string {
  return at(answered.body, 'detail', 'refusal', 'code') || at(answered.body, 'Detail', 'refusal', 'code')
}

export function submit(document: string): string {
  return envelope(`<Submit xmlns="${NS}"><document>${document}</document></Submit>`)
}

/** A document of the office to others. */
export function notice(
  parts: {
    readonly id?: string
    readonly number?: string
    readonly to?: string
    readonly title?: string
    readonly files?: string
    readonly more?: string
  } = {},
): string {
  const {
    id,
    number = '周政办〔2011〕83号',
    to = '市教育局',
    title = '关于做好秋季防汛工作的通知',
    files = '',
    more = '',
  } = parts
  return `${id === undefined ? '' : `<submissionId>${id}</submissionId>`}<documentType>通知</documentType>${more}<issuedNumberOfDocument>${number}</issuedNumberOfDocument><documentTitle>${title}</documentTitle><mainReceiverDepartment>${to}</mainReceiverDepartment>${files === '' ? '' : `<files>${files}</files>`}`
}

export function file(name: string, bytes: Buffer, more = ''): string {
  return `<file><name>${name}</name><role>main</role>${more}<content>${bytes.toString('base64')}</content></file>`
}
