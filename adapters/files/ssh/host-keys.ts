import { createHash } from 'node:crypto'
import { join } from 'node:path'
import ssh2 from 'ssh2'
import { asError, YizhanError } from '../../../core/errors/error.ts'
import { trimEndOf } from '../../../core/util/trim.ts'
import { readWhole, writeWhole } from '../../kit/files/durable.ts'

export interface HostKey {
  readonly key: ssh2.ParsedKey
  /** as `ssh-keygen -lf` shows it */
  readonly fingerprint: string
}

/** What clients of today take, and what those of ten years ago do. */
const KINDS = [
  { type: 'ed25519', file: 'host_ed25519' },
  { type: 'rsa', file: 'host_rsa' },
] as const
const RSA_BITS = 3072
const MOST_TRIES = 10

/** The endpoint's keys, made when it is opened first (0600): who knows them can say that he is the station. */
export async function hostKeys(folder: string): Promise<readonly HostKey[]> {
  const keys: HostKey[] = []
  for (const { type, file } of KINDS) {
    let privateKey = await readWhole(folder, file)
    if (privateKey === undefined) {
      privateKey = await soundKey(type)
      await writeWhole(folder, file, privateKey)
    }
    const key = ssh2.utils.parseKey(privateKey)
    if (key instanceof Error)
      throw new YizhanError('CONFIG_INVALID', { field: join(folder, file), value: '', rule: `OpenSSH: ${key.message}` })
    keys.push({ key, fingerprint: fingerprintOf(key) })
  }
  return keys
}

/** Of ssh2's generator some keys in a thousand cannot be read again, or sign nothing: those are not taken. */
async function soundKey(type: (typeof KINDS)[number]['type']): Promise<Buffer> {
  for (let tries = 1; ; tries++) {
    const made = await newKey(type)
    const key = ssh2.utils.parseKey(made)
    if (!(key instanceof Error) && signs(key)) return made
    if (tries === MOST_TRIES) throw new YizhanError('INTERNAL', { detail: `no ${type} host key in ${tries} tries` })
  }
}

function signs(key: ssh2.ParsedKey): boolean {
  const signature = key.sign('yizhan') as unknown
  return Buffer.isBuffer(signature) && (key.verify('yizhan', signature) as unknown) === true
}

function newKey(type: (typeof KINDS)[number]['type']): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const done = (error: unknown, keys: { readonly private: string }): void => {
      if (error) reject(asError(error))
      else resolve(Buffer.from(keys.private))
    }
    if (type === 'rsa') ssh2.utils.generateKeyPair('rsa', { bits: RSA_BITS, comment: 'yizhan' }, done)
    else ssh2.utils.generateKeyPair('ed25519', { comment: 'yizhan' }, done)
  })
}

function fingerprintOf(key: ssh2.ParsedKey): string {
  return `SHA256:${trimEndOf(createHash('sha256').update(key.getPublicSSH()).digest('base64'), '=')}`
}
