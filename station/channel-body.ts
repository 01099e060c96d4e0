import { promisify } from 'node:util'
import { brotliDecompress, gunzip, inflate, inflateRaw } from 'node:zlib'
import type { ChannelItem } from '../core/bus/port.ts'
import { hasManyValues, MOST_PAYLOAD_VALUES } from '../core/util/json.ts'
import { asError, YizhanError } from '../core/errors/error.ts'
import type { ChannelMessage } from '../core/message/schema.ts'

/** Bytes of a message of a channel, as it came and inflated: it lies in the ledger as JSON. */
const MOST_BYTES = 8 * 1024 * 1024

type Payload = ChannelMessage['channel']['payload']

/** How a content-encoding is taken off (RFC 9110, 8.4.1); deflate comes with zlib's frame, and from some without it. */
const DECODERS: Readonly<Record<string, (bytes: Buffer) => Promise<Buffer>>> = {
  gzip: bounded(promisify(gunzip)),
  'x-gzip': bounded(promisify(gunzip)),
  deflate: (bytes) => bounded(isZlib(bytes) ? promisify(inflate) : promisify(inflateRaw))(bytes),
  br: bounded(promisify(brotliDecompress)),
  identity: (bytes) => Promise.resolve(bytes),
  // kombu and others write these for no encoding at all
  binary: (bytes) => Promise.resolve(bytes),
  '8bit': (bytes) => Promise.resolve(bytes),
}

/** RFC 1950, 2.2: method 8, and the first two bytes a multiple of 31. */
function isZlib(bytes: Buffer): boolean {
  return bytes.length >= 2 && ((bytes[0] ?? 0) & 0x0f) === 8 && bytes.readUInt16BE(0) % 31 === 0
}

function bounded(
  inflates: (bytes: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>,
): (bytes: Buffer) => Promise<Buffer> {
  return (bytes) => inflates(bytes, { maxOutputLength: MOST_BYTES })
}

export interface ChannelBody {
  readonly payload: Payload
  readonly charset?: string | undefined
}

/**
 * What a message says: JSON where it is JSON, text where it is text, else base64 under `base64`.
 *
 * @throws YizhanError FIELD_INVALID naming the property: too large, an encoding or charset that is unknown, or bytes
 * that are none of it
 */
export async function readBody(
  item: Pick<ChannelItem, 'body' | 'contentType' | 'contentEncoding'>,
): Promise<ChannelBody> {
  tooLarge(item.body.length)
  let bytes = item.body
  let charset = charsetOf(item.contentType)
  const names = (item.contentEncoding ?? '')
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
  // The one that was applied last stands last.
  for (const name of names.reverse()) {
    const decode = Object.hasOwn(DECODERS, name) ? DECODERS[name] : undefined
    if (decode === undefined) {
      // Some write the charset here.
      if (decoderOf(name) === undefined) throw invalid('content-encoding', name, 'gzip、deflate、br、identity')
      charset ??= name
      continue
    }
    try {
      bytes = await decode(bytes)
    } catch (thrown) {
      const error = asError(thrown)
      if ('code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') tooLarge(Infinity)
      throw invalid('content-encoding', name, error.message, thrown)
    }
  }
  const text = decodedText(bytes, charset)
  return { payload: text === undefined ? { base64: bytes.toString('base64') } : jsonOrText(text), charset }
}

function decodedText(bytes: Buffer, charset: string | undefined): string | undefined {
  if (charset === undefined) {
    const text = bytes.toString('utf8')
    return Buffer.from(text, 'utf8').equals(bytes) ? text : undefined
  }
  const decoder = decoderOf(charset)
  if (decoder === undefined) throw invalid('content-type', charset, 'charset')
  try {
    return decoder.decode(bytes)
  } catch (cause) {
    throw invalid('content-type', charset, '字节不是这种编码 / the bytes are none of this charset', cause)
  }
}

function decoderOf(charset: string): InstanceType<typeof TextDecoder> | undefined {
  try {
    return new TextDecoder(charset, { fatal: true })
  } catch {
    return undefined
  }
}

/** The parameter of a media type (RFC 9110, 8.3.1). */
function charsetOf(contentType: string | undefined): string | undefined {
  for (const parameter of (contentType ?? '').split(';').slice(1)) {
    const [name = '', value = ''] = parameter.split('=', 2).map((side) => side.trim())
    if (name.toLowerCase() === 'charset') return value.replaceAll('"', '').toLowerCase()
  }
  return undefined
}

function jsonOrText(text: string): Payload {
  if (/^\s*[[{]/.test(text) && hasManyValues(text, MOST_PAYLOAD_VALUES))
    throw invalid('body', '', `JSON：至多 ${MOST_PAYLOAD_VALUES} 个值 / at most ${MOST_PAYLOAD_VALUES} values`)
  try {
    return JSON.parse(text) as Payload
  } catch {
    return text
  }
}

function tooLarge(size: number): void {
  if (size > MOST_BYTES)
    throw invalid('body', Number.isFinite(size) ? String(size) : `> ${MOST_BYTES}`, `≤ ${MOST_BYTES} 字节 / bytes`)
}

function invalid(field: string, value: string, rule: string, cause?: unknown): YizhanError {
  return new YizhanError('FIELD_INVALID', { field, value, rule }, { cause })
}

/**
 * What `channel out` sends: of a channel message its payload as its content type says, of any other the whole message
 * as JSON.
 */
export function writeBody(message: { readonly kind: string }): { readonly body: Buffer; readonly contentType: string } {
  const json = (value: unknown): { body: Buffer; contentType: string } => ({
    body: Buffer.from(JSON.stringify(value)),
    contentType: 'application/json',
  })
  if (message.kind !== 'channel') return json(message)
  const { payload, contentType } = (message as ChannelMessage).channel
  const media = (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''
  if (typeof payload === 'string' && media.startsWith('text/'))
    return { body: Buffer.from(payload), contentType: `${media}; charset=utf-8` }
  if (isBase64(payload) && media !== '' && !/\bjson$/.test(media))
    return { body: Buffer.from(payload.base64, 'base64'), contentType: media }
  return json(payload)
}

function isBase64(payload: Payload): payload is { base64: string } {
  return (
    typeof payload === 'object' &&
    payload !== null &&
    !Array.isArray(payload) &&
    Object.keys(payload).length === 1 &&
    typeof payload['base64'] === 'string'
  )
}
