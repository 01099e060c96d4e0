import { z } from 'zod'
import { isObject } from '../../core/config/merge.ts'

const ms = z.number().int().positive()
const loopback = /^(127\.\d+\.\d+\.\d+|localhost|::1)$/

/**
 * An address as RFC 5321 wants it on the wire, ASCII: what a directory holds by mistake is refused before it is sent.
 */
export const addressSchema = z
  .string()
  .max(254)
  .regex(
    /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/,
    'RFC 5321：local@domain，ASCII',
  )

/** A mail server that we send through. */
export const mailSchema = z
  .strictObject({
    host: z.string().min(1).describe('邮件服务器 / the mail server'),
    port: z
      .number()
      .int()
      .min(1)
      .max(65_535)
      .optional()
      .describe(
        '端口；没有则 tls 为 465、starttls 为 587、none 为 25 / 465 for tls, 587 for starttls, 25 for none unless told',
      ),
    security: z
      .enum(['tls', 'starttls', 'none'])
      .optional()
      .describe(
        'tls：一开始就加密；starttls：服务器须支持；none：明文。没有则本机 none，其他 starttls / tls: from the first byte; starttls: the server must offer it; none: in the clear. Absent: none on this machine, starttls to any other',
      ),
    username: z
      .string()
      .min(1)
      .optional()
      .describe(
        '登录名；口令为密钥 <id>.password；没有则不登录 / login; the password is the secret <id>.password; absent: no login',
      ),
    from: z
      .strictObject({
        address: addressSchema.describe('地址 / address'),
        name: z.string().max(100).default('').describe('名称 / name'),
      })
      .describe('发件人的地址与名称 / the sender’s address and its name'),
    clientName: z
      .string()
      .regex(/^[A-Za-z0-9.-]{1,255}$/)
      .optional()
      .describe('怎样自称；没有则为发件地址的域名 / how we greet; absent: the sender’s domain'),
    connectTimeoutMs: ms.default(10_000).describe('连接须在这么久内 / a connection must be made within this'),
    silenceTimeoutMs: ms
      .default(30_000)
      .describe('这么久没有应答，邮件传送中也算 / no answer for so long, also while a message is on its way'),
  })
  .refine(({ security, username, host }) => security !== 'none' || username === undefined || loopback.test(host), {
    path: ['security'],
    when: ({ value }) => isObject(value),
    error: '口令不得明文传输 / a password must not go in the clear',
  })
export type MailConfig = z.infer<typeof mailSchema>

export function securityOf(config: Pick<MailConfig, 'security' | 'host'>): 'tls' | 'starttls' | 'none' {
  return config.security ?? (loopback.test(config.host) ? 'none' : 'starttls')
}
