import { z } from 'zod'

const ms = z.number().int().positive()

/** How an SFTP server of others is reached. The password or private key is a secret, given apart from it. */
export const sftpSchema = z.strictObject({
  host: z.string().min(1).describe('服务器 / the server'),
  port: z.number().int().min(1).max(65535).default(22).describe('端口 / port'),
  username: z.string().min(1).describe('登录名 / login'),
  login: z
    .enum(['password', 'key'])
    .default('password')
    .describe(
      '怎样登录；key 须有私钥的密钥（OpenSSH 或 PEM） / how we log in; key needs the secret with the private key (OpenSSH or PEM)',
    ),
  hostKeys: z
    .array(z.string().regex(/^SHA256:[A-Za-z0-9+/]{43}$/))
    .min(1)
    .describe(
      '服务器的主机密钥，写法同 ssh-keygen -lf；更换期间写几个 / the server’s keys as ssh-keygen -lf shows them; several while it changes keys',
    ),
  names: z
    .enum(['utf-8', 'gbk'])
    .default('utf-8')
    .meta({ description: '文件名的编码；gbk 即 GB 18030 / encoding of file names; gbk is GB 18030', since: '0.2.0' }),
  connectTimeoutMs: ms.default(20_000).describe('TCP、密钥交换与登录合计 / TCP, key exchange and login together'),
  operationTimeoutMs: ms
    .default(30_000)
    .describe(
      '服务器上的一次操作：打开、写 30 kB、改名等 / one operation on the server: open, write of 30 kB, rename and the like',
    ),
  parallel: z
    .number()
    .int()
    .min(1)
    .max(8)
    .default(8)
    .describe('一个连接上同时几个操作；再多服务器会停 / operations at once on a connection; servers stall with more'),
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
