import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { z } from 'zod'
import type { PortalIncoming, PortalKeptFile } from './item.ts'

/** What the station tells the portal, as the portal's vendor read it in the station's OpenAPI document. */

const file = z.object({
  name: z.string(),
  size: z.number(),
  digest: z.string(),
  url: z.string().optional(),
  content: z.string().optional(),
})
const petition = z.object({ id: z.string(), queryCode: z.string(), externalId: z.string().optional() })
const body = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('state'),
    petition,
    state: z.string(),
    stateText: z.string(),
    at: z.string(),
    unit: z.string().optional(),
    note: z.string().optional(),
  }),
  z.object({
    kind: z.literal('reply'),
    petition,
    reply: z.object({ text: z.string(), unit: z.string(), at: z.string(), files: z.array(file) }),
  }),
  z.object({
    kind: z.literal('publication'),
    action: z.enum(['create', 'replace', 'withdraw']),
    publication: z.object({
      id: z.string(),
      revision: z.number(),
      state: z.enum(['published', 'withdrawn']),
      title: z.string().optional(),
      text: z.string().optional(),
      unit: z.string().optional(),
      number: z.string().optional(),
      reason: z.string().optional(),
      updatedAt: z.string(),
      files: z.array(file).default([]),
    }),
  }),
])

/** Older than this is refused, whoever signed it. */
const SIGNED_MS = 300_000

/** The idempotency key of a request whose signature is right; undefined otherwise. */
export function signedKey(
  method: string,
  headers: IncomingHttpHeaders,
  bytes: Buffer,
  secret: string,
): string | undefined {
  const key = /^"((?:[^"\\]|\\.)+)"$/.exec(String(headers['idempotency-key'] ?? ''))?.[1]?.replace(/\\(.)/g, '$1')
  const [, seconds = '', algorithm = '', mac = ''] =
    /^t=(\d+), alg=(sha256|sm3), v1=([0-9a-f]{64})$/.exec(String(headers['yizhan-signature'] ?? '')) ?? []
  if (key === undefined || mac === '' || Math.abs(Date.now() - Number(seconds) * 1000) > SIGNED_MS) return undefined
  const expected = createHmac(algorithm, secret).update(`${seconds}\n${method}\n${key}\n`).update(bytes).digest()
  return timingSafeEqual(expected, Buffer.from(mac, 'hex')) ? key : undefined
}

/** A call-back's body as an item to keep; throws where it is none. */
export function itemOf(key: string, bytes: Buffer): PortalIncoming {
  const told = body.parse(JSON.parse(bytes.toString('utf8')))
  const shared = { system: 'portal', id: key, digest: sha256(bytes) } as const
  if (told.kind === 'publication') {
    const { id, revision, state, number, title, text, unit, reason, updatedAt, files } = told.publication
    return {
      ...shared,
      unit: 'publications',
      kind: told.kind,
      from: unit,
      title,
      text: text ?? reason,
      at: updatedAt,
      files: files.map(keptFile),
      publication: { id, revision, action: told.action, state, number },
    }
  }
  if (told.kind === 'reply') {
    const { text, unit, at, files } = told.reply
    return {
      ...shared,
      unit: 'petitions',
      kind: told.kind,
      about: told.petition,
      from: unit,
      text,
      at,
      files: files.map(keptFile),
    }
  }
  const { state, stateText, unit, note, at } = told
  return {
    ...shared,
    unit: 'petitions',
    kind: told.kind,
    about: told.petition,
    state,
    stateText,
    from: unit,
    text: note,
    at,
    files: [],
  }
}

function keptFile({ name, size, digest, url, content }: z.infer<typeof file>): PortalKeptFile {
  const told = digest.replace(/^sha256:/, '')
  if (content === undefined) return { name, size, digest: told, url }
  const bytes = Buffer.from(content, 'base64')
  if (sha256(bytes) !== told || bytes.length !== size) throw new Error(`文件摘要不符 digest mismatch: ${name}`)
  return { name, size, digest: told }
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}
