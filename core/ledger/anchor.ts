import { z } from 'zod'
import { sameSecret } from '../util/same-secret.ts'
import { keyedHash, type AuditKeys } from './audit-key.ts'
import type { ChainAnchor } from './port.ts'

/**
 * An anchor as it is put out: where a chain ended, when, and, where the chain has a key, that somebody who has it says
 * so (HMAC-SHA-256 over `station links hash at`, each after a blank).
 */
export const anchorSchema = z.strictObject({
  station: z.string().max(64),
  links: z.int().positive(),
  /** of the last link, hex */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  at: z.iso.datetime(),
  key: z.string().max(64).optional(),
  mac: z.string().max(64).optional(),
})
export type Anchor = z.output<typeof anchorSchema>

/** So many are held against a chain at a time. */
export const MOST_ANCHORS = 200

/** @param at ms since 1970 */
export function anchorOf({ station, links, hash }: ChainAnchor, at: number, { current }: AuditKeys): Anchor {
  const bare = { station, links, hash, at: new Date(at).toISOString() }
  return current === undefined ? bare : { ...bare, key: current.id, mac: keyedHash(current, signed(bare)) }
}

/** Why an anchor proves nothing: it was not made by whoever has its key. Undefined where it may. */
export function anchorFault(anchor: Anchor, keys: AuditKeys): string | undefined {
  const { key, mac = '', links } = anchor
  if (key === undefined) return undefined
  const known = keys.of(key)
  if (known === undefined)
    return `锚点（第 ${links} 环）用的是密钥 ${key}，密钥文件中没有 audit.key.${key} / an anchor was made with a key that is not in the secrets`
  return sameSecret(mac, keyedHash(known, signed(anchor)))
    ? undefined
    : `锚点（第 ${links} 环）不是持有密钥者所写 / the anchor at link ${links} was not made by whoever has the key`
}

function signed({ station, links, hash, at }: Pick<Anchor, 'station' | 'links' | 'hash' | 'at'>): string {
  return `${station} ${links} ${hash} ${at}`
}

/**
 * The anchors in a text: a file of anchors, or a log or a collector's file in which events `audit.anchored` stand,
 * whatever is around them.
 */
export function anchorsIn(text: string): readonly Anchor[] {
  return text
    .replaceAll('\\"', '"')
    .split('\n')
    .flatMap((line) => {
      const start = line.indexOf('{"station":')
      const end = line.indexOf('}', start)
      if (start < 0 || end < 0) return []
      return parsed(line.slice(start, end + 1))
    })
}

function parsed(json: string): readonly Anchor[] {
  try {
    const { success, data } = anchorSchema.safeParse(JSON.parse(json))
    return success ? [data] : []
  } catch {
    // Other lines of a log look like one.
    return []
  }
}
