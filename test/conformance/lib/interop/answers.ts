import type { ContentType } from '../../../../core/mapping/soap/envelope.ts'
import { readMultipart } from '../../../../core/mapping/soap/multipart.ts'

/**
 * What the Body of an answer holds as a document of its own, or what the detail of a fault does; undefined for what is no
 * SOAP message. By text: our own reader might forgive what a schema does not.
 */
export function bodyOf(bytes: Buffer, contentType: ContentType): string | undefined {
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
