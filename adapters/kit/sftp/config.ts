import { z } from 'zod'

const ms = z.number().int().positive()

/** How an SFTP server of others is reached. The password or private key is a secret, given apart from it. */
export const sftpSchema = z.strictObject({
  host: z.string().min(1),
  port: z.number().int().min(1).max(65535).default(22),
  username: z.string().min(1),
  /** how we log in; `key` needs the secret with the private key (OpenSSH or PEM) */
  login: z.enum(['password', 'key']).default('password'),
  /** the server's keys as `ssh-keygen -lf` shows them; several while it changes keys */
  hostKeys: z.array(z.string().regex(/^SHA256:[A-Za-z0-9+/]{43}$/)).min(1),
  /** encoding of file names; `gbk` is GB 18030 */
  names: z.enum(['utf-8', 'gbk']).default('utf-8'),
  /** TCP, key exchange and login together */
  connectTimeoutMs: ms.default(20_000),
  /** one operation on the server: open, write of 30 kB, rename and the like */
  operationTimeoutMs: ms.default(30_000),
  /** operations at once on a connection; servers stall with more */
  parallel: z.number().int().min(1).max(8).default(8),
})
export type SftpConfig = z.infer<typeof sftpSchema>

/** Secrets of one system. */
export interface SftpSecrets {
  readonly password?: string | undefined
  /** OpenSSH or PEM, with `passphrase` where it is encrypted */
  readonly privateKey?: string | undefined
  readonly passphrase?: string | undefined
}

/** A path on a server, absolute or relative to where a session starts. */
export const remotePath = z
  .string()
  .regex(/^\/?[^/\0]+(\/[^/\0]+)*$/)
  .refine((path) => !path.split('/').some((step) => step === '..' || step === '.'), {
    message: '不含 . 或 .. / no . or ..',
  })

/** `<system>.key` holds a private key (OpenSSH or PEM, without a passphrase), `<system>.password` a password. */
export function sftpSecretName(system: string, login: SftpConfig['login']): string {
  return `${system}.${login === 'key' ? 'key' : 'password'}`
}

/** @param secretOf gives a secret by its name */
export function sftpSecrets(
  system: string,
  login: SftpConfig['login'],
  secretOf: (name: string) => string,
): SftpSecrets {
  const secret = secretOf(sftpSecretName(system, login))
  return login === 'key' ? { privateKey: secret } : { password: secret }
}
