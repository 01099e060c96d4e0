import { createHmac, hash } from 'node:crypto'
import type { Secrets } from '../config/secrets.ts'

/** A key of the audit chain. Whoever has the database and not the key cannot make links that fit. */
export interface AuditKey {
  /** what is told of it: 16 hex digits */
  readonly id: string
  readonly secret: string
}

/** The keys of a station's chain. */
export interface AuditKeys {
  /** that of new links; absent: these are hashed without one */
  readonly current?: AuditKey | undefined
  /** one that is or was in force; undefined where nobody has it any more */
  readonly of: (id: string) => AuditKey | undefined
}

/** Links are hashed without a key, and none is known. */
export const NO_AUDIT_KEYS: AuditKeys = { of: () => undefined }

/** The secret `audit.key`, and those before it as `audit.key.<id>`. */
export function auditKeysOf(secrets: Pick<Secrets, 'has' | 'get'>): AuditKeys {
  const keyIn = (name: string): AuditKey | undefined => (secrets.has(name) ? auditKey(secrets.get(name)) : undefined)
  const current = keyIn('audit.key')
  return { current, of: (id) => (current?.id === id ? current : keyIn(`audit.key.${id}`)) }
}

export function auditKey(secret: string): AuditKey {
  return { id: hash('sha256', `yizhan audit key\n${secret}`, 'hex').slice(0, 16), secret }
}

/** HMAC-SHA-256 (RFC 2104), lower-case hex. */
export function keyedHash({ secret }: AuditKey, text: string): string {
  return createHmac('sha256', secret).update(text).digest('hex')
}
