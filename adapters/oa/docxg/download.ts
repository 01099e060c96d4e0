import type { SystemConfig } from '../../../core/config/schema.ts'
import { YizhanError } from '../../../core/errors/error.ts'
import { exchange } from '../../kit/http/exchange.ts'
import type { DocxgClient } from './client.ts'
import type { FileLink } from '../../../core/mapping/profile/port.ts'
import { oaSettingsOf } from '../settings.ts'

/**
 * Fetches the files that a document names by address, each once, together at most `limit` bytes. Only from the origin
 * (scheme, host, port) that the system itself has, and from those that are configured (`fileOrigins`): the address
 * comes from outside, and the station reaches what its sender may not.
 * Rejects with PROFILE_FIELD or TOO_LARGE where the document is to blame, SYSTEM_UNREACHABLE or SYSTEM_FAULT otherwise.
 */
export async function downloadAll(
  client: Pick<DocxgClient, 'system' | 'agents'>,
  links: readonly FileLink[],
  limit: number,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Buffer>> {
  const files = new Map<string, Buffer>()
  let left = limit
  for (const { href, name } of links) {
    if (files.has(href)) continue
    const bytes = await download(client, href, name, left, limit, signal)
    left -= bytes.length
    files.set(href, bytes)
  }
  return files
}

async function download(
  { system, agents }: Pick<DocxgClient, 'system' | 'agents'>,
  href: string,
  name: string,
  left: number,
  limit: number,
  signal: AbortSignal,
): Promise<Buffer> {
  const url = addressOf(system, href, name)
  const tooLarge = (): YizhanError =>
    new YizhanError('TOO_LARGE', { field: '正文与附件合计', value: `> ${limit} bytes`, rule: `${limit} bytes` })
  const { status, bytes } = await exchange({
    system: system.id,
    method: 'GET',
    url,
    agent: agents.of(url),
    headers: {},
    chunks: [],
    signal,
    most: { bytes: left, otherwise: tooLarge },
  })
  if (status === 404 || status === 410)
    throw new YizhanError('PROFILE_FIELD', {
      detail: 'docxg',
      field: `${name} URL`,
      value: href,
      rule: `HTTP ${status}`,
    })
  if (status < 200 || status > 299)
    throw new YizhanError('SYSTEM_FAULT', { field: system.id, detail: `${name}: HTTP ${status}` })
  return bytes
}

function addressOf(system: SystemConfig, href: string, name: string): URL {
  const base = new URL(system.url ?? '')
  const url = URL.canParse(href, base.href) ? new URL(href, base) : undefined
  const origins = [base.origin, ...oaSettingsOf(system).fileOrigins]
  if (url === undefined || !origins.includes(url.origin)) {
    throw new YizhanError('PROFILE_FIELD', {
      detail: 'docxg',
      field: `${name} URL`,
      value: href,
      rule: `${origins.join('、')}（systems.yaml: ${system.id}.fileOrigins）`,
    })
  }
  return url
}
