import type { ServerResponse } from 'node:http'
import { parseContentType, type ContentType } from '../../../../adapters/kit/http/content-type.ts'
import { readMultipart } from '../../../../adapters/oa/soap/multipart.ts'

/** Adds what an answer's Body holds to those kept, once it has been sent. */
export function keepAnswer(response: ServerResponse, answers: string[]): void {
  const chunks: Buffer[] = []
  let type = ''
  const writeHead = response.writeHead.bind(response)
  response.writeHead = ((status: number, headers: Record<string, string>) => {
    type = headers['content-type'] ?? ''
    return writeHead(status, headers)
  }) as never
  const [write, end] = [response.write.bind(response), response.end.bind(response)]
  const note = (chunk: unknown, encoding: unknown): void => {
    if (Buffer.isBuffer(chunk)) chunks.push(chunk)
    // A small answer leaves as the string of its bytes.
    if (typeof chunk === 'string') chunks.push(Buffer.from(chunk, encoding as BufferEncoding))
  }
  response.write = ((chunk: unknown, ...rest: never[]) => {
    note(chunk, rest[0])
    return write(chunk, ...rest)
  }) as never
  response.end = ((chunk: unknown, ...rest: never[]) => {
    note(chunk, rest[0])
    return end(chunk as never, ...rest)
  }) as never
  response.once('finish', () => {
    const body = bodyOf(Buffer.concat(chunks), parseContentType(type))
    if (body !== undefined) answers.push(body)
  })
}

/**
 * What the Body of an answer holds as a document of its own, or what the detail of a fault does; undefined for what is
 * no SOAP message. By text: our own reader might forgive what a schema does not.
 */
function bodyOf(bytes: Buffer, contentType: ContentType): string | undefined {
  if (contentType.type === 'multipart/related') {
    const { root, others } = readMultipart(bytes, contentType)
    // The schema knows base64 only: an Include stands for what it names.
    const xml = root.bytes
      .toString('utf8')
      .replace(
        /<xop:Include [^>]*href="cid:([^"]+)"\/>/g,
        (_, id: string) => others.find((part) => part.id === id)?.bytes.toString('base64') ?? 'no such part',
      )
    return inside(xml)
  }
  return /^(text\/xml|application\/soap\+xml)$/.test(contentType.type) ? inside(bytes.toString('utf8')) : undefined
}

/** Whether it is what a fault says. */
export function detailOf(answer: string): boolean {
  return answer.includes('refusal')
}

function inside(xml: string): string | undefined {
  const body = /<soap:Body>([^]*)<\/soap:Body>/.exec(xml)?.[1]
  if (body?.startsWith('<soap:Fault>') !== true) return body
  return /<(?:soap:Detail|detail)>([^]*)<\/(?:soap:Detail|detail)>/.exec(body)?.[1]
}
