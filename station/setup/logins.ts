import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { AccountConfig } from '../../core/config/schema.ts'
import { asError, YizhanError } from '../../core/errors/error.ts'

/** How an account logs in other than by a password, out of the files that a command line names. */
export type OtherLogins = Pick<AccountConfig, 'keys' | 'certificates'>

/**
 * @param certificate PEM file whose first certificate is the client's
 * @param key public key of OpenSSH, one line
 * @throws YizhanError FIELD_INVALID, which names the option and the file
 */
export function loginsIn({
  certificate,
  key,
}: {
  readonly certificate?: string | undefined
  readonly key?: string | undefined
}): OtherLogins {
  return {
    ...(certificate === undefined
      ? {}
      : {
          certificates: [
            { fingerprint: read('--certificate', certificate, 'PEM 证书 / a certificate in PEM', fingerprint) },
          ],
        }),
    ...(key === undefined
      ? {}
      : { keys: [read('--key', key, 'OpenSSH 公钥文件 / a public key of OpenSSH', publicKey)] }),
  }
}

/** SHA-256, as `openssl x509 -fingerprint` writes it. */
function fingerprint(text: string): string {
  return new X509Certificate(text).fingerprint256
}

function publicKey(text: string): string {
  const line = text.trim()
  if (!/^(?:ssh|ecdsa)-\S+ \S+(?: [^\n]*)?$/u.test(line)) throw new Error('ssh-ed25519 AAAA…')
  return line
}

function read<T>(option: string, path: string, rule: string, from: (text: string) => T): T {
  try {
    return from(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new YizhanError(
      'FIELD_INVALID',
      { field: option, value: path, rule: `${rule}: ${asError(error).message}` },
      { cause: error },
    )
  }
}
