import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { writeDurably } from './files/durable.ts'

/** Secrets by name, such as `account.zhengfuban` or `oa-xiangcheng.password`. */
export type Secrets = Readonly<Record<string, string>>

/** What the sandbox's configuration needs a password for. */
export interface SecretNeeds {
  readonly accounts: readonly string[]
  /** systems that the station calls with a password */
  readonly systems: readonly string[]
  /** further secrets, by their whole names */
  readonly others?: readonly string[]
}

/**
 * Reads the secrets file and adds what is missing, each a random password of its own; nothing that is there changes.
 * The file is for its owner only (mode 0600).
 */
export async function ensureSecrets(path: string, needs: SecretNeeds): Promise<Secrets> {
  const known = readSecrets(path)
  const names = [
    ...needs.accounts.map((id) => `account.${id}`),
    ...needs.systems.map((id) => `${id}.password`),
    ...(needs.others ?? []),
    'editor.admin',
    'editor.credentials',
    'admin.token',
    'files.hmac',
  ]
  const missing = names.filter((name) => known[name] === undefined)
  if (missing.length === 0) return known
  const secrets = { ...known, ...Object.fromEntries(missing.map((name) => [name, newPassword()])) }
  await writeDurably(path, `${JSON.stringify(secrets, undefined, 2)}\n`, 0o600)
  return secrets
}

/** 144 bits, in letters that every dialect carries. */
function newPassword(): string {
  return randomBytes(18).toString('base64url')
}

function readSecrets(path: string): Secrets {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Secrets
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw error
  }
}
